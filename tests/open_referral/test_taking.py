"""What an import does to the directory: it adds, it follows, and it leaves what is ours."""

import datetime as dt
import uuid
from pathlib import Path
from typing import Any

import pytest
from listings_of_others import ORGANIZATION, identity, provider, save, service, stored, take
from sqlalchemy import select, update

from directory.models import Intake, Provider, Service
from directory.open_referral.answers import one_service
from directory.open_referral.taking import find_newest
from directory.sources import SourcedRecord
from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction
from marketplace.services.upkeep.feeds import name_source

UTC = dt.UTC


async def change(sessions: Sessions, **values: Any) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Service).values(**values))


async def intakes(sessions: Sessions) -> list[Intake]:
    async with transaction(sessions, EXCHANGE) as session:
        return list(await session.scalars(select(Intake).order_by(Intake.starts_on)))


async def test_a_service_becomes_ours(ground: Sessions, tmp_path: Path) -> None:
    outcome = await take(ground, save(tmp_path, service()))
    assert (outcome.organizations_added, outcome.added) == (1, ["Money talks 1"])
    assert outcome.unmatched_terms == {"Falconry": 1}
    found, owner = await stored(ground), await provider(ground)
    assert (found.needs, found.days) == (["debt-advice"], ["tue-am"])
    assert (found.postcode, found.venue) == ("IP1 2DE", "The Old Bank")
    assert (found.easting, found.northing) == (615599, 244130)
    assert (found.phone, found.email) == ("+441632960001", "money@example.org")
    assert (found.min_age, found.max_age, found.takes_level) == (16, None, 1)
    assert found.reach_metres == 15_000
    assert found.modified_at == dt.datetime(2026, 6, 1, 10, 0, 0, 250_000, UTC)
    assert (owner.kind, owner.charity_number) == ("charity", "1123456")
    assert owner.contact_email == "tern@example.org"
    [intake] = await intakes(ground)
    assert (intake.places_left, intake.family_pays_pence) == (3, 250)


async def test_nobody_is_let_in_by_an_import(ground: Sessions, tmp_path: Path) -> None:
    source = save(tmp_path, service())
    await take(ground, source)
    assert (await provider(ground)).approved_at is None
    async with transaction(ground, EXCHANGE) as session:
        assert await one_service(session, uuid.UUID(identity(1))) is None


async def test_a_commissioner_may_let_them_in(ground: Sessions, tmp_path: Path) -> None:
    await take(ground, save(tmp_path, service()), approve=True)
    async with transaction(ground, EXCHANGE) as session:
        assert await one_service(session, uuid.UUID(identity(1)))


async def test_looking_first_stores_nothing(ground: Sessions, tmp_path: Path) -> None:
    outcome = await take(ground, save(tmp_path, service()), write=False)
    assert outcome.added == ["Money talks 1"]
    async with transaction(ground, EXCHANGE) as session:
        assert await session.scalar(select(Provider)) is None


async def test_the_same_again_changes_nothing(ground: Sessions, tmp_path: Path) -> None:
    await take(ground, save(tmp_path, service()))
    before = await stored(ground)
    again = await take(ground, save(tmp_path, service(last_modified="2026-07-01T00:00:00Z")))
    assert (again.unchanged, again.added, again.changed) == (1, [], [])
    assert (await stored(ground)).modified_at == before.modified_at


async def test_a_source_is_followed(ground: Sessions, tmp_path: Path) -> None:
    await take(ground, save(tmp_path, service()))
    again = await take(ground, save(tmp_path, service(name="Debt club", url=None)))
    assert (again.changed, again.corrected_here) == (["Debt club"], [])
    found = await stored(ground)
    assert (found.name, found.website) == ("Debt club", None)
    assert found.modified_at > dt.datetime(2026, 6, 2, tzinfo=UTC)


async def test_what_was_corrected_here_stays(ground: Sessions, tmp_path: Path) -> None:
    await take(ground, save(tmp_path, service()))
    await change(ground, phone="+441632960999", postcode="IP3 9SQ", easting=619823)
    told = service(name="Debt club", contacts=[{"id": identity(5), "phones": []}])
    again = await take(ground, save(tmp_path, told))
    assert again.corrected_here == ["Debt club: phone, postcode"]
    found = await stored(ground)
    assert (found.name, found.phone) == ("Debt club", "+441632960999")
    assert (found.postcode, found.easting) == ("IP3 9SQ", 619823)


async def test_a_field_that_the_source_leaves_is_ours_to_change(
    ground: Sessions, tmp_path: Path
) -> None:
    await take(ground, save(tmp_path, service()))
    await change(ground, description="Ours.")
    # The source tells its old description again, beside a new name.
    again = await take(ground, save(tmp_path, service(name="Debt club")))
    assert again.corrected_here == ["Debt club: description"]
    assert (await stored(ground)).description == "Ours."


async def test_each_field_is_remembered_with_its_time(ground: Sessions, tmp_path: Path) -> None:
    await take(ground, save(tmp_path, service()))
    async with transaction(ground, EXCHANGE) as session:
        first = await session.get(SourcedRecord, uuid.UUID(identity(1)))
    await take(ground, save(tmp_path, service(name="Debt club")))
    async with transaction(ground, EXCHANGE) as session:
        second = await session.get(SourcedRecord, uuid.UUID(identity(1)))
    assert first is not None
    assert second is not None
    assert second.said["name"] == "Debt club"
    assert second.said_at["name"] > first.said_at["name"]
    assert second.said_at["email"] == first.said_at["email"]


