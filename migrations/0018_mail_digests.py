"""One digest a day to each provider whom somebody waits for, with a link of its own."""

from alembic import op

revision = "0018"
down_revision = "0011"

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
)
"""

DOWN = "DROP TABLE digest"


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
