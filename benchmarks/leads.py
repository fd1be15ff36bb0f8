"""Leads that are all different: one payload repeated would measure the duplicate check."""

from collections.abc import Iterator
from itertools import count

VEHICLES = (("Toyota", "Camry"), ("Honda", "Civic"), ("Ford", "Escape"), ("Subaru", "Outback"))
PLACES = (
    ("CA", "Sacramento", "95814"),
    ("TX", "Austin", "78701"),
    ("CO", "Denver", "80202"),
    ("WA", "Olympia", "98501"),
)
EXCHANGES = 700
LINES = 10_000


def bodies() -> Iterator[dict[str, object]]:
    """Make AUTO leads without end, each of another person."""
    for number in count():
        make, model = VEHICLES[number % len(VEHICLES)]
        state, city, zip_code = PLACES[number % len(PLACES)]
        yield {
            "vertical": "AUTO",
            "contact_info": {
                "firstName": "Robin",
                "lastName": f"Example{number}",
                "email": f"robin.{number}@example.com",
                "phone": f"916{200 + number // LINES % EXCHANGES}{number % LINES:04d}",
                "address": {
                    "street": f"{number} Main St",
                    "city": city,
                    "state": state,
                    "zip": zip_code,
                },
                "dateOfBirth": "1980-01-01",
            },
            "vertical_data": {"vehicleYear": 2020, "make": make, "model": model, "accidents": 1},
            "traffic_source": "benchmark",
            "externalId": f"bench-{number}",
        }
