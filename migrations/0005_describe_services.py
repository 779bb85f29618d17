"""What a person reads about a service, who was let in, and when each row last changed."""

from alembic import op

revision = "0005"
down_revision = "0004"

# Whoever stands in the directory already was brought by a commissioner, so they count as approved.
UP = """
ALTER TABLE provider
    ADD COLUMN description text,
    ADD COLUMN website text,
    ADD COLUMN approved_at timestamptz,
    ADD COLUMN paused_at timestamptz,
    ADD COLUMN modified_at timestamptz DEFAULT now() NOT NULL;
UPDATE provider SET approved_at = confirmed_at;
ALTER TABLE service
    ADD COLUMN description text,
    ADD COLUMN website text,
    ADD COLUMN email text,
    ADD COLUMN phone text,
    ADD COLUMN venue text,
    ADD COLUMN is_confidential boolean DEFAULT false NOT NULL,
    ADD COLUMN modified_at timestamptz DEFAULT now() NOT NULL;
ALTER TABLE intake
    ADD COLUMN paused_until date,
    ADD COLUMN modified_at timestamptz DEFAULT now() NOT NULL
"""

# The clock of the database, so that "what changed since" can miss nothing.
FUNCTION = """
CREATE FUNCTION note_modified() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.modified_at = now();
    RETURN NEW;
END
$$
"""
TRIGGERS = """
CREATE TRIGGER note_modified BEFORE UPDATE ON {table} FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION note_modified()
"""
TABLES = ("provider", "service", "intake")

DOWN = """
DROP FUNCTION note_modified CASCADE;
ALTER TABLE intake DROP COLUMN paused_until, DROP COLUMN modified_at;
ALTER TABLE service
    DROP COLUMN description, DROP COLUMN website, DROP COLUMN email, DROP COLUMN phone,
    DROP COLUMN venue, DROP COLUMN is_confidential, DROP COLUMN modified_at;
ALTER TABLE provider
    DROP COLUMN description, DROP COLUMN website, DROP COLUMN approved_at,
    DROP COLUMN paused_at, DROP COLUMN modified_at
"""


def upgrade() -> None:
    for statement in (*UP.split(";"), FUNCTION):
        op.execute(statement)
    for table in TABLES:
        op.execute(TRIGGERS.format(table=table))


def downgrade() -> None:
    for statement in DOWN.split(";"):
        op.execute(statement)
