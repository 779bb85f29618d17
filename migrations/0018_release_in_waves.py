"""When its newest wave let a family go: what is approved later waits for a wave of its own."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.execute("ALTER TABLE family ADD COLUMN released_at timestamptz")
    op.execute(
        "ALTER TABLE offer ADD CONSTRAINT ck_offer_feedback_known"
        " CHECK (feedback IN ('yes', 'partly', 'no'))"
    )
    op.execute("CREATE INDEX ix_offer_created_at ON offer (created_at)")


def downgrade() -> None:
    op.execute("DROP INDEX ix_offer_created_at")
    op.execute("ALTER TABLE offer DROP CONSTRAINT ck_offer_feedback_known")
    op.execute("ALTER TABLE family DROP COLUMN released_at")
