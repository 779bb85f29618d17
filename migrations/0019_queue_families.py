"""Who looks at which family now, when a proposal was looked at, and how often somebody was rung."""

from alembic import op

revision = "0019"
down_revision = "0018"

UP = """
CREATE TABLE family_look (
    family_id uuid NOT NULL,
    held_by uuid,
    served_at timestamptz,
    skipped_at timestamptz,
    CONSTRAINT pk_family_look PRIMARY KEY (family_id),
    CONSTRAINT fk_family_look_family_id FOREIGN KEY(family_id) REFERENCES family (id),
    CONSTRAINT fk_family_look_held_by FOREIGN KEY(held_by) REFERENCES staff_user (id),
    CONSTRAINT ck_family_look_held_since CHECK ((held_by IS NULL) = (served_at IS NULL))
);
CREATE INDEX ix_family_look_held_by ON family_look (held_by);
ALTER TABLE match ADD COLUMN looked_at timestamptz;
CREATE INDEX ix_match_looked_by_looked_at ON match (looked_by, looked_at);
ALTER TABLE call
    ADD COLUMN tries bigint DEFAULT 0 NOT NULL,
    ADD COLUMN tried_at timestamptz,
    ADD COLUMN try_after timestamptz;
ALTER TABLE family_look ENABLE ROW LEVEL SECURITY;
ALTER TABLE family_look FORCE ROW LEVEL SECURITY;
CREATE POLICY family_look_0 ON family_look FOR ALL USING (
    (SELECT acting_kind()) = 'exchange'
    OR ((SELECT acting_commissioner()) IS NOT NULL AND family_id IN (SELECT id FROM family))
)
"""

DOWN = """
ALTER TABLE call DROP COLUMN tries, DROP COLUMN tried_at, DROP COLUMN try_after;
ALTER TABLE match DROP COLUMN looked_at;
DROP TABLE family_look
"""


def upgrade() -> None:
    for statement in UP.split(";"):
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN.split(";"):
        op.execute(statement)
