import random
from contextlib import suppress
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from spreadsheet_files import write_csv

from directory.spreadsheets import sheet as sheet_module
from directory.spreadsheets.report import UnreadableSheet
from directory.spreadsheets.sheet import Sheet, read_sheet

COLUMNS = ("ref", "name", "days")
ENCODINGS = {
    "utf-8": b"",
    "utf-8-sig": b"",
    "cp1252": b"",
    "utf-16-le": b"\xff\xfe",
    "utf-16-be": b"\xfe\xff",
}


def read(data: bytes) -> Sheet:
    return read_sheet(data, known=COLUMNS, required=("ref",))


def cells_of(sheet: Sheet) -> list[dict[str, str]]:
    return [row.cells for row in sheet.rows]


# what a person types: letters that every encoding here has, delimiters, quotes, line ends
typed = st.text(alphabet="abé£€ 1,;\"'=+-@\n\tñ“”", max_size=12).map(str.strip)
filled = typed.filter(lambda cell: cell.strip(" ,;\n\t"))
rows_typed = st.lists(
    st.fixed_dictionaries({"ref": filled, "name": typed, "days": typed}), min_size=1, max_size=6
)


def is_utf_8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def as_kept(cell: str) -> str:
    """Take off an apostrophe before a formula: the mark that we ourselves put there."""
    formula = cell[:1] == "'" and cell[1:2] in {"=", "+", "-", "@", "\t", "\n"}
    return cell[1:].strip() if formula else cell


@given(
    rows=rows_typed,
    encoding=st.sampled_from(sorted(ENCODINGS)),
    delimiter=st.sampled_from([",", ";", "\t"]),
)
def test_every_encoding_and_delimiter_gives_the_same_rows(
    rows: list[dict[str, str]], encoding: str, delimiter: str
) -> None:
    data = ENCODINGS[encoding] + write_csv(rows, delimiter=delimiter, encoding=encoding)
    # “é££” in Windows-1252 is also a letter of UTF-8; no reader could tell, and nobody is called so
    assume(encoding != "cp1252" or data.isascii() or not is_utf_8(data))
    assert cells_of(read(data)) == [
        {name: as_kept(cell) for name, cell in row.items()} for row in rows
    ]


