"""From the public form to the first sign-in; and Amina's one press that pauses."""

import re
import uuid

import small_world as world
from httpx import AsyncClient
from reading import SignIn, csrf_of, form_of, words_of
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider
from marketplace.db.acting import EXCHANGE
from marketplace.db.providers import JoinRequest
from marketplace.db.session import Sessions, transaction
from marketplace.settings import Settings, mail_folder

MARIGOLD = {
    "organisation": "Marigold Trust",
    "kind": "charity",
    "charity_number": "1234567",
    "postcode": "ip1 3aw",
    "person": "Mal Example",
    "email": "mal@marigold.example.org",
    "phone": "01632 960772",
}


async def ask_to_join(
    nobody: AsyncClient, sessions: Sessions, settings: Settings, **fields: str
) -> str:
    """The path in the message that comes."""
    answer = await nobody.post("/join", data=MARIGOLD | fields)
    assert answer.status_code == 200, words_of(answer)
    await world.do_jobs(sessions)
    mails = [file.read_text() for file in mail_folder(settings).glob("*.eml")]
    (mail,) = [one for one in mails if MARIGOLD["email"] in one]
    return re.search(r"/join/[a-z0-9]{32}", mail)[0]


async def count_providers(sessions: Sessions) -> int:
    async with transaction(sessions, EXCHANGE) as session:
        return await session.scalar(select(func.count(Provider.id)))


async def test_every_fault_is_told_at_its_field(nobody: AsyncClient, sessions: Sessions) -> None:
    before = await world.take_picture(sessions)
    empty = await nobody.post("/join", data={})
    wrong = dict.fromkeys(MARIGOLD, "x")
    for answer in (empty, await nobody.post("/join", data=wrong)):
        assert answer.status_code == 422
        for field in ("kind", "postcode", "email", "phone"):
            assert f'href="#{field}"' in answer.text, field
    unknown = await nobody.post("/join", data=MARIGOLD | {"postcode": "SW1A 1AA"})
    assert "do not know this postcode" in words_of(unknown)
    unnumbered = await nobody.post("/join", data=MARIGOLD | {"charity_number": ""})
    assert "Type your charity’s number" in words_of(unnumbered)
    assert await world.take_picture(sessions) == before


async def newest_request(session: AsyncSession) -> uuid.UUID:
    newest = select(JoinRequest.id).order_by(JoinRequest.created_at.desc()).limit(1)
    return (await session.scalars(newest)).one()


async def test_a_known_name_is_shown_as_one_and_takes_nothing_over(
    nobody: AsyncClient, sign_in: SignIn, sessions: Sessions, settings: Settings
) -> None:
    providers = await count_providers(sessions)
    link = await ask_to_join(nobody, sessions, settings)
    amina = await sign_in(world.AMINA)
    assert words_of(await amina.get("/commissioner/providers")).count("Marigold Trust") == 1
    for _ in range(2):
        assert (await nobody.get(link)).status_code == 200
    for _ in range(2):
        assert "with the council" in words_of(await nobody.post(link))
    listed = await amina.get("/commissioner/providers")
    assert words_of(listed).count("Marigold Trust") == 2
    async with transaction(sessions, EXCHANGE) as session:
        request_id = await newest_request(session)
        tom = await world.actor_of(session, world.TOM)
    page = await amina.get(f"/commissioner/providers/requests/{request_id}")
    assert "a like name nearby" in words_of(page)
    join = form_of(page, "/join")
    assert (await amina.post(join.action, data=join.fields)).status_code == 422
    joined = await amina.post(join.action, data=join.fields | {"provider": str(tom.provider_id)})
    assert joined.headers["location"] == f"/commissioner/providers/{tom.provider_id}"
    assert await count_providers(sessions) == providers
    mal = await sign_in(MARIGOLD["email"])
    assert "mal@marigold.example.org" in words_of(await mal.get("/provider/people"))
    again = await amina.post(join.action, data=join.fields | {"provider": str(tom.provider_id)})
    assert again.status_code == 409


async def test_let_in_as_new_it_can_list_at_once_and_sees_no_family(
    nobody: AsyncClient, sign_in: SignIn, sessions: Sessions, settings: Settings
) -> None:
    link = await ask_to_join(nobody, sessions, settings, organisation="Poppy Trust")
    await nobody.post(link)
    amina = await sign_in(world.AMINA)
    async with transaction(sessions, EXCHANGE) as session:
        request_id = await newest_request(session)
    request = f"/commissioner/providers/requests/{request_id}"
    approve = form_of(await amina.get(request), "/approve")
    page = await amina.post(approve.action, data=approve.fields, follow_redirects=True)
    assert "Not accepted: it sees no family" in words_of(page)
    mal = await sign_in(MARIGOLD["email"])
    inbox = await mal.get("/provider")
    assert 'href="/provider/agreement"' in inbox.text
    assert (await mal.get("/provider/services")).status_code == 200


async def test_turned_away_without_a_reason_is_asked_for_one(
    sign_in: SignIn, session: AsyncSession
) -> None:
    amina = await sign_in(world.AMINA)
    request = (await session.scalars(select(JoinRequest))).one()
    path = f"/commissioner/providers/requests/{request.id}/turn-away"
    token = {"_csrf": await csrf_of(amina)}
    assert (await amina.post(path, data=token)).status_code == 422
    done = await amina.post(path, data=token | {"reason": "Too far away"})
    assert done.headers["location"] == "/commissioner/providers"


async def test_who_came_by_a_feed_is_let_in_by_a_person(
    sign_in: SignIn, nobody: AsyncClient, sessions: Sessions
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        tom = await world.actor_of(session, world.TOM)
        (await session.get_one(Provider, tom.provider_id)).approved_at = None
    assert "Marigold" not in (await nobody.get("/find?where=IP1+2DE")).text
    amina = await sign_in(world.AMINA)
    form = form_of(await amina.get(f"/commissioner/providers/{tom.provider_id}"), "/approve")
    await amina.post(form.action, data=form.fields)
    assert "Marigold" in (await nobody.get("/find?where=IP1+2DE")).text


async def test_one_press_pauses_and_each_council_sees_its_own_families(
    sign_in: SignIn, nobody: AsyncClient, sessions: Sessions
) -> None:
    amina, olga = await sign_in(world.AMINA), await sign_in(world.OLGA)
    async with transaction(sessions, EXCHANGE) as session:
        tom = await world.actor_of(session, world.TOM)
    page = f"/commissioner/providers/{tom.provider_id}"
    assert "Marigold" in (await nobody.get("/find?where=IP1+2DE")).text
    form = form_of(await amina.get(page), "/pause")
    await amina.post(form.action, data=form.fields)
    assert "Marigold" not in (await nobody.get("/find?where=IP1+2DE")).text
    shown = words_of(await amina.get(page))
    assert "KELLY: on hold" in shown
    theirs = words_of(await olga.get(page))
    assert "KELLY" not in theirs
    assert "families of other councils" in theirs
    resume = form_of(await amina.get(page), "/resume")
    await amina.post(resume.action, data=resume.fields)
    assert "KELLY: waiting for the family" in words_of(await amina.get(page))
    assert "Marigold" in (await nobody.get("/find?where=IP1+2DE")).text
    history = words_of(await amina.get(page))
    assert "Paused" in history
    assert "Let in again" in history
