"""Figures by month read the steps that led forward, and nothing else of the history."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ix_event_steps_forward ON event (target, at, subject_id, source)"
        " WHERE subject_kind = 'match' AND target IN"
        " ('awaiting_provider', 'awaiting_family', 'accepted', 'under_way', 'completed')"
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_event_steps_forward")
