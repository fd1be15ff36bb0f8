"""Distances on the earth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.core.distance import EARTH_RADIUS_KM, Point, box_around, km_between, read, written

SAN_FRANCISCO, NEW_YORK = Point(37.7749, -122.4194), Point(40.7128, -74.0060)
LONDON, SYDNEY = Point(51.5074, -0.1278), Point(-33.8688, 151.2093)
POLE, ANTIPODE = Point(90, 0), Point(-90, 77)
QUARTER = 10_007.557  # km: a quarter of 2 pi R

points = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        # Great circles on the same sphere, by the spherical law of cosines.
        (SAN_FRANCISCO, NEW_YORK, 4129.09),
        (LONDON, SYDNEY, 16993.957),
        (Point(0, 179.5), Point(0, -179.5), 111.195),  # over the date line
        (POLE, ANTIPODE, 2 * QUARTER),
        (POLE, Point(0, 123), QUARTER),
        (Point(0, 0), Point(0, 180), 2 * QUARTER),
        (LONDON, LONDON, 0),
    ],
)
def test_known_distances(one, other, km):
    assert km_between(one, other) == pytest.approx(km, abs=0.01)


@given(points, points, points)
def test_a_detour_is_no_shorter(one, other, between):
    direct = km_between(one, other)
    assert 0 <= direct <= 2 * QUARTER + 0.001
    assert direct == pytest.approx(km_between(other, one), abs=1e-6)
    # Near the antipode rounding of the haversine is worth a metre or so.
    assert direct <= km_between(one, between) + km_between(between, other) + 0.01


@given(points, st.floats(0.1, 20_000), points)
def test_a_box_encloses_its_circle(centre, km, point):
    south, north, sideways = box_around(centre, km)
    if km_between(centre, point) <= km:
        assert south - 1e-6 <= point.latitude <= north + 1e-6
        east = abs((point.longitude - centre.longitude + 180) % 360 - 180)
        near_a_pole = abs(point.latitude) > 89.999  # where every longitude is the same place
        assert near_a_pole or east <= sideways + 1e-4


def test_a_box_is_no_larger_than_it_has_to_be():
    south, north, sideways = box_around(SAN_FRANCISCO, 111.195)
    assert (south, north) == pytest.approx((36.7749, 38.7749), abs=0.001)
    assert sideways == pytest.approx(1.265, abs=0.001)
    assert box_around(Point(89.9, 0), 100) == pytest.approx((89.0007, 90, 180), abs=0.001)
    assert box_around(Point(-89.9, 0), 100)[2] == 180
    assert box_around(Point(0, 0), 1.01 * QUARTER)[2] == 180


@given(points)
def test_what_is_written_is_read(point):
    again = read(written(point))
    assert again is not None
    assert again.latitude == pytest.approx(point.latitude, abs=0.0001)
    assert again.longitude == pytest.approx(point.longitude, abs=0.0001)


@pytest.mark.parametrize("text", ["", "37", "a,b", "91,0", "0,181", "nan,0", "0,inf", "1,2,3"])
def test_what_is_no_point_is_none(text):
    assert read(text) is None


def test_the_radius_is_the_mean_one():
    assert pytest.approx((2 * 6378.137 + 6356.752314) / 3, abs=0.0001) == EARTH_RADIUS_KM
