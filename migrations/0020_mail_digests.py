"""One digest a day to each provider whom somebody waits for, with a link of its own."""

from alembic import op

revision = "0020"
down_revision = "0019"

UP = """
CREATE TABLE digest (
    id uuid NOT NULL,
    provider_id uuid NOT NULL,
    day date NOT NULL,
    key_id text NOT NULL,
    token_hash bytea NOT NULL,
    made_at timestamptz DEFAULT now() NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT pk_digest PRIMARY KEY (id),
    CONSTRAINT uq_digest_provider_id_day UNIQUE (provider_id, day),
    CONSTRAINT uq_digest_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_digest_provider_id FOREIGN KEY(provider_id) REFERENCES provider (id)
);
ALTER TABLE digest ENABLE ROW LEVEL SECURITY;
ALTER TABLE digest FORCE ROW LEVEL SECURITY;
CREATE POLICY digest_0 ON digest FOR ALL USING (
    (SELECT acting_kind()) = 'exchange' OR provider_id = (SELECT acting_provider())
)
"""

DOWN = "DROP TABLE digest"


def upgrade() -> None:
    for statement in UP.split(";"):
        op.execute(statement)


def downgrade() -> None:
    op.execute(DOWN)
