"""The HTTP reference names every call, error, status of a row and header there is, and no other."""

import json
import re
from pathlib import Path
from typing import get_args

from leadflow.api.batch import CSV, LINES
from leadflow.api.envelope import HEADERS
from leadflow.api.errors import STATUS
from leadflow.api.openapi import document
from leadflow.api.rows import RowStatus
from leadflow.settings import VARIABLES
from leadflow.sources import csv
from leadflow.sources import json as lines

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "http.md").read_text("utf-8")
DOCUMENT = document()


def section(heading):
    """Return what stands under a heading of the second level."""
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_every_call_is_listed_with_its_scope():
    listed = re.findall(r"^\| `([A-Z]+) (\S+)` \| (.*?) \|", section("Calls"), re.MULTILINE)
    served = {
        (method.upper(), path): operation
        for path, item in DOCUMENT["paths"].items()
        for method, operation in item.items()
    }
    assert {(method, path) for method, path, _ in listed} == set(served)
    for method, path, scope in listed:
        operation = served[method, path]
        if "x-scope" in operation:
            assert scope == f"`{operation['x-scope']}`"
        else:
            assert scope == ("`leads:write` or `route`" if operation["security"] else "none")


def test_every_code_is_listed_with_its_status():
    listed = re.findall(r"^\| (\d{3}) \| `(\w+)` \|", section("Errors"), re.MULTILINE)
    assert {code: int(status) for status, code in listed} == dict(STATUS)


def test_the_error_shown_has_the_shape_of_errors():
    [shown] = re.findall(r"```json\n(.*?)```", section("Errors"), re.DOTALL)
    body = json.loads(shown)["error"]
    schema = DOCUMENT["components"]["schemas"]["ErrorBody"]
    assert set(body) == set(schema["required"])
    assert set(schema["properties"]) - set(body) == {"lead_id", "link"}
    problem = DOCUMENT["components"]["schemas"]["Problem"]
    assert set(body["details"][0]) == set(problem["properties"])


def test_every_status_of_a_row_is_listed():
    listed = re.findall(r"^\| `(\w+)` \| [a-z]", section("Batches"), re.MULTILINE)
    assert listed == list(get_args(RowStatus))


def test_every_type_of_a_batch_is_named():
    assert all(f"`{kind}`" in section("Batches") for kind in (*LINES, *CSV))


def test_every_header_of_the_answers_is_named():
    documented = {
        name
        for item in DOCUMENT["paths"].values()
        for operation in item.values()
        for response in operation["responses"].values()
        for name in response["headers"]
    }
    security = {name.decode().title() for name in HEADERS}
    assert all(f"`{name}" in section("Headers") for name in documented | security)


def test_its_figures_are_those_of_the_code():
    defaults = {variable.name: variable.default for variable in VARIABLES}
    assert f"`RATE_LIMIT_MAX` ({defaults['RATE_LIMIT_MAX']})" in PAGE
    window = int(defaults["RATE_LIMIT_WINDOW"].total_seconds())
    assert f"`RATE_LIMIT_WINDOW` ({window})" in PAGE
    assert f"`MAX_BATCH_SIZE` ({defaults['MAX_BATCH_SIZE']})" in PAGE
    assert f"`LEADFLOW_MAX_BODY_BYTES` ({defaults['LEADFLOW_MAX_BODY_BYTES'] >> 20} MB)" in PAGE
    assert f"A line may have\n{lines.MAX_ROW_BYTES >> 10} kB" in PAGE
    assert f"a CSV record {csv.MAX_ROW_BYTES >> 10} kB" in PAGE
