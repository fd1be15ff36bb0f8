"""CSV as programs and people write it."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.errors import InputError
from leadflow.sources.csv import CsvReader
from tests.core.submissions import shared
from tests.sources.test_json import rows_of

cells = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\r"), max_size=12
)


def read(text, cut=1 << 30, **options):
    data = text if isinstance(text, bytes) else text.encode()
    return rows_of(CsvReader(**options), data, cut)


def bodies(rows):
    return [row.body for row in rows]


def reasons(rows):
    return [row.problems[0].reason if row.problems else None for row in rows]


@given(st.lists(st.tuples(cells, cells), max_size=5), st.sampled_from(",;\t|"), st.integers(1, 30))
def test_what_a_csv_writer_writes_is_read_again(rows, delimiter, cut):
    out, names = io.StringIO(), ("external_id", "x y")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(names)
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    writer.writerows(kept)
    expected = [
        {name: cell for name, cell in zip(names, row, strict=True) if cell.strip()} for row in kept
    ]
    assert bodies(read(out.getvalue(), cut)) == expected


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_header_tells_the_delimiter(delimiter, end, mark):
    text = f"{mark}email{delimiter}zip{end}a@b.example{delimiter}01234{end}"
    [row] = read(text)
    assert row.body == {"contact_info": {"email": "a@b.example", "address": {"zip": "01234"}}}
    assert (row.number, row.line) == (1, 2)


def test_an_empty_cell_says_nothing():
    assert bodies(read("email,external_id,note\n,7,\n ,8,x\n")) == [
        {"external_id": "7"},
        {"external_id": "8", "note": "x"},
    ]


def test_lines_are_counted_as_an_editor_counts_them():
    text = 'external_id,note\n\n1,"two\nlines"\n   \n2,x\n3,"a ""quoted"" word"'
    rows = read(text)
    assert [(row.number, row.line) for row in rows] == [(1, 3), (2, 6), (3, 7)]
    assert [row.body["note"] for row in rows] == ["two\nlines", "x", 'a "quoted" word']


@pytest.mark.parametrize("cut", [1, 5, 1000])
def test_a_stray_quote_costs_one_row_and_not_the_rest(cut):
    rows = read('external_id,note\n1,"never closed\n2,x\n3,y\n', cut)
    others = [{"external_id": "2", "note": "x"}, {"external_id": "3", "note": "y"}]
    assert bodies(rows) == [None, *others]
    assert reasons(rows)[0] == "a quote is never closed"
    assert [row.line for row in rows] == [2, 3, 4]


def test_a_quote_behind_a_quoted_cell_costs_its_row():
    rows = read('external_id,note\n1,"a"b\n2,x\n')
    assert bodies(rows) == [None, {"external_id": "2", "note": "x"}]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1", "the record has 1 cells, the header 2"),
        ("1,2,3", "the record has 3 cells, the header 2"),
    ],
)
def test_a_record_of_another_width_is_refused(row, reason):
    rows = read(f"external_id,note\n{row}\n4,5\n")
    assert reasons(rows) == [reason, None]


def test_bytes_in_no_encoding_cost_their_row():
    rows = read(b"external_id,note\n1,\xff\n2,x\n")
    assert reasons(rows) == ["it is not UTF-8", None]


def test_a_record_that_is_too_long_costs_itself():
    text = "external_id,note\n1," + "x" * 200 + '\n2,"' + "y\n" * 50 + '"\n3,z\n'
    rows = read(text, max_row_bytes=100)
    assert rows[0].problems[0].reason == "the record is longer than 100 bytes"
    assert rows[-1].body == {"external_id": "3", "note": "z"}
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))


def test_columns_are_mapped_to_fields():
    rows = read(
        "Prospect ID,Notes,Where\n7,x,02108\n",
        mapping={"Prospect ID": "external_id", "Notes": "-", "Where": "contact_info.address.zip"},
    )
    assert bodies(rows) == [{"external_id": "7", "contact_info": {"address": {"zip": "02108"}}}]


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n",
        "email,Email\n",
        '"email\n',
        b"\xff,email\n",
        "email," + ",".join(f"c{n}" for n in range(600)) + "\n",
        "email" + "x" * 70_000 + "\n",
    ],
    ids=["no field", "twice", "open quote", "no UTF-8", "too many", "too long"],
)
def test_a_header_that_cannot_be_used_is_refused_as_a_whole(text):
    with pytest.raises(InputError):
        read(text)


@pytest.mark.parametrize("text", ["", "\n\n", "email,zip", "email,zip\n", "\ufeffemail\n"])
def test_a_file_without_rows_has_none(text):
    assert read(text) == []


# All but `location_coordinates`: its two files tell of different people.
CSVS = [
    "comma_in_quotes",
    "empty",
    "empty_crlf",
    "escaped_quotes",
    "json",
    "newlines",
    "newlines_crlf",
    "quotes_and_newlines",
    "simple",
    "simple_crlf",
    "utf8",
]


@pytest.mark.parametrize("name", CSVS)
def test_the_csv_spectrum_is_read_as_it_says(name):
    """Its columns are no fields of leads: one is made of the first."""
    data = shared(f"attack/csv_spectrum/csvs/{name}.csv").read_bytes()
    expected = json.loads(shared(f"attack/csv_spectrum/json/{name}.json").read_text("utf-8"))
    header = next(csv.reader(io.StringIO(data.decode("utf-8-sig").splitlines()[0])))
    mapping = {column: f"vertical_data.c{n}" for n, column in enumerate(header)}
    mapping[header[0]] = "external_id"
    rows = rows_of(CsvReader(mapping), data, 3)
    for row, wanted in zip(rows, expected, strict=True):
        seen = {"external_id": row.body.get("external_id", "")}
        seen |= row.body.get("vertical_data", {})
        for n, column in enumerate(header):
            place = "external_id" if n == 0 else f"c{n}"
            assert seen.get(place, "").replace("\r\n", "\n") == wanted[column].replace("\r\n", "\n")
