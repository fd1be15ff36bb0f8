"""Columns of a table, matched to the fields of a lead by their headings."""

import re
from collections.abc import Mapping, Sequence

from leadflow.core.lead import JSON
from leadflow.core.verticals import REGISTRY, snake_case
from leadflow.errors import InputError, Problem

Path = tuple[str, ...]  # of a field in a body: ("contact_info", "address", "zip")

IGNORED = "-"  # what a mapping says of a column that nobody wants
MAX_COLUMNS = 500

# Fields of `contact_info` and of its `address`, each with the headings people give it.
CONTACT = {
    "firstName": "first_name firstname given_name forename first",
    "lastName": "last_name lastname surname family_name last",
    "name": "name full_name contact_name",
    "email": "email e_mail email_address mail",
    "phone": "phone phone_number telephone tel mobile mobile_phone cell cell_phone",
    "dateOfBirth": "date_of_birth dob birth_date birthday",
}
ADDRESS = {
    "street": "street address address1 address_line_1 street_address",
    "street2": "street2 address2 address_line_2",
    "city": "city town",
    "state": "state province state_code",
    "zip": "zip zip_code zipcode postal_code postcode",
    "country": "country country_code",
}
_ENVELOPE = {
    "vertical": "vertical",
    "source": "source",
    "workspace": "workspace",
    "external_id": "external_id externalid lead_id",
    "traffic_source": "traffic_source trafficsource",
    "submitted_at": "submitted_at submittedat",
}
_UNFIT = "The columns do not fit the fields of a lead"
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def paths(header: Sequence[str], mapping: Mapping[str, str]) -> tuple[Path | None, ...]:
    """Find for each column the field its cells belong to.

    A heading is taken as its column's name in `mapping` says, else as itself. With dots in it, it
    is a path (`contact_info.address.zip`); else a name that a field goes by (`Zip Code`, `zip`); a
    name that no field goes by stays as it is, to be kept with the lead as an unknown field. Columns
    without a heading, and those mapped to `-`, belong nowhere.

    Raises:
        InputError: two columns belong to one field, no column belongs to a known one (so that this
            is no header), or the mapping names a column that is not there.
    """
    if len(header) > MAX_COLUMNS:
        problem = Problem("", f"there are {len(header)} columns", f"at most {MAX_COLUMNS}")
        raise InputError(_UNFIT, (problem,))
    problems = [
        Problem(f"mapping.{column}", "is no column of the header", "a column's name")
        for column in mapping
        if column not in header
    ]
    found: list[Path | None] = []
    for column in header:
        target = path(mapping.get(column, column))
        if target is not None and (earlier := _clash(target, found)) is not None:
            reason = f"means the same field as the column {header[earlier].strip()}"
            problems.append(Problem(column.strip(), reason, "one column for a field"))
        found.append(target)
    if not any(target in _FIELDS for target in found):
        expected = "names such as email, phone, external_id, vertical"
        problems.append(Problem("", "no column of the header is a field of a lead", expected))
    if problems:
        raise InputError(_UNFIT, problems)
    return tuple(found)


def path(name: str) -> Path | None:
    """Find the field that a name means, as `paths` does for a heading. None: nobody wants it."""
    name = name.strip()
    if name in ("", IGNORED):
        return None
    if "." in name and all(name.split(".")):
        return tuple(name.split("."))
    return _KNOWN.get(_plain(name), (name,))


def put(body: dict[str, JSON], target: Path, value: JSON) -> None:
    """Set the field at the end of a path, making the objects on the way."""
    *parents, name = target
    inside = body
    for parent in parents:
        inside = inside.setdefault(parent, {})  # type: ignore[assignment]
    inside[name] = value


def _clash(target: Path, others: Sequence[Path | None]) -> int | None:
    """Find a column with the same path, or with one that goes on where the other one ends."""
    for index, other in enumerate(others):
        if other is None:
            continue
        shorter = min(len(target), len(other))
        if target[:shorter] == other[:shorter]:
            return index
    return None


def _plain(name: str) -> str:
    """Reduce a heading to its words: `Zip Code`, `zip-code` and `zipCode` are one."""
    return _NOT_A_WORD.sub("_", _CAMEL.sub("_", name).lower()).strip("_")


def _known() -> dict[str, Path]:
    """List every name that a field goes by. The contact's names win over the verticals'."""
    known: dict[str, Path] = {
        snake_case(field.name): ("vertical_data", field.name)
        for vertical in REGISTRY.values()
        for field in vertical.fields
    }
    for parents, names in (
        ((), _ENVELOPE),
        (("contact_info",), CONTACT),
        (("contact_info", "address"), ADDRESS),
    ):
        known |= {
            alias: (*parents, name) for name, aliases in names.items() for alias in aliases.split()
        }
    return known


_KNOWN = _known()
_FIELDS = frozenset(_KNOWN.values())
