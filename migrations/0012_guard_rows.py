"""Row level security: whose rows a transaction may see is said at its start, or it sees none.

The second of two guards, the first being `access.py`. Forced, so that it holds for an owner too.
"""

from alembic import op

revision = "0012"
down_revision = "0011"

# `nullif`: after a transaction that set it, a setting is the empty word and no longer missing.
FUNCTIONS = """
CREATE FUNCTION acting_kind() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('acting.kind', true), '');
CREATE FUNCTION acting_commissioner() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('acting.commissioner', true), '')::uuid;
CREATE FUNCTION acting_provider() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('acting.provider', true), '')::uuid;
CREATE FUNCTION acting_family() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('acting.family', true), '')::uuid;
CREATE FUNCTION acting_deed() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(current_setting('acting.deed', true), '') = 'yes'
"""

EXCHANGE = "(SELECT acting_kind()) = 'exchange'"
ANYBODY = "(SELECT acting_kind()) IS NOT NULL"
COUNCIL = "(SELECT acting_commissioner())"
PROVIDER = "(SELECT acting_provider())"
FAMILY = "(SELECT acting_family())"
OWN_INTAKES = (
    "SELECT intake.id FROM intake JOIN service ON service.id = intake.service_id"
    " JOIN provider ON provider.id = service.provider_id"
    f" WHERE provider.id = {PROVIDER} OR provider.hosted_by_id = {PROVIDER}"
)
OWN_VOLUNTEERS = f"SELECT provider.id FROM provider WHERE provider.hosted_by_id = {PROVIDER}"
# What a provider looks at; while it does something, the state may be the one it has just left.
SEEN = "('awaiting_provider', 'awaiting_family', 'accepted', 'under_way')"
BOUND = (
    f"EXISTS (SELECT FROM agreement WHERE agreement.provider_id = {PROVIDER}"
    " AND agreement.withdrawn_at IS NULL)"
)

# Everybody reads these: they are what `/find` and the feed tell. Changed only where somebody acts.
PUBLIC = (
    "commissioner",
    "evidence",
    "intake",
    "legal_basis",
    "listing",
    "outside_answer",
    "outward_area",
    "postcode",
    "postcode_release",
    "provider",
    "service",
    "service_location",
    "source",
    "sourced_record",
    "town",
)
# Read by the exchange itself alone, once the one who asks may see what it is about.
KEPT = (
    "api_request",
    "event",
    "host_reminder",
    "join_request",
    "listing_check",
    "message",
    "sign_in_link",
    "staff_session",
    "told_apart",
)
# Table → whose the rows are; the exchange's own work sees all of them.
OWNED = {
    "agreement": f"provider_id = {PROVIDER} OR {COUNCIL} IS NOT NULL",
    "api_token": f"commissioner_id = {COUNCIL} OR provider_id = {PROVIDER}",
    "call": "offer_id IN (SELECT id FROM offer)",
    "concern": "match_id IN (SELECT id FROM match)",
    "contact": (
        f"family_id = {FAMILY}"
        f" OR ({COUNCIL} IS NOT NULL AND family_id IN (SELECT id FROM family))"
        f" OR ({PROVIDER} IS NOT NULL AND {BOUND} AND family_id IN"
        " (SELECT match.family_id FROM match WHERE match.state IN ('accepted', 'under_way')))"
    ),
    "family": (
        f"commissioner_id = {COUNCIL} OR id = {FAMILY}"
        f" OR ({PROVIDER} IS NOT NULL AND id IN (SELECT match.family_id FROM match))"
    ),
    "fund": f"commissioner_id = {COUNCIL}",
    "introduction": "match_id IN (SELECT id FROM match)",
    "match": (
        f"family_id = {FAMILY}"
        f" OR ({COUNCIL} IS NOT NULL AND plan_id IN (SELECT id FROM plan))"
        f" OR ({PROVIDER} IS NOT NULL AND (state IN {SEEN} OR (SELECT acting_deed()))"
        f" AND intake_id IN ({OWN_INTAKES}))"
    ),
    "need": (
        f"family_id = {FAMILY}"
        f" OR ({COUNCIL} IS NOT NULL AND family_id IN (SELECT id FROM family))"
        f" OR ({PROVIDER} IS NOT NULL AND id IN (SELECT match.need_id FROM match))"
    ),
    "offer": (
        f"family_id = {FAMILY}"
        f" OR ({COUNCIL} IS NOT NULL AND family_id IN (SELECT id FROM family))"
        f" OR ({PROVIDER} IS NOT NULL AND match_id IN (SELECT id FROM match))"
    ),
    "outcome": "match_id IN (SELECT id FROM match)",
    "pair_rule": f"{COUNCIL} IS NOT NULL AND need_id IN (SELECT id FROM need)",
    "plan": f"commissioner_id = {COUNCIL}",
    "staff_user": f"commissioner_id = {COUNCIL} OR provider_id = {PROVIDER}",
    "stop_entry": f"commissioner_id = {COUNCIL}",
    "unmet_need": f"{COUNCIL} IS NOT NULL AND plan_id IN (SELECT id FROM plan)",
    "waiting_place": "need_id IN (SELECT id FROM need)",
    "wrong_answer": "offer_id IN (SELECT id FROM offer)",
    "volunteer": f"provider_id IN ({OWN_VOLUNTEERS})",
    **dict.fromkeys(
        ("absence", "quiz_try", "received_text", "volunteer_paper", "weekly_question"),
        f"volunteer_id IN ({OWN_VOLUNTEERS})",
    ),
}


def policies() -> dict[str, list[str]]:
    """Table → its policies, each as the end of a CREATE POLICY."""
    acting = [
        f"FOR INSERT WITH CHECK ({ANYBODY})",
        f"FOR UPDATE USING ({ANYBODY})",
        f"FOR DELETE USING ({ANYBODY})",
    ]
    told = {table: ["FOR SELECT USING (true)", *acting] for table in PUBLIC}
    kept = [f"FOR ALL USING ({EXCHANGE})", f"FOR INSERT WITH CHECK ({ANYBODY})"]
    owned = {table: [f"FOR ALL USING ({EXCHANGE} OR {whose})"] for table, whose in OWNED.items()}
    return told | dict.fromkeys(KEPT, kept) | owned


def upgrade() -> None:
    for statement in FUNCTIONS.split(";\n"):
        op.execute(statement)
    for table, rules in policies().items():
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        for number, rule in enumerate(rules):
            op.execute(f'CREATE POLICY {table}_{number} ON "{table}" {rule}')


def downgrade() -> None:
    for table, rules in policies().items():
        for number in range(len(rules)):
            op.execute(f'DROP POLICY {table}_{number} ON "{table}"')
        op.execute(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY')
    for name in ("kind", "commissioner", "provider", "family", "deed"):
        op.execute(f"DROP FUNCTION acting_{name}")
