"""Distances on the earth, which is taken for a sphere: a quarter of a percent off at most."""

from math import asin, cos, degrees, pi, radians, sin, sqrt

from msgspec import Struct

EARTH_RADIUS_KM = 6371.0088  # the mean radius of the IUGG's reference ellipsoid, GRS 80
KM_PER_MILE = 1.609344  # exactly, by the international yard of 1959


class Point(Struct, frozen=True):
    """A place on the earth, in degrees."""

    latitude: float  # -90 to 90, north is positive
    longitude: float  # -180 to 180, east is positive


def km_between(one: Point, other: Point) -> float:
    """Measure the great circle between two points, by the haversine formula."""
    latitudes = radians(one.latitude), radians(other.latitude)
    half_north = sin((latitudes[1] - latitudes[0]) / 2)
    half_east = sin(radians(other.longitude - one.longitude) / 2)
    haversine = half_north**2 + cos(latitudes[0]) * cos(latitudes[1]) * half_east**2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, haversine)))  # rounding may pass 1


def box_around(centre: Point, km: float) -> tuple[float, float, float]:
    """Enclose a circle: its lowest and highest latitude, and degrees of longitude to either side.

    A circle that holds a pole goes all around.
    """
    angle = km / EARTH_RADIUS_KM
    south = centre.latitude - degrees(angle)
    north = centre.latitude + degrees(angle)
    if south <= -90 or north >= 90:
        return max(south, -90.0), min(north, 90.0), 180.0
    sideways = sin(angle) / cos(radians(centre.latitude))
    return south, north, degrees(asin(sideways)) if angle < pi / 2 else 180.0


def written(point: Point) -> str:
    """Write a point as an attribute has it: `37.7485,-122.4184`."""
    return f"{point.latitude:.4f},{point.longitude:.4f}"


def read(text: str) -> Point | None:
    """Read what `written` wrote. None: it is no point."""
    latitude, _, longitude = text.partition(",")
    try:
        point = Point(float(latitude), float(longitude))
    except ValueError:
        return None
    # Written so that what is not a number fails as well.
    on_earth = -90 <= point.latitude <= 90 and -180 <= point.longitude <= 180
    return point if on_earth else None
