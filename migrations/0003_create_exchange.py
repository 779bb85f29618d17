"""Tables of the exchange: families, plans, offers, history."""

from alembic import op

revision = "0003"
down_revision = "0002"

UP = """
CREATE TABLE commissioner (
    id uuid NOT NULL,
    name text NOT NULL,
    hub_name text NOT NULL,
    hub_person text NOT NULL,
    hub_phone text NOT NULL,
    hub_hours text NOT NULL,
    website text NOT NULL,
    messages_stopped_at timestamptz,
    CONSTRAINT pk_commissioner PRIMARY KEY (id),
    CONSTRAINT uq_commissioner_name UNIQUE (name)
);
CREATE TABLE event (
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz DEFAULT clock_timestamp() NOT NULL,
    actor_kind text NOT NULL,
    actor_id uuid,
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    source text,
    target text NOT NULL,
    code text,
    detail jsonb NOT NULL,
    CONSTRAINT pk_event PRIMARY KEY (id)
);
CREATE INDEX ix_event_subject ON event (subject_kind, subject_id);
CREATE TABLE message (
    id uuid NOT NULL,
    event text NOT NULL,
    subject_id uuid NOT NULL,
    state text NOT NULL,
    refusal text,
    created_at timestamptz DEFAULT now() NOT NULL,
    sent_at timestamptz,
    CONSTRAINT pk_message PRIMARY KEY (id),
    CONSTRAINT ck_message_state_known CHECK (
        state IN ('queued', 'sent', 'stopped', 'refused', 'failed')
    ),
    CONSTRAINT ck_message_sent_has_time CHECK ((state = 'sent') = (sent_at IS NOT NULL))
);
CREATE INDEX ix_message_state ON message (state);
CREATE INDEX ix_message_subject_id ON message (subject_id);
CREATE TABLE family (
    id uuid NOT NULL,
    commissioner_id uuid NOT NULL,
    ref text NOT NULL,
    area text NOT NULL,
    outward text,
    easting bigint,
    northing bigint,
    children_born text[] NOT NULL,
    languages text[] NOT NULL,
    availability text[] NOT NULL,
    transport text[] NOT NULL,
    visiting text NOT NULL,
    stopped_at timestamptz,
    CONSTRAINT pk_family PRIMARY KEY (id),
    CONSTRAINT uq_family_commissioner_id_ref UNIQUE (commissioner_id, ref),
    CONSTRAINT ck_family_visiting_known CHECK (visiting IN ('no_known_concern', 'ring_first')),
    CONSTRAINT fk_family_commissioner_id FOREIGN KEY(commissioner_id) REFERENCES commissioner (id)
);
CREATE TABLE plan (
    id uuid NOT NULL,
    commissioner_id uuid NOT NULL,
    number bigint NOT NULL,
    state text NOT NULL,
    seed bigint NOT NULL,
    policy jsonb NOT NULL,
    result jsonb,
    failure text,
    crashes bigint NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_plan PRIMARY KEY (id),
    CONSTRAINT uq_plan_commissioner_id_number UNIQUE (commissioner_id, number),
    CONSTRAINT fk_plan_commissioner_id FOREIGN KEY(commissioner_id) REFERENCES commissioner (id)
);
CREATE INDEX ix_plan_commissioner_id ON plan (commissioner_id);
CREATE UNIQUE INDEX uq_plan_one_open ON plan (commissioner_id) WHERE state IN ('queued', 'solving');
CREATE TABLE staff_user (
    id uuid NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    commissioner_id uuid,
    provider_id uuid,
    CONSTRAINT pk_staff_user PRIMARY KEY (id),
    CONSTRAINT ck_staff_user_role_has_its_organisation CHECK (
        (role IN ('commissioner', 'practitioner') AND commissioner_id IS NOT NULL
            AND provider_id IS NULL)
        OR (role = 'provider' AND provider_id IS NOT NULL AND commissioner_id IS NULL)
    ),
    CONSTRAINT uq_staff_user_email UNIQUE (email),
    CONSTRAINT fk_staff_user_commissioner_id FOREIGN KEY(commissioner_id)
        REFERENCES commissioner (id),
    CONSTRAINT fk_staff_user_provider_id FOREIGN KEY(provider_id) REFERENCES provider (id)
);
CREATE TABLE contact (
    family_id uuid NOT NULL,
    name text NOT NULL,
    safe_to_contact text NOT NULL,
    safe_channels text[] NOT NULL,
    safe_checked_on date NOT NULL,
    email text,
    phone text,
    address text,
    postcode text,
    CONSTRAINT pk_contact PRIMARY KEY (family_id),
    CONSTRAINT ck_contact_safety_known CHECK (safe_to_contact IN ('yes', 'no', 'unknown')),
    CONSTRAINT fk_contact_family_id FOREIGN KEY(family_id) REFERENCES family (id)
);
CREATE TABLE need (
    id uuid NOT NULL,
    family_id uuid NOT NULL,
    code text NOT NULL,
    level bigint NOT NULL,
    likelihood numeric NOT NULL,
    statutory_cost_pence bigint NOT NULL,
    source text NOT NULL,
    reasons text[] NOT NULL,
    valid_until date NOT NULL,
    access text[] NOT NULL,
    places bigint NOT NULL,
    asked_on date,
    cost_falls_on text[] NOT NULL,
    cashable numeric NOT NULL,
    state text NOT NULL,
    published_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_need PRIMARY KEY (id),
    CONSTRAINT uq_need_family_id_code UNIQUE (family_id, code),
    CONSTRAINT ck_need_level_below_statutory CHECK (level BETWEEN 1 AND 3),
    CONSTRAINT ck_need_takes_a_place CHECK (places >= 1),
    CONSTRAINT fk_need_family_id FOREIGN KEY(family_id) REFERENCES family (id)
);
CREATE INDEX ix_need_state ON need (state);
CREATE TABLE sign_in_link (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    key_id text NOT NULL,
    token_hash bytea NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT pk_sign_in_link PRIMARY KEY (id),
    CONSTRAINT fk_sign_in_link_user_id FOREIGN KEY(user_id) REFERENCES staff_user (id),
    CONSTRAINT uq_sign_in_link_token_hash UNIQUE (token_hash)
);
CREATE INDEX ix_sign_in_link_user_id ON sign_in_link (user_id);
CREATE TABLE staff_session (
    token_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT pk_staff_session PRIMARY KEY (token_hash),
    CONSTRAINT fk_staff_session_user_id FOREIGN KEY(user_id) REFERENCES staff_user (id)
);
CREATE INDEX ix_staff_session_expires_at ON staff_session (expires_at);
CREATE INDEX ix_staff_session_user_id ON staff_session (user_id);
CREATE TABLE match (
    id uuid NOT NULL,
    plan_id uuid NOT NULL,
    need_id uuid NOT NULL,
    family_id uuid NOT NULL,
    intake_id uuid NOT NULL,
    state text NOT NULL,
    places bigint NOT NULL,
    price_pence bigint NOT NULL,
    cost_pence bigint NOT NULL,
    stake_pence bigint NOT NULL,
    effect numeric NOT NULL,
    travel_metres bigint,
    reason jsonb NOT NULL,
    choices jsonb NOT NULL,
    approved_at timestamptz,
    waits_since timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_match PRIMARY KEY (id),
    CONSTRAINT fk_match_plan_id FOREIGN KEY(plan_id) REFERENCES plan (id),
    CONSTRAINT fk_match_need_id FOREIGN KEY(need_id) REFERENCES need (id),
    CONSTRAINT fk_match_family_id FOREIGN KEY(family_id) REFERENCES family (id),
    CONSTRAINT fk_match_intake_id FOREIGN KEY(intake_id) REFERENCES intake (id)
);
CREATE INDEX ix_match_family_id ON match (family_id);
CREATE INDEX ix_match_intake_id ON match (intake_id);
CREATE INDEX ix_match_plan_id ON match (plan_id);
CREATE INDEX ix_match_state ON match (state);
CREATE UNIQUE INDEX uq_match_live_need ON match (need_id) WHERE state IN (
    'accepted', 'agreed', 'awaiting_family', 'awaiting_provider', 'on_hold', 'proposed', 'under_way'
);
CREATE TABLE unmet_need (
    plan_id uuid NOT NULL,
    need_id uuid NOT NULL,
    reason text NOT NULL,
    detail jsonb NOT NULL,
    CONSTRAINT pk_unmet_need PRIMARY KEY (plan_id, need_id),
    CONSTRAINT fk_unmet_need_plan_id FOREIGN KEY(plan_id) REFERENCES plan (id),
    CONSTRAINT fk_unmet_need_need_id FOREIGN KEY(need_id) REFERENCES need (id)
);
CREATE TABLE offer (
    id uuid NOT NULL,
    match_id uuid NOT NULL,
    family_id uuid NOT NULL,
    channel text,
    key_id text NOT NULL,
    token_hash bytea NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    expires_at timestamptz NOT NULL,
    answer text,
    contact_way text,
    answered_at timestamptz,
    CONSTRAINT pk_offer PRIMARY KEY (id),
    CONSTRAINT ck_offer_answer_known CHECK (answer IN ('yes', 'no', 'stop')),
    CONSTRAINT ck_offer_contact_way_known CHECK (contact_way IN ('phone', 'sms', 'email')),
    CONSTRAINT uq_offer_match_id UNIQUE (match_id),
    CONSTRAINT fk_offer_match_id FOREIGN KEY(match_id) REFERENCES match (id),
    CONSTRAINT fk_offer_family_id FOREIGN KEY(family_id) REFERENCES family (id),
    CONSTRAINT uq_offer_token_hash UNIQUE (token_hash)
);
CREATE INDEX ix_offer_family_id ON offer (family_id);
CREATE TABLE call (
    id uuid NOT NULL,
    offer_id uuid NOT NULL,
    reason text NOT NULL,
    asked_at timestamptz DEFAULT now() NOT NULL,
    done_at timestamptz,
    CONSTRAINT pk_call PRIMARY KEY (id),
    CONSTRAINT fk_call_offer_id FOREIGN KEY(offer_id) REFERENCES offer (id)
);
CREATE INDEX ix_call_offer_id ON call (offer_id);
CREATE UNIQUE INDEX uq_call_open ON call (offer_id) WHERE done_at IS NULL;
CREATE TABLE wrong_answer (
    id bigint GENERATED ALWAYS AS IDENTITY,
    offer_id uuid NOT NULL,
    at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_wrong_answer PRIMARY KEY (id),
    CONSTRAINT fk_wrong_answer_offer_id FOREIGN KEY(offer_id) REFERENCES offer (id)
);
CREATE INDEX ix_wrong_answer_offer_id ON wrong_answer (offer_id);
-- Append-only from the first day: who could change the history could hide a wrong.
REVOKE UPDATE, DELETE ON event FROM marketplace_application;
"""

DOWN = """
DROP TABLE wrong_answer, call, offer, unmet_need, match, staff_session, sign_in_link, need,
    contact, staff_user, plan, family, message, event, commissioner
"""


def upgrade() -> None:
    for statement in UP.split(";"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    op.execute(DOWN)
