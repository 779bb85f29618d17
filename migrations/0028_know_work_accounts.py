"""Who an issuer means by a subject: an address may pass to somebody else, a subject never does."""

from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.execute("""
CREATE TABLE work_account (
    user_id uuid NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    CONSTRAINT pk_work_account PRIMARY KEY (user_id),
    CONSTRAINT uq_work_account_issuer_subject UNIQUE (issuer, subject),
    CONSTRAINT fk_work_account_user_id FOREIGN KEY(user_id) REFERENCES staff_user (id)
)
""")
    # Read and written by the exchange's own verbs alone.
    op.execute("ALTER TABLE work_account ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE work_account FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY work_account_0 ON work_account"
        " FOR ALL USING ((SELECT acting_kind()) = 'exchange')"
    )


def downgrade() -> None:
    op.execute("DROP TABLE work_account")
