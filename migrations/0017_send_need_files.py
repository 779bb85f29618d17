"""Which file a need came in by, so that a whole file can be taken back."""

from alembic import op

revision = "0017"
down_revision = "0016"

UP = """
CREATE TABLE need_file (
    id uuid NOT NULL,
    commissioner_id uuid NOT NULL,
    name text NOT NULL,
    sent_by text NOT NULL,
    sent_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_need_file PRIMARY KEY (id),
    CONSTRAINT fk_need_file_commissioner_id FOREIGN KEY(commissioner_id)
        REFERENCES commissioner (id)
);
CREATE INDEX ix_need_file_commissioner_id ON need_file (commissioner_id);
ALTER TABLE need
    ADD COLUMN file_id uuid,
    ADD CONSTRAINT fk_need_file_id FOREIGN KEY(file_id) REFERENCES need_file (id);
CREATE INDEX ix_need_file_id ON need (file_id);
ALTER TABLE need_file ENABLE ROW LEVEL SECURITY;
ALTER TABLE need_file FORCE ROW LEVEL SECURITY;
CREATE POLICY need_file_0 ON need_file FOR ALL USING (
    (SELECT acting_kind()) = 'exchange' OR commissioner_id = (SELECT acting_commissioner())
);
SELECT set_config('acting.kind', 'exchange', true);
UPDATE unmet_need SET reason = 'not_safe' WHERE reason = 'held_back'
"""

DOWN = """
SELECT set_config('acting.kind', 'exchange', true);
UPDATE unmet_need SET reason = 'held_back' WHERE reason = 'not_safe';
ALTER TABLE need DROP COLUMN file_id;
DROP TABLE need_file
"""


def upgrade() -> None:
    for statement in UP.split(";"):
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN.split(";"):
        op.execute(statement)
