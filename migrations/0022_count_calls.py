"""How often a program calls in a minute, counted on its token; what it sent is found by its age."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE api_token ADD COLUMN calls bigint DEFAULT 0 NOT NULL,"
        " ADD COLUMN minute_began_at timestamptz DEFAULT now() NOT NULL"
    )
    op.execute("CREATE INDEX ix_api_request_at ON api_request (at)")


def downgrade() -> None:
    op.execute("DROP INDEX ix_api_request_at")
    op.execute("ALTER TABLE api_token DROP COLUMN calls, DROP COLUMN minute_began_at")
