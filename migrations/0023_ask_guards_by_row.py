"""Guards that ask for the row at hand: hashing 50,000 families for each query was most of its time.

A need and an offer carry their council, so that a page that reads thousands compares; elsewhere
`EXISTS` lets PostgreSQL choose: one look into an index for each of few rows, one hash for many.
Whose rows they are stays as it was.
"""

from alembic import op

revision = "0023"
down_revision = "0022"

COUNCIL = "(SELECT acting_commissioner())"
PROVIDER = "(SELECT acting_provider())"
FAMILY = "(SELECT acting_family())"
SEEN = "('awaiting_provider', 'awaiting_family', 'accepted', 'under_way')"
BOUND = (
    f"EXISTS (SELECT FROM agreement WHERE agreement.provider_id = {PROVIDER}"
    " AND agreement.withdrawn_at IS NULL)"
)
INTAKES = (
    "intake JOIN service ON service.id = intake.service_id"
    " JOIN provider ON provider.id = service.provider_id"
    f" WHERE (provider.id = {PROVIDER} OR provider.hosted_by_id = {PROVIDER})"
)


def _in(column: str, table: str, *, by: str = "id", where: str = "") -> str:
    return f"{column} IN (SELECT {table}.{by} FROM {table}{where and f' WHERE {where}'})"


def _exists(column: str, table: str, *, by: str = "id", where: str = "") -> str:
    also = where and f" AND {where}"
    return f"EXISTS (SELECT FROM {table} WHERE {table}.{by} = {column}{also})"


def _guards(*, by_row: bool) -> dict[str, str]:
    """Table → whose the rows are; by row as a look for each, else as a list of all."""
    seen = _exists if by_row else _in
    own = (
        f"EXISTS (SELECT FROM {INTAKES} AND intake.id = match.intake_id)"
        if by_row
        else f"intake_id IN (SELECT intake.id FROM {INTAKES})"
    )
    begun = "match.state IN ('accepted', 'under_way')"
    of_council = f"{COUNCIL} IS NOT NULL AND "
    of_provider = f"{PROVIDER} IS NOT NULL AND "

    def of_family(table: str) -> str:
        return (
            f"{table}.family_id = {FAMILY} OR ({of_council}{seen(f'{table}.family_id', 'family')})"
        )

    def of_carried(table: str) -> str:
        whose = f"{table}.commissioner_id = {COUNCIL}"
        return f"{table}.family_id = {FAMILY} OR {whose}" if by_row else of_family(table)

    def of_match(table: str) -> str:
        return seen(f"{table}.match_id", "match")

    return {
        "call": seen("call.offer_id", "offer"),
        "concern": of_match("concern"),
        "contact": (
            f"{of_family('contact')} OR ({of_provider}{BOUND}"
            f" AND {seen('contact.family_id', 'match', by='family_id', where=begun)})"
        ),
        "family": (
            f"commissioner_id = {COUNCIL} OR id = {FAMILY}"
            f" OR ({of_provider}{seen('family.id', 'match', by='family_id')})"
        ),
        "family_look": f"{of_council}{seen('family_look.family_id', 'family')}",
        "introduction": of_match("introduction"),
        "match": (
            f"family_id = {FAMILY} OR ({of_council}{_in('match.plan_id', 'plan')})"
            f" OR ({of_provider}(state IN {SEEN} OR (SELECT acting_deed())) AND {own})"
        ),
        "need": (
            f"{of_carried('need')} OR ({of_provider}{seen('need.id', 'match', by='need_id')})"
        ),
        "offer": f"{of_carried('offer')} OR ({of_provider}{of_match('offer')})",
        "outcome": of_match("outcome"),
        "pair_rule": f"{of_council}{seen('pair_rule.need_id', 'need')}",
        "waiting_place": seen("waiting_place.need_id", "need"),
        "wrong_answer": seen("wrong_answer.offer_id", "offer"),
    }


CARRY = """
CREATE FUNCTION carry_commissioner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.commissioner_id := (SELECT commissioner_id FROM family WHERE id = NEW.family_id);
    RETURN NEW;
END $$
"""


def _carry(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ADD COLUMN commissioner_id uuid")
    op.execute(
        f"UPDATE {table} SET commissioner_id = family.commissioner_id FROM family"
        f" WHERE family.id = {table}.family_id"
    )
    op.execute(
        f"ALTER TABLE {table} ALTER COLUMN commissioner_id SET NOT NULL,"
        f" ADD CONSTRAINT fk_{table}_commissioner_id FOREIGN KEY (commissioner_id)"
        " REFERENCES commissioner (id)"
    )
    op.execute(
        f"CREATE TRIGGER carry_commissioner BEFORE INSERT OR UPDATE OF family_id ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION carry_commissioner()"
    )


def _alter(*, by_row: bool) -> None:
    for table, whose in _guards(by_row=by_row).items():
        rule = f"(SELECT acting_kind()) = 'exchange' OR {whose}"
        op.execute(f'ALTER POLICY {table}_0 ON "{table}" USING ({rule})')


def upgrade() -> None:
    op.execute("SELECT set_config('acting.kind', 'exchange', true)")
    op.execute(CARRY)
    for table in ("need", "offer"):
        _carry(table)
    op.execute("CREATE INDEX ix_match_need_id ON match (need_id)")
    # How many families of an area share a need, asked by every provider's inbox.
    op.execute("CREATE INDEX ix_family_outward ON family (outward)")
    op.execute("CREATE INDEX ix_need_commissioner_id_state ON need (commissioner_id, state)")
    _alter(by_row=True)


def downgrade() -> None:
    _alter(by_row=False)
    op.execute("DROP INDEX ix_need_commissioner_id_state")
    op.execute("DROP INDEX ix_family_outward")
    op.execute("DROP INDEX ix_match_need_id")
    for table in ("need", "offer"):
        op.execute(f"DROP TRIGGER carry_commissioner ON {table}")
        op.execute(f"ALTER TABLE {table} DROP COLUMN commissioner_id")
    op.execute("DROP FUNCTION carry_commissioner")
