"""Texts and letters beside e-mail: what was tried before, and codes typed wrongly from letters."""

from alembic import op

revision = "0013"
down_revision = "0012"

UP = """
ALTER TABLE message ADD COLUMN tried_at timestamptz;
CREATE TABLE wrong_code (
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_wrong_code PRIMARY KEY (id)
);
CREATE INDEX ix_wrong_code_at ON wrong_code (at);
ALTER TABLE wrong_code ENABLE ROW LEVEL SECURITY;
ALTER TABLE wrong_code FORCE ROW LEVEL SECURITY;
CREATE POLICY wrong_code_0 ON wrong_code FOR ALL USING ((SELECT acting_kind()) = 'exchange')
"""

DOWN = """
DROP TABLE wrong_code;
ALTER TABLE message DROP COLUMN tried_at
"""


def upgrade() -> None:
    for statement in UP.split(";"):
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN.split(";"):
        op.execute(statement)
