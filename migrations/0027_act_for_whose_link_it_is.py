"""One question in place of three: whose link is this, and from here on for that family only.

A family waits for its page on a telephone, and mail scanners ask for each page more often than
families do.
"""

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    # `true`: until the transaction ends. An unknown link acts for a family that nobody is.
    op.execute("""
CREATE FUNCTION act_for_link(of_hash bytea, of_keys text[]) RETURNS uuid
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  whose uuid;
BEGIN
  PERFORM set_config('acting.kind', 'exchange', true);
  SELECT offer.family_id INTO whose FROM offer
    WHERE offer.token_hash = of_hash AND offer.link_ended_at IS NULL
      AND offer.key_id = ANY (of_keys);
  PERFORM set_config('acting.kind', 'family', true),
    set_config('acting.commissioner', '', true),
    set_config('acting.provider', '', true),
    set_config('acting.family', coalesce(whose::text, ''), true),
    set_config('acting.deed', '', true);
  RETURN whose;
END $$
""")


def downgrade() -> None:
    op.execute("DROP FUNCTION act_for_link")
