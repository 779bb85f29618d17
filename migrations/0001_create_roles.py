"""The application's role: it may read and write rows, and owns nothing."""

from alembic import op

revision = "0001"
down_revision = None

# Roles belong to the whole server, so another database of it may have made this one already.
UP = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'marketplace_application') THEN
        CREATE ROLE marketplace_application NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
GRANT marketplace_application TO CURRENT_USER;
GRANT USAGE ON SCHEMA public TO marketplace_application;
ALTER DEFAULT PRIVILEGES IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO marketplace_application;
ALTER DEFAULT PRIVILEGES IN SCHEMA public
    GRANT USAGE ON SEQUENCES TO marketplace_application;
"""

# The role itself stays: other databases of the server may use it.
DOWN = """
ALTER DEFAULT PRIVILEGES IN SCHEMA public
    REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLES FROM marketplace_application;
ALTER DEFAULT PRIVILEGES IN SCHEMA public
    REVOKE USAGE ON SEQUENCES FROM marketplace_application;
REVOKE USAGE ON SCHEMA public FROM marketplace_application;
"""


def upgrade() -> None:
    make_role, *grants = UP.split("$$;")
    op.execute(make_role + "$$")
    for statement in grants[0].split(";"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    for statement in DOWN.split(";"):
        if statement.strip():
            op.execute(statement)
