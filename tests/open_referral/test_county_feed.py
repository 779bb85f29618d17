"""The example county, every answer of it, as the standard asks."""

import datetime as dt
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from directory.open_referral import answers
from directory.open_referral.question import Question
from directory.open_referral.vocabulary import TAXONOMY_ID
from directory.postcodes import load_postcodes
from marketplace.services.upkeep.imports import take_services
from standard import check, check_page, needs_the_standard

SERVICES = Path(__file__).parents[2] / "examples" / "suffolk" / "services.csv"
TODAY = dt.date(2026, 11, 22)


@needs_the_standard
async def test_every_answer_of_the_county(session: AsyncSession) -> None:
    await load_postcodes(session, letters="CIN")
    taken = await take_services(session, SERVICES.read_bytes(), today=TODAY)
    assert taken.counts is not None, taken.report.faults[:3]
    whole = Question(per_page=500, full=True)
    services = await answers.services_page(session, whole)
    check_page(services, "service.json")
    assert services["total_items"] > 300
    check_page(await answers.services_page(session, Question(per_page=500)), "service_list.json")
    check_page(
        await answers.at_locations_page(session, Question(per_page=500)),
        "service_at_location_list.json",
    )
    organizations = await answers.organizations_page(session, whole)
    check_page(organizations, "organization.json")
    told = {row["organization_id"] for row in services["contents"]}
    assert told <= {row["id"] for row in organizations["contents"]}
    check(answers.one_taxonomy(TAXONOMY_ID), "taxonomy.json")
