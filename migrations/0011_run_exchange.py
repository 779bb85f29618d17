"""What the exchange needs day by day: the law, stop lists, funds, answers, outcomes, programs."""

from alembic import op

revision = "0011"
down_revision = "0010"

UP = """
ALTER TABLE commissioner
    ADD COLUMN stop_list_at timestamptz,
    ADD COLUMN policy jsonb DEFAULT '{}' NOT NULL;
CREATE TABLE legal_basis (
    commissioner_id uuid NOT NULL,
    power text NOT NULL,
    lawful_basis text NOT NULL,
    special_category_basis text NOT NULL,
    impact_assessed_on date NOT NULL,
    privacy_notice_address text NOT NULL,
    complaint_route text NOT NULL,
    written_by text NOT NULL,
    written_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_legal_basis PRIMARY KEY (commissioner_id),
    CONSTRAINT fk_legal_basis_commissioner_id FOREIGN KEY(commissioner_id)
        REFERENCES commissioner (id)
);
ALTER TABLE family
    ADD COLUMN parked_until date,
    ADD COLUMN contact_wrong_at timestamptz,
    ADD COLUMN named_worker text;
CREATE TABLE stop_entry (
    id bigint GENERATED ALWAYS AS IDENTITY,
    commissioner_id uuid NOT NULL,
    family_ref text NOT NULL,
    reason text NOT NULL,
    added_at timestamptz DEFAULT now() NOT NULL,
    lifted_at timestamptz,
    CONSTRAINT pk_stop_entry PRIMARY KEY (id),
    CONSTRAINT fk_stop_entry_commissioner_id FOREIGN KEY(commissioner_id)
        REFERENCES commissioner (id)
);
CREATE INDEX ix_stop_entry_commissioner_id_family_ref ON stop_entry (commissioner_id, family_ref);
CREATE TABLE fund (
    id uuid NOT NULL,
    commissioner_id uuid NOT NULL,
    name text NOT NULL,
    budget_pence bigint NOT NULL,
    needs text[] NOT NULL,
    kinds text[] NOT NULL,
    closed_at timestamptz,
    CONSTRAINT pk_fund PRIMARY KEY (id),
    CONSTRAINT uq_fund_commissioner_id_name UNIQUE (commissioner_id, name),
    CONSTRAINT ck_fund_budget_not_negative CHECK (budget_pence >= 0),
    CONSTRAINT fk_fund_commissioner_id FOREIGN KEY(commissioner_id) REFERENCES commissioner (id)
);
CREATE TABLE pair_rule (
    id uuid NOT NULL,
    need_id uuid NOT NULL,
    intake_id uuid NOT NULL,
    kind text NOT NULL,
    reason text NOT NULL,
    made_by text NOT NULL,
    made_at timestamptz DEFAULT now() NOT NULL,
    lifted_at timestamptz,
    CONSTRAINT pk_pair_rule PRIMARY KEY (id),
    CONSTRAINT ck_pair_rule_kind_known CHECK (kind IN ('pin', 'forbid')),
    CONSTRAINT fk_pair_rule_need_id FOREIGN KEY(need_id) REFERENCES need (id),
    CONSTRAINT fk_pair_rule_intake_id FOREIGN KEY(intake_id) REFERENCES intake (id)
);
CREATE INDEX ix_pair_rule_need_id ON pair_rule (need_id);
ALTER TABLE plan
    ADD COLUMN kind text DEFAULT 'everyone' NOT NULL,
    ADD COLUMN options jsonb DEFAULT '{}' NOT NULL,
    ADD COLUMN progress jsonb,
    ADD CONSTRAINT ck_plan_kind_known CHECK (kind IN ('everyone', 'follow_up', 'what_if'));
DROP INDEX uq_plan_one_open;
CREATE UNIQUE INDEX uq_plan_one_open ON plan (commissioner_id)
    WHERE state IN ('queued', 'solving') AND kind <> 'what_if';
ALTER TABLE match
    ADD COLUMN fund_id uuid,
    ADD COLUMN follows_id uuid,
    ADD COLUMN looked_by uuid,
    ADD COLUMN looked_seconds bigint,
    ADD COLUMN was_changed boolean,
    ADD CONSTRAINT fk_match_fund_id FOREIGN KEY(fund_id) REFERENCES fund (id),
    ADD CONSTRAINT fk_match_follows_id FOREIGN KEY(follows_id) REFERENCES match (id);
CREATE INDEX ix_match_fund_id ON match (fund_id);
ALTER TABLE offer
    ADD COLUMN choices jsonb DEFAULT '{}' NOT NULL,
    ADD COLUMN easier text[] DEFAULT '{}' NOT NULL,
    ADD COLUMN answered_for_by uuid,
    ADD COLUMN reminded_at timestamptz,
    ADD COLUMN code_hash bytea,
    ADD COLUMN feedback text,
    ADD COLUMN feedback_at timestamptz,
    DROP CONSTRAINT ck_offer_answer_known,
    ADD CONSTRAINT ck_offer_answer_known
        CHECK (answer IN ('yes', 'no', 'not_now', 'not_me', 'stop')),
    ADD CONSTRAINT ck_offer_channel_known
        CHECK (channel IN ('email', 'sms', 'letter', 'phone')),
    ADD CONSTRAINT uq_offer_code_hash UNIQUE (code_hash),
    ADD CONSTRAINT fk_offer_answered_for_by FOREIGN KEY(answered_for_by)
        REFERENCES staff_user (id);
CREATE TABLE waiting_place (
    id uuid NOT NULL,
    need_id uuid NOT NULL,
    intake_id uuid NOT NULL,
    asked_at timestamptz DEFAULT now() NOT NULL,
    ended_at timestamptz,
    CONSTRAINT pk_waiting_place PRIMARY KEY (id),
    CONSTRAINT fk_waiting_place_need_id FOREIGN KEY(need_id) REFERENCES need (id),
    CONSTRAINT fk_waiting_place_intake_id FOREIGN KEY(intake_id) REFERENCES intake (id)
);
CREATE INDEX ix_waiting_place_intake_id ON waiting_place (intake_id);
CREATE UNIQUE INDEX uq_waiting_place_open ON waiting_place (need_id, intake_id)
    WHERE ended_at IS NULL;
ALTER TABLE message
    ADD COLUMN channel text,
    ADD COLUMN carrier_reference text,
    ADD COLUMN delivery text,
    ADD COLUMN delivery_told_at timestamptz,
    ADD CONSTRAINT ck_message_delivery_known
        CHECK (delivery IN ('delivered', 'bounced', 'failed'));
CREATE INDEX ix_message_carrier_reference ON message (carrier_reference);
CREATE TABLE outcome (
    match_id uuid NOT NULL,
    first_contact_on date,
    started_on date,
    times_attended bigint NOT NULL,
    ended_on date,
    helped text,
    diet_confirmed_at timestamptz,
    CONSTRAINT pk_outcome PRIMARY KEY (match_id),
    CONSTRAINT ck_outcome_helped_known CHECK (helped IN ('yes', 'partly', 'no', 'not_known')),
    CONSTRAINT ck_outcome_attended_not_negative CHECK (times_attended >= 0),
    CONSTRAINT fk_outcome_match_id FOREIGN KEY(match_id) REFERENCES match (id)
);
CREATE TABLE concern (
    id uuid NOT NULL,
    match_id uuid NOT NULL,
    raised_by uuid,
    ring_back text NOT NULL,
    raised_at timestamptz DEFAULT now() NOT NULL,
    closed_at timestamptz,
    closed_by uuid,
    ended_as text,
    CONSTRAINT pk_concern PRIMARY KEY (id),
    CONSTRAINT ck_concern_end_known CHECK (ended_as IN ('goes_on', 'withdrawn')),
    CONSTRAINT ck_concern_closed_with_an_end CHECK ((closed_at IS NULL) = (ended_as IS NULL)),
    CONSTRAINT fk_concern_match_id FOREIGN KEY(match_id) REFERENCES match (id),
    CONSTRAINT fk_concern_raised_by FOREIGN KEY(raised_by) REFERENCES staff_user (id),
    CONSTRAINT fk_concern_closed_by FOREIGN KEY(closed_by) REFERENCES staff_user (id)
);
CREATE UNIQUE INDEX uq_concern_open ON concern (match_id) WHERE closed_at IS NULL;
CREATE TABLE api_token (
    id uuid NOT NULL,
    commissioner_id uuid,
    provider_id uuid,
    name text NOT NULL,
    scopes text[] NOT NULL,
    token_hash bytea NOT NULL,
    made_by text NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    expires_at timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT pk_api_token PRIMARY KEY (id),
    CONSTRAINT uq_api_token_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_api_token_commissioner_id FOREIGN KEY(commissioner_id)
        REFERENCES commissioner (id),
    CONSTRAINT fk_api_token_provider_id FOREIGN KEY(provider_id) REFERENCES provider (id)
);
CREATE TABLE api_request (
    token_id uuid NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    status bigint NOT NULL,
    answer jsonb NOT NULL,
    at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_api_request PRIMARY KEY (token_id, key),
    CONSTRAINT fk_api_request_token_id FOREIGN KEY(token_id) REFERENCES api_token (id)
)
"""

