"""Providers ask to be let in, promise to keep families' data safe, work in teams and leave."""

from alembic import op

revision = "0008"
down_revision = "0007"

# Whoever signed in for a provider until now did all of its work.
UP = """
ALTER TABLE provider ADD COLUMN left_at timestamptz;
ALTER TABLE service ADD COLUMN stopped_at timestamptz;
ALTER TABLE staff_user
    ADD COLUMN provider_role text,
    ADD COLUMN closed_at timestamptz;
UPDATE staff_user SET provider_role = 'editor' WHERE role = 'provider';
ALTER TABLE staff_user ADD CONSTRAINT ck_staff_user_provider_role_known CHECK (
    (role = 'provider' AND provider_role IN ('editor', 'viewer') AND provider_role IS NOT NULL)
    OR (role <> 'provider' AND provider_role IS NULL)
);
CREATE INDEX ix_staff_user_provider_id ON staff_user (provider_id);
CREATE TABLE join_request (
    id uuid NOT NULL,
    organisation text NOT NULL,
    kind text NOT NULL,
    charity_number text,
    postcode text NOT NULL,
    person text NOT NULL,
    email text NOT NULL,
    phone text NOT NULL,
    key_id text NOT NULL,
    token_hash bytea NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    expires_at timestamptz NOT NULL,
    proved_at timestamptz,
    decided_at timestamptz,
    decision text,
    reason text,
    provider_id uuid,
    CONSTRAINT pk_join_request PRIMARY KEY (id),
    CONSTRAINT uq_join_request_token_hash UNIQUE (token_hash),
    CONSTRAINT ck_join_request_decision_known CHECK (
        decision IN ('approved', 'joined', 'turned_away')
    ),
    CONSTRAINT ck_join_request_decided_after_proof CHECK (
        (decision IS NULL) = (decided_at IS NULL)
        AND (decision IS NULL OR proved_at IS NOT NULL)
    ),
    CONSTRAINT fk_join_request_provider_id FOREIGN KEY(provider_id) REFERENCES provider (id)
);
CREATE TABLE agreement (
    id uuid NOT NULL,
    provider_id uuid NOT NULL,
    version text NOT NULL,
    accepted_by_id uuid NOT NULL,
    accepted_by text NOT NULL,
    accepted_at timestamptz DEFAULT now() NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_by text,
    CONSTRAINT pk_agreement PRIMARY KEY (id),
    CONSTRAINT ck_agreement_withdrawn_by_somebody CHECK (
        (withdrawn_at IS NULL) = (withdrawn_by IS NULL)
    ),
    CONSTRAINT fk_agreement_provider_id FOREIGN KEY(provider_id) REFERENCES provider (id)
);
CREATE UNIQUE INDEX uq_agreement_standing ON agreement (provider_id, version)
    WHERE withdrawn_at IS NULL
"""

DOWN = """
DROP TABLE agreement, join_request;
DROP INDEX ix_staff_user_provider_id;
ALTER TABLE staff_user DROP CONSTRAINT ck_staff_user_provider_role_known;
ALTER TABLE staff_user DROP COLUMN provider_role, DROP COLUMN closed_at;
ALTER TABLE service DROP COLUMN stopped_at;
ALTER TABLE provider DROP COLUMN left_at
"""


def upgrade() -> None:
    for statement in UP.split(";"):
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN.split(";"):
        op.execute(statement)