@given(rows=rows_typed, order=st.permutations(COLUMNS), seed=st.integers(0, 99))
def test_order_case_and_spaces_of_the_header_do_not_matter(
    rows: list[dict[str, str]], order: list[str], seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - a seed of a test, no secret
    written = {name: f" {dice.choice([name, name.upper(), name.title()])}  " for name in order}
    shuffled = [{written[name]: row[name] for name in order} for row in rows]
    assert cells_of(read(write_csv(shuffled))) == cells_of(read(write_csv(rows)))


@given(data=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_in_words(data: bytes) -> None:
    with suppress(UnreadableSheet):
        assert read(data).rows


@pytest.mark.parametrize(("encoding", "newline"), list(product(ENCODINGS, ("\n", "\r\n", "\r"))))
def test_line_ends_of_every_machine(encoding: str, newline: str) -> None:
    text = newline.join(["ref,name", "1,Zoë", '2,"two', 'lines"', ""])
    found = read(ENCODINGS[encoding] + text.encode(encoding))
    assert cells_of(found) == [{"ref": "1", "name": "Zoë"}, {"ref": "2", "name": "two\nlines"}]


def test_rows_are_numbered_as_excel_shows_them() -> None:
    found = read(b'\n ref ,NAME\n1,"two\nlines"\n\n , \n2,b\n')
    assert [(row.number, row.cells["ref"]) for row in found.rows] == [(3, "1"), (6, "2")]


def test_a_letter_written_in_two_ways_is_one() -> None:
    composed, decomposed = "Zo\u00eb", "Zoe\u0308"
    assert composed != decomposed
    found = read(f"ref\n{composed}\n{decomposed}\n".encode())
    assert len({row.cells["ref"] for row in found.rows}) == 1


def test_a_header_in_quotes_under_semicolons() -> None:
    assert cells_of(read(b'"ref";"name"\n"1";"a;b"\n')) == [{"ref": "1", "name": "a;b"}]


def test_empty_columns_at_the_end_are_no_columns() -> None:
    assert cells_of(read(b"ref,name,,\n1,a,,\n2\n")) == [
        {"ref": "1", "name": "a"},
        {"ref": "2", "name": ""},
    ]


def test_our_own_advice_column_may_come_back() -> None:
    assert read(b"ref,what to do\n1,correct it\n").header == ("ref",)


@pytest.mark.parametrize(
    ("data", "advice"),
    [
        (b"", "The file is empty"),
        (b"\n , \n", "The file is empty"),
        (b"ref,name\n", "a header and no rows"),
        (b"PK\x03\x04rest", r"no Excel workbook \(.xlsx\), or one that is broken"),
        (b"\xd0\xcf\x11\xe0rest", "old Excel workbook"),
        (b"%PDF-1.7", "This is a PDF"),
        (b"\xef\xbb\xbfref\n1\n\xff\n", "Near line 3"),
        (b"ref\n\x81\n", "Near line 2"),
        (b"\xff\xfer\x00e", "Near line 1"),
        ("ref\n1\n".encode("utf-16-le"), "Row 1: the header has characters that are no letters"),
        (b"ref,colour\n1,red\n", "Row 1: colour: we do not know this column"),
        (b"name\nGrace\n", "Row 1: ref: this column is missing"),
        (b"ref,name,Ref\n1,a,2\n", "Row 1: ref: this column stands here twice"),
        (b'ref,name\n1,a\n2,"never closed\n3,c\n', "Row 3: a quotation mark"),
        (b'ref,name\n1,"a"b\n', "Row 2: a quotation mark"),
    ],
)
def test_what_cannot_be_read_says_where_and_what_to_do(data: bytes, advice: str) -> None:
    with pytest.raises(UnreadableSheet, match=advice):
        read(data)


def test_the_name_of_an_unknown_column_is_shown_short() -> None:
    with pytest.raises(UnreadableSheet) as caught:
        read(b"ref," + b"x" * 50_000 + b"\n1,2\n")
    assert len(str(caught.value)) < 300


def test_all_that_is_wrong_with_a_header_is_told_at_once() -> None:
    with pytest.raises(UnreadableSheet) as caught:
        read(b"\nname,colour,name\na,b,c\n")
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [
        (2, "name"),
        (2, "colour"),
        (2, "ref"),
    ]


def test_hidden_characters_are_found_in_their_cell() -> None:
    found = read(b"ref,name\n1,fine\n2,nul\x00here\n3,esc\x1b[0m\n")
    assert [(fault.row, fault.column) for fault in found.faults] == [(3, "name"), (4, "name")]
    assert "after “nul”" in found.faults[0].what_to_do
    assert "\x00" not in str(found.faults[0])


def test_a_value_outside_the_columns_is_told() -> None:
    found = read(b"ref;name\n1;a;b;c\n")
    assert [(fault.row, fault.value) for fault in found.faults] == [(2, "b")]
    assert "quotation marks" in found.faults[0].what_to_do


def test_a_cell_has_a_longest_length() -> None:
    longest = "x" * sheet_module.LONGEST_CELL
    assert read(f"ref\n{longest}\n".encode()).faults == ()
    assert [fault.row for fault in read(f"ref\n{longest}x\n".encode()).faults] == [2]


def test_a_file_has_a_largest_size() -> None:
    with pytest.raises(UnreadableSheet, match="larger than 20 MB"):
        read(b"\n" * (sheet_module.MOST_BYTES + 1))


def test_a_file_of_the_largest_size_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_module, "MOST_BYTES", 6)
    assert len(read(b"ref\n1\n").rows) == 1
    with pytest.raises(UnreadableSheet, match="larger"):
        read(b"ref\n12\n")


def test_a_file_has_most_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sheet_module.MOST_ROWS == 200_000
    monkeypatch.setattr(sheet_module, "MOST_ROWS", 3)
    data = b"ref\n1\n1\n1\n"
    assert len(read(data).rows) == 3
    with pytest.raises(UnreadableSheet, match="more than 3 rows"):
        read(data + b"1\n")


def test_a_file_has_most_columns() -> None:
    data = b"ref" + b"," * (sheet_module.MOST_COLUMNS - 1) + b"\n1\n"
    assert len(read(data).rows) == 1
    with pytest.raises(UnreadableSheet, match="more than 200 columns"):
        read(b"," + data)
