"""What a what-if would give each need, so that it can be held against a plan."""

from alembic import op

revision = "0015"
down_revision = "0014"

UP = """
CREATE TABLE what_if_need (
    plan_id uuid NOT NULL,
    need_id uuid NOT NULL,
    intake_id uuid,
    CONSTRAINT pk_what_if_need PRIMARY KEY (plan_id, need_id),
    CONSTRAINT fk_what_if_need_plan_id FOREIGN KEY(plan_id) REFERENCES plan (id),
    CONSTRAINT fk_what_if_need_need_id FOREIGN KEY(need_id) REFERENCES need (id) ON DELETE CASCADE,
    CONSTRAINT fk_what_if_need_intake_id FOREIGN KEY(intake_id) REFERENCES intake (id)
);
CREATE INDEX ix_what_if_need_need_id ON what_if_need (need_id);
ALTER TABLE what_if_need ENABLE ROW LEVEL SECURITY;
ALTER TABLE what_if_need FORCE ROW LEVEL SECURITY;
CREATE POLICY what_if_need_0 ON what_if_need FOR ALL USING (
    (SELECT acting_kind()) = 'exchange' OR plan_id IN (SELECT id FROM plan)
)
"""


def upgrade() -> None:
    for statement in UP.split(";"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE what_if_need")