async def test_what_is_gone_is_hidden_and_may_come_back(ground: Sessions, tmp_path: Path) -> None:
    await take(ground, save(tmp_path, service(1), service(2)))
    gone = await take(ground, save(tmp_path, service(2)))
    assert gone.gone == ["Money talks 1"]
    assert (await stored(ground, 1)).withdrawn_at
    assert (await take(ground, save(tmp_path, service(2)))).gone == []
    back = await take(ground, save(tmp_path, service(1), service(2)))
    assert back.changed == ["Money talks 1"]
    assert (await stored(ground, 1)).withdrawn_at is None


async def test_a_part_of_a_source_hides_nothing(ground: Sessions, tmp_path: Path) -> None:
    await take(ground, save(tmp_path, service(1), service(2)))
    assert (await take(ground, save(tmp_path, service(2)), is_whole=False)).gone == []


async def test_what_is_closed_is_hidden(ground: Sessions, tmp_path: Path) -> None:
    outcome = await take(ground, save(tmp_path, service(status="temporarily closed")))
    assert outcome.closed == 1
    assert (await stored(ground)).withdrawn_at


async def test_no_source_changes_what_is_not_its_own(ground: Sessions, tmp_path: Path) -> None:
    await take(ground, save(tmp_path, service()))
    other = tmp_path / "other"
    other.mkdir()
    # Our ids are in our feed: anybody can tell something else of them.
    stranger = service(2, name="At the wrong door")
    outcome = await take(ground, save(other, service(name="Taken over"), stranger), approve=True)
    assert outcome.not_theirs == ["Taken over", "At the wrong door"]
    assert (await stored(ground)).name == "Money talks 1"
    assert (await provider(ground)).approved_at is None
    async with transaction(ground, EXCHANGE) as session:
        await session.execute(
            update(SourcedRecord)
            .values(record_id=uuid.uuid4())
            .where(SourcedRecord.kind == "service")
        )
    # What was made here belongs to no source at all.
    outcome = await take(ground, save(tmp_path, service(name="Taken over")))
    assert outcome.not_theirs == ["Taken over"]


async def test_places_that_were_promised_here_stay_promised(
    ground: Sessions, tmp_path: Path
) -> None:
    await take(ground, save(tmp_path, service()))
    async with transaction(ground, EXCHANGE) as session:
        await session.execute(update(Intake).values(held=1, used=1))
    told = service()
    told["capacities"][0] |= {"available": 5}
    await take(ground, save(tmp_path, told))
    [intake] = await intakes(ground)
    assert (intake.places, intake.places_left) == (7, 5)


async def test_a_price_that_was_corrected_here_stays_until_the_source_has_a_new_one(
    ground: Sessions, tmp_path: Path
) -> None:
    await take(ground, save(tmp_path, service()))
    async with transaction(ground, EXCHANGE) as session:
        await session.execute(update(Intake).values(family_pays_pence=0))
    await take(ground, save(tmp_path, service(name="Debt club")))
    assert (await intakes(ground))[0].family_pays_pence == 0
    dearer = [{"id": identity(601), "option": "Each", "amount": 4}]
    await take(ground, save(tmp_path, service(cost_options=dearer)))
    assert (await intakes(ground))[0].family_pays_pence == 400


async def test_a_service_without_live_places_can_be_found_and_not_filled(
    ground: Sessions, tmp_path: Path
) -> None:
    await take(ground, save(tmp_path, service(capacities=None)))
    assert await intakes(ground) == []


async def test_what_is_only_online_is_open_to_everyone(ground: Sessions, tmp_path: Path) -> None:
    online = [{"id": identity(1), "location": {"id": identity(2), "location_type": "virtual"}}]
    told = service(capacities=None, service_at_locations=online)
    await take(ground, save(tmp_path, told))
    assert (await provider(ground)).kind == "digital"
    [intake] = await intakes(ground)
    assert intake.places is None


async def test_an_unknown_postcode_is_told_and_the_degrees_stand_in(
    ground: Sessions, tmp_path: Path
) -> None:
    told = service()
    told["service_at_locations"][0]["location"]["addresses"][0]["postal_code"] = "IP9 9ZZ"
    outcome = await take(ground, save(tmp_path, told))
    assert outcome.unknown_postcodes == {"IP9 9ZZ": 1}
    found = await stored(ground)
    assert found.easting == pytest.approx(615_700, abs=1_500)


async def test_the_newest_change_is_remembered(ground: Sessions, tmp_path: Path) -> None:
    source = save(tmp_path, service(1), service(2, last_modified="2026-08-01T00:00:00+01:00"))
    await take(ground, source)
    async with transaction(ground, EXCHANGE) as session:
        newest = await find_newest(session, name_source(source))
    assert newest == dt.datetime(2026, 7, 31, 23, tzinfo=UTC)


async def test_dates_may_be_written_in_any_form_that_is_allowed(
    ground: Sessions, tmp_path: Path
) -> None:
    told = service(last_modified="2026-W23-1T10:00:00")
    told["capacities"][0] |= {"updated": "20260601T100000Z", "starts_on": "20260901"}
    await take(ground, save(tmp_path, told))
    assert (await stored(ground)).modified_at == dt.datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert (await intakes(ground))[0].starts_on == dt.date(2026, 9, 1)


async def test_an_organisation_can_be_told_apart_from_its_services(
    ground: Sessions, tmp_path: Path
) -> None:
    folder = tmp_path / "feed"
    for name, row in (("organizations", ORGANIZATION), ("services", None)):
        told = row or service(organization=None, organization_id=ORGANIZATION["id"])
        (folder / name).mkdir(parents=True)
        save(folder / name, told)
        (folder / name / "services.json").rename(folder / name / "1.json")
    await take(ground, str(folder))
    assert (await provider(ground)).name == "Tern Advice"
