"""Families ask by themselves: where councils take asks, what waits, what was wished."""

from alembic import op

revision = "0014"
down_revision = "0013"

UP = """
ALTER TABLE commissioner ADD COLUMN covers text[] DEFAULT '{}' NOT NULL;
ALTER TABLE need
    ADD COLUMN wished_service_id uuid,
    ADD CONSTRAINT fk_need_wished_service_id FOREIGN KEY(wished_service_id)
        REFERENCES service (id);
CREATE TABLE ask (
    id uuid NOT NULL,
    commissioner_id uuid NOT NULL,
    source text NOT NULL,
    code text NOT NULL,
    service_id uuid,
    given jsonb,
    worker_name text,
    worker_email text,
    key_id text NOT NULL,
    proof_hash bytea NOT NULL,
    status_hash bytea NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    expires_at timestamptz NOT NULL,
    proved_at timestamptz,
    need_id uuid,
    ring_reason text,
    rung_at timestamptz,
    withdrawn_at timestamptz,
    CONSTRAINT pk_ask PRIMARY KEY (id),
    CONSTRAINT uq_ask_proof_hash UNIQUE (proof_hash),
    CONSTRAINT uq_ask_status_hash UNIQUE (status_hash),
    CONSTRAINT ck_ask_source_known CHECK (source IN ('self', 'professional')),
    CONSTRAINT ck_ask_ring_reason_known CHECK (
        ring_reason IN ('prove', 'sensitive', 'again', 'still_safe')
    ),
    CONSTRAINT ck_ask_worker_where_professional
        CHECK ((source = 'professional') = (worker_email IS NOT NULL)),
    CONSTRAINT ck_ask_nothing_before_proof CHECK (need_id IS NULL OR proved_at IS NOT NULL),
    CONSTRAINT ck_ask_not_kept_twice CHECK (need_id IS NULL OR given IS NULL),
    CONSTRAINT fk_ask_commissioner_id FOREIGN KEY(commissioner_id) REFERENCES commissioner (id),
    CONSTRAINT fk_ask_service_id FOREIGN KEY(service_id) REFERENCES service (id),
    CONSTRAINT fk_ask_need_id FOREIGN KEY(need_id) REFERENCES need (id)
);
CREATE INDEX ix_ask_commissioner_id ON ask (commissioner_id);
CREATE INDEX ix_ask_need_id ON ask (need_id);
ALTER TABLE ask ENABLE ROW LEVEL SECURITY;
ALTER TABLE ask FORCE ROW LEVEL SECURITY;
CREATE POLICY ask_0 ON ask FOR ALL USING (
    (SELECT acting_kind()) = 'exchange' OR commissioner_id = (SELECT acting_commissioner())
)
"""

DOWN = """
DROP TABLE ask;
ALTER TABLE need DROP COLUMN wished_service_id;
ALTER TABLE commissioner DROP COLUMN covers
"""


def upgrade() -> None:
    for statement in UP.split(";"):
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN.split(";"):
        op.execute(statement)