DOWN = """
DROP TABLE api_request, api_token, concern, outcome, waiting_place;
ALTER TABLE message
    DROP COLUMN channel, DROP COLUMN carrier_reference, DROP COLUMN delivery,
    DROP COLUMN delivery_told_at;
ALTER TABLE offer
    DROP COLUMN choices, DROP COLUMN easier, DROP COLUMN answered_for_by, DROP COLUMN reminded_at,
    DROP COLUMN code_hash, DROP COLUMN feedback, DROP COLUMN feedback_at,
    DROP CONSTRAINT ck_offer_answer_known,
    DROP CONSTRAINT ck_offer_channel_known,
    ADD CONSTRAINT ck_offer_answer_known CHECK (answer IN ('yes', 'no', 'stop'));
ALTER TABLE match
    DROP COLUMN fund_id, DROP COLUMN follows_id, DROP COLUMN looked_by,
    DROP COLUMN looked_seconds, DROP COLUMN was_changed;
DROP INDEX uq_plan_one_open;
ALTER TABLE plan DROP COLUMN kind, DROP COLUMN options, DROP COLUMN progress;
CREATE UNIQUE INDEX uq_plan_one_open ON plan (commissioner_id) WHERE state IN ('queued', 'solving');
DROP TABLE pair_rule, fund, stop_entry;
ALTER TABLE family
    DROP COLUMN parked_until, DROP COLUMN contact_wrong_at, DROP COLUMN named_worker;
DROP TABLE legal_basis;
ALTER TABLE commissioner DROP COLUMN stop_list_at, DROP COLUMN policy
"""


def upgrade() -> None:
    for statement in UP.split(";"):
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN.split(";"):
        op.execute(statement)
