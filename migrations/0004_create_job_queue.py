"""The job queue's tables, in a schema of their own."""

from alembic import op
from sqlalchemy.util import await_only

from marketplace.db.queue import install_sql

revision = "0004"
down_revision = "0003"

GRANTS = """
GRANT USAGE ON SCHEMA jobs TO marketplace_application;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA jobs
    TO marketplace_application;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA jobs TO marketplace_application;
"""


def upgrade() -> None:
    # Many statements at once: asyncpg's own connection takes them, SQLAlchemy's text does not.
    raw = op.get_bind().connection.dbapi_connection.driver_connection
    await_only(raw.execute(install_sql() + GRANTS))


def downgrade() -> None:
    op.execute("DROP SCHEMA jobs CASCADE")
