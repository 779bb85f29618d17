"""What families may ask of us: requests, objections that outlive the row, and legal holds."""

from alembic import op

revision = "0025"
down_revision = "0024"

UP = """
ALTER TABLE family ADD COLUMN objected_at timestamptz, ADD COLUMN erased_at timestamptz;
CREATE TABLE objection (
    commissioner_id uuid NOT NULL,
    kind text NOT NULL,
    value_hash bytea NOT NULL,
    made_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_objection PRIMARY KEY (commissioner_id, kind, value_hash),
    CONSTRAINT fk_objection_commissioner_id FOREIGN KEY(commissioner_id)
        REFERENCES commissioner (id),
    CONSTRAINT ck_objection_kind_known CHECK (kind IN ('ref', 'email', 'phone'))
);
CREATE TABLE legal_hold (
    id uuid NOT NULL,
    family_id uuid NOT NULL,
    reason text NOT NULL,
    set_by text NOT NULL,
    set_at timestamptz DEFAULT now() NOT NULL,
    lifted_at timestamptz,
    CONSTRAINT pk_legal_hold PRIMARY KEY (id),
    CONSTRAINT fk_legal_hold_family_id FOREIGN KEY(family_id) REFERENCES family (id)
);
CREATE UNIQUE INDEX uq_legal_hold_open ON legal_hold (family_id) WHERE lifted_at IS NULL;
CREATE TABLE rights_request (
    id uuid NOT NULL,
    commissioner_id uuid NOT NULL,
    came_by text NOT NULL,
    given_sealed bytea,
    key_id text NOT NULL,
    proof_hash bytea NOT NULL,
    answer_hash bytea NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    expires_at timestamptz NOT NULL,
    proved_at timestamptz,
    identity_checked_at timestamptz,
    identity_checked_how text,
    family_id uuid,
    chosen_at timestamptz,
    answer_sealed bytea,
    released_at timestamptz,
    answer_expires_at timestamptz,
    opened_at timestamptz,
    outcome text,
    closed_at timestamptz,
    CONSTRAINT pk_rights_request PRIMARY KEY (id),
    CONSTRAINT uq_rights_request_proof_hash UNIQUE (proof_hash),
    CONSTRAINT uq_rights_request_answer_hash UNIQUE (answer_hash),
    CONSTRAINT fk_rights_request_commissioner_id FOREIGN KEY(commissioner_id)
        REFERENCES commissioner (id),
    CONSTRAINT fk_rights_request_family_id FOREIGN KEY(family_id)
        REFERENCES family (id) ON DELETE SET NULL,
    CONSTRAINT ck_rights_request_came_by_known CHECK (came_by IN ('page', 'telephone')),
    CONSTRAINT ck_rights_request_identity_checked_known CHECK (
        identity_checked_how IN ('rang_back', 'saw_papers', 'met_them')),
    CONSTRAINT ck_rights_request_identity_checked_once CHECK (
        (identity_checked_at IS NULL) = (identity_checked_how IS NULL)),
    CONSTRAINT ck_rights_request_released_after_the_check CHECK (
        released_at IS NULL OR (identity_checked_at IS NOT NULL AND chosen_at IS NOT NULL)),
    CONSTRAINT ck_rights_request_outcome_known CHECK (outcome IN (
        'told', 'nothing_held', 'corrected', 'objected', 'erased', 'not_identified', 'withdrawn')),
    CONSTRAINT ck_rights_request_closed_with_an_outcome CHECK (
        (closed_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX ix_rights_request_commissioner_id ON rights_request (commissioner_id);
CREATE INDEX ix_rights_request_family_id ON rights_request (family_id);
ALTER TABLE objection ENABLE ROW LEVEL SECURITY;
ALTER TABLE objection FORCE ROW LEVEL SECURITY;
CREATE POLICY objection_0 ON objection FOR ALL USING (
    (SELECT acting_kind()) = 'exchange' OR commissioner_id = (SELECT acting_commissioner())
);
ALTER TABLE rights_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE rights_request FORCE ROW LEVEL SECURITY;
CREATE POLICY rights_request_0 ON rights_request FOR ALL USING (
    (SELECT acting_kind()) = 'exchange' OR commissioner_id = (SELECT acting_commissioner())
);
ALTER TABLE legal_hold ENABLE ROW LEVEL SECURITY;
ALTER TABLE legal_hold FORCE ROW LEVEL SECURITY;
CREATE POLICY legal_hold_0 ON legal_hold FOR ALL USING (
    (SELECT acting_kind()) = 'exchange'
    OR ((SELECT acting_commissioner()) IS NOT NULL AND family_id IN (SELECT id FROM family))
)
"""

DOWN = """
DROP TABLE rights_request;
DROP TABLE legal_hold;
DROP TABLE objection;
ALTER TABLE family DROP COLUMN objected_at, DROP COLUMN erased_at
"""


def upgrade() -> None:
    for statement in UP.split(";"):
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN.split(";"):
        op.execute(statement)
