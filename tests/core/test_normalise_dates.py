"""Dates are ISO 8601, and an instant is in UTC."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.core.normalise.dates import day, instant
from leadflow.core.normalise.wrong import Wrong
from tests.core.submissions import understood


@pytest.mark.parametrize(
    "sent",
    [
        "1980-01-31",
        " 1980-01-31 ",
        "19800131",
        "1980-01-31T23:59:59Z",
        "1980-01-31T23:59:59.123-11:00",
        "1980-01-31 00:00",
    ],
)
def test_a_day_is_the_day_as_written(sent):
    assert day(sent) == date(1980, 1, 31)


@pytest.mark.parametrize(
    "sent",
    [
        *("1980-02-30", "01/31/1980", "31.01.1980", "1980", "1980-01", "", "soon", "\ud800"),
        *("1980-01-31T25:00", "1980-01-31" + "0" * 1000, 19800131, None, True, []),
    ],
)
def test_what_is_no_iso_date_is_refused(sent):
    assert isinstance(day(sent), Wrong)
    assert isinstance(instant(sent), Wrong)


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("2026-03-04T05:06:07Z", datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)),
        ("2026-03-04T05:06:07-05:00", datetime(2026, 3, 4, 10, 6, 7, tzinfo=UTC)),
        ("2026-03-04T05:06", datetime(2026, 3, 4, 5, 6, tzinfo=UTC)),
        ("2026-03-04", datetime(2026, 3, 4, tzinfo=UTC)),
    ],
)
def test_an_instant_is_in_utc(sent, meant):
    found = understood(instant(sent))
    assert found == meant
    assert found.tzinfo is UTC


@pytest.mark.parametrize("sent", ["0001-01-01T00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_an_instant_outside_the_calendar_is_refused(sent):
    assert isinstance(instant(sent), Wrong)


@given(st.dates())
def test_every_day_comes_back(value):
    assert day(value.isoformat()) == value


@given(st.text())
def test_no_text_breaks_the_reading_of_dates(text):
    assert isinstance(day(text), date | Wrong)
    assert isinstance(instant(text), datetime | Wrong)
