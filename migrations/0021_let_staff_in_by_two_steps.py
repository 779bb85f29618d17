"""A second step at sign-in, sessions that their owner can see and end, and limits for everyone."""

from alembic import op

revision = "0021"
down_revision = "0020"

# Whoever is signed in while this runs signs in again: their sessions know nothing of a second step.
UP = """
DELETE FROM staff_session;
ALTER TABLE staff_session
    ADD COLUMN seen_at timestamptz DEFAULT now() NOT NULL,
    ADD COLUMN proved_by text,
    ADD COLUMN browser text NOT NULL,
    ADD CONSTRAINT ck_staff_session_proved_by_known CHECK (
        proved_by IN ('link', 'code', 'recovery_code', 'work_account')
    );
CREATE TABLE second_step (
    user_id uuid NOT NULL,
    sealed_secret bytea NOT NULL,
    last_step bigint NOT NULL,
    set_up_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_second_step PRIMARY KEY (user_id),
    CONSTRAINT fk_second_step_user_id FOREIGN KEY(user_id) REFERENCES staff_user (id)
);
CREATE TABLE recovery_code (
    code_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    used_at timestamptz,
    CONSTRAINT pk_recovery_code PRIMARY KEY (code_hash),
    CONSTRAINT fk_recovery_code_user_id FOREIGN KEY(user_id)
        REFERENCES second_step (user_id) ON DELETE CASCADE
);
CREATE INDEX ix_recovery_code_user_id ON recovery_code (user_id);
DROP TABLE wrong_code;
CREATE TABLE limit_use (
    key_hash bytea NOT NULL,
    times timestamptz[] NOT NULL,
    until timestamptz NOT NULL,
    CONSTRAINT pk_limit_use PRIMARY KEY (key_hash)
);
CREATE INDEX ix_limit_use_until ON limit_use (until)
"""

DOWN = """
DROP TABLE limit_use;
CREATE TABLE wrong_code (
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_wrong_code PRIMARY KEY (id)
);
CREATE INDEX ix_wrong_code_at ON wrong_code (at);
ALTER TABLE wrong_code ENABLE ROW LEVEL SECURITY;
ALTER TABLE wrong_code FORCE ROW LEVEL SECURITY;
CREATE POLICY wrong_code_0 ON wrong_code FOR ALL USING ((SELECT acting_kind()) = 'exchange');
DROP TABLE recovery_code;
DROP TABLE second_step;
ALTER TABLE staff_session
    DROP CONSTRAINT ck_staff_session_proved_by_known,
    DROP COLUMN seen_at,
    DROP COLUMN proved_by,
    DROP COLUMN browser
"""

# Read and written by the exchange's own verbs alone.
KEPT = ("second_step", "recovery_code", "limit_use")


def upgrade() -> None:
    op.execute("SET LOCAL acting.kind = 'exchange'")
    for statement in UP.split(";\n"):
        op.execute(statement)
    for table in KEPT:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY {table}_0 ON {table}"
            " FOR ALL USING ((SELECT acting_kind()) = 'exchange')"
        )


def downgrade() -> None:
    for statement in DOWN.split(";\n"):
        op.execute(statement)
