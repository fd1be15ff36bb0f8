"""Leads that are all different: one payload repeated would measure the duplicate check."""

from collections.abc import Iterator

VEHICLES = (("Toyota", "Camry"), ("Honda", "Civic"), ("Ford", "Escape"), ("Subaru", "Outback"))
PLACES = (
    ("CA", "Sacramento", "95814"),
    ("TX", "Austin", "78701"),
    ("CO", "Denver", "80202"),
    ("WA", "Olympia", "98501"),
)
EXCHANGES = 700
LINES = 10_000


def bodies(count: int, run: str) -> Iterator[dict[str, object]]:
    """Make `count` AUTO leads of as many people. `run` tells the people of two runs apart."""
    for number in range(count):
        make, model = VEHICLES[number % len(VEHICLES)]
        state, city, zip_code = PLACES[number % len(PLACES)]
        yield {
            "vertical": "AUTO",
            "contact_info": {
                "firstName": "Robin",
                "lastName": f"Example{number}",
                "email": f"robin.{run}.{number}@example.com",
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
            "externalId": f"{run}-{number}",
        }
