"""A provider's part of a guard is asked by a function: planning it took longer than most queries.

Written out it brings six tables into the plan of each query on a match, a need or a family, for
whoever asks. Whose rows they are stays as it was.
"""

from alembic import op

revision = "0026"
down_revision = "0025"

COUNCIL = "(SELECT acting_commissioner())"
PROVIDER = "(SELECT acting_provider())"
FAMILY = "(SELECT acting_family())"
SEEN = "('awaiting_provider', 'awaiting_family', 'accepted', 'under_way')"
BEGUN = "match.state IN ('accepted', 'under_way')"
BOUND = (
    "EXISTS (SELECT FROM agreement WHERE agreement.provider_id = {provider}"
    " AND agreement.withdrawn_at IS NULL)"
)
OWN = (
    "EXISTS (SELECT FROM intake JOIN service ON service.id = intake.service_id"
    " JOIN provider ON provider.id = service.provider_id WHERE intake.id = {intake_id}"
    " AND (provider.id = {provider} OR provider.hosted_by_id = {provider}))"
)
OF_COUNCIL = f"{COUNCIL} IS NOT NULL AND "
OF_PROVIDER = f"{PROVIDER} IS NOT NULL AND "
ACTING = "acting_provider()"

# Within a function only what it calls may look: each is asked as the role that asks.
FUNCTIONS = {
    "provider_sees_match(of_state text, of_intake uuid)": (
        f"(of_state IN {SEEN} OR acting_deed())"
        f" AND {OWN.format(intake_id='of_intake', provider=ACTING)}"
    ),
    "provider_sees_family(of_family uuid)": (
        "EXISTS (SELECT FROM match WHERE match.family_id = of_family)"
    ),
    "provider_sees_need(of_need uuid)": "EXISTS (SELECT FROM match WHERE match.need_id = of_need)",
    "provider_sees_offer(of_match uuid)": "EXISTS (SELECT FROM match WHERE match.id = of_match)",
    "provider_sees_contact(of_family uuid)": (
        f"{BOUND.format(provider=ACTING)}"
        f" AND EXISTS (SELECT FROM match WHERE match.family_id = of_family AND {BEGUN})"
    ),
}
# Table → what is the same before and after, what a provider is asked by, and the function for it.
GUARDS = {
    "match": (
        f"family_id = {FAMILY} OR ({OF_COUNCIL}match.plan_id IN (SELECT plan.id FROM plan))",
        (
            f"(state IN {SEEN} OR (SELECT acting_deed()))"
            f" AND {OWN.format(intake_id='match.intake_id', provider=PROVIDER)}"
        ),
        "provider_sees_match(state, intake_id)",
    ),
    "family": (
        f"commissioner_id = {COUNCIL} OR id = {FAMILY}",
        "EXISTS (SELECT FROM match WHERE match.family_id = family.id)",
        "provider_sees_family(id)",
    ),
    "need": (
        f"need.family_id = {FAMILY} OR need.commissioner_id = {COUNCIL}",
        "EXISTS (SELECT FROM match WHERE match.need_id = need.id)",
        "provider_sees_need(id)",
    ),
    "offer": (
        f"offer.family_id = {FAMILY} OR offer.commissioner_id = {COUNCIL}",
        "EXISTS (SELECT FROM match WHERE match.id = offer.match_id)",
        "provider_sees_offer(match_id)",
    ),
    "contact": (
        (
            f"contact.family_id = {FAMILY} OR ({OF_COUNCIL}"
            "EXISTS (SELECT FROM family WHERE family.id = contact.family_id))"
        ),
        (
            f"{BOUND.format(provider=PROVIDER)}"
            f" AND EXISTS (SELECT FROM match WHERE match.family_id = contact.family_id AND {BEGUN})"
        ),
        "provider_sees_contact(family_id)",
    ),
}


def _alter(*, by_function: bool) -> None:
    for table, (others, written_out, function) in GUARDS.items():
        of_provider = function if by_function else written_out
        rule = f"(SELECT acting_kind()) = 'exchange' OR {others} OR ({OF_PROVIDER}{of_provider})"
        op.execute(f'ALTER POLICY {table}_0 ON "{table}" USING ({rule})')


def upgrade() -> None:
    for signature, holds in FUNCTIONS.items():
        # plpgsql, which keeps its plans, and is never written out into the query that calls it.
        op.execute(
            f"CREATE FUNCTION {signature} RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE"
            f" COST 10 AS $$ BEGIN RETURN {holds}; END $$"
        )
    _alter(by_function=True)


def downgrade() -> None:
    _alter(by_function=False)
    for signature in FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature.partition('(')[0]}")
