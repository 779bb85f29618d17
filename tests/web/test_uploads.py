"""A spreadsheet comes in whole or not at all, and every fault is named."""

import io
import zipfile

import pytest
import small_world as world
from httpx import AsyncClient, Response
from reading import SignIn, csrf_of, words_of

from marketplace.db.session import Sessions

STAGE = "drafted"


async def send(browser: AsyncClient, kind: str, data: bytes, name: str = "file.csv") -> Response:
    return await browser.post(
        f"/commissioner/{kind}/upload",
        data={"_csrf": await csrf_of(browser)},
        files={"file": (name, data, "text/csv")},
    )


def faulty_needs() -> bytes:
    """Ten rows, each with a fault of its own, among good ones."""
    good = (
        "{ref},parenting,2,0.5,2000,model:early-help@2.1,rent-arrears,{until},IP1 2DE,2019-05,car,"
    )
    until = world.today().replace(year=world.today().year + 1)
    rows = [good.format(ref=f"N{number}", until=until) for number in range(12)]
    for row, before, after in (
        (1, "parenting", "juggling"),
        (2, ",2,", ",4,"),
        (3, "0.5", "1.5"),
        (4, ",2000,", ",many,"),
        (5, "model:early-help@2.1", "a hunch"),
        (6, "rent-arrears", ""),
        (7, str(until), "2020-01-01"),
        (8, "IP1 2DE", "ZZ99 9ZZ"),
        (9, "2019-05", "2019-13"),
        (10, ",car,", ",rocket,"),
    ):
        rows[row] = rows[row].replace(before, after)
    return "\n".join([world.NEEDS_HEADER, *rows]).encode()


async def test_ten_faults_are_ten_rows_named_and_nothing_stored(
    sign_in: SignIn, sessions: Sessions
) -> None:
    amina = await sign_in(world.AMINA)
    before = await world.take_picture(sessions)
    answer = await send(amina, "needs", faulty_needs())
    assert answer.status_code == 422
    rows = [line.partition("<")[0].strip() for line in answer.text.split("Row ")[1:]]
    told = words_of(answer)
    for number in range(3, 13):
        assert f" {number} " in told, (number, rows)
    assert "Nothing was stored" in told
    assert await world.take_picture(sessions) == before


async def test_the_same_good_file_again_changes_nothing(
    sign_in: SignIn, sessions: Sessions
) -> None:
    amina = await sign_in(world.AMINA)
    new = world.needs_csv((("NEW", "parenting", 2, "0.5", "IP1 2DE", "2019-05"),))
    assert (await send(amina, "needs", new)).status_code == 200
    before = await world.take_picture(sessions)
    assert (await send(amina, "needs", new)).status_code == 200
    after = await world.take_picture(sessions)
    # That a file was sent again is history too; nothing else moved.
    assert [table for table in before if before[table] != after[table]] in ([], ["public.event"])


async def test_contacts_of_who_is_not_approved_are_refused(
    sign_in: SignIn, sessions: Sessions
) -> None:
    amina = await sign_in(world.AMINA)
    before = await world.take_picture(sessions)
    answer = await send(amina, "contacts", world.contacts_csv())
    assert answer.status_code == 422
    assert "in no approved plan" in words_of(answer)
    assert await world.take_picture(sessions) == before


def workbook() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as file:
        file.writestr("xl/workbook.xml", "<workbook/>")
    return held.getvalue()


@pytest.mark.parametrize("kind", ["needs", "contacts"])
async def test_what_is_no_csv_is_refused_in_plain_words(
    kind: str, sign_in: SignIn, sessions: Sessions
) -> None:
    amina = await sign_in(world.AMINA)
    before = await world.take_picture(sessions)
    for name, data, status in (
        ("needs.xlsx", workbook(), 422),
        ("needs.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", 422),
        ("needs.csv", b"", 422),
        ("needs.csv", b"\xff\xfe\x00\x01\x02", 422),
        ("needs.csv", b"family_ref\n", 422),
        ("needs.csv", b"a,b\n" * (21 * 1024 * 256), 413),
    ):
        answer = await send(amina, kind, data, name)
        assert answer.status_code == status, name
        told = words_of(answer)
        assert "Traceback" not in told
        assert "Exception" not in told
    assert await world.take_picture(sessions) == before


async def test_no_file_at_all_is_asked_for(sign_in: SignIn) -> None:
    amina = await sign_in(world.AMINA)
    answer = await amina.post("/commissioner/needs/upload", data={"_csrf": await csrf_of(amina)})
    assert answer.status_code == 422
    assert "Choose a file" in words_of(answer)


async def test_a_cell_with_markup_stays_words(sign_in: SignIn) -> None:
    amina = await sign_in(world.AMINA)
    data = world.needs_csv((("N1", "<script>alert(1)</script>", 2, "0.5", "IP1 2DE", "2019-05"),))
    answer = await send(amina, "needs", data, '"><script>x</script>.csv')
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert "<script>x" not in answer.text
