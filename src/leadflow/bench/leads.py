"""Leads that are all different: one payload repeated would measure the duplicate check."""

import msgspec

VEHICLES = (("Toyota", "Camry"), ("Honda", "Civic"), ("Ford", "Escape"), ("Subaru", "Outback"))
PLACES = (
    ("CA", "Sacramento", "95814"),
    ("TX", "Austin", "78701"),
    ("CO", "Denver", "80202"),
    ("WA", "Olympia", "98501"),
)
AREAS = (916, 415, 212, 303, 512, 206, 617, 702)
FIRST_LINE = 2_000_000  # of an area: 200-0000; exchanges below 200 are not given out
LINES = 8_000_000  # from there to 999-9999
NUMBER, PHONE = "<number>", "<phone>"  # what a template leaves open


def body(number: int) -> bytes:
    """Write the lead of one person as JSON. Two numbers have no e-mail and no phone in common."""
    template = _TEMPLATES[number % len(_TEMPLATES)]
    digits, phone = str(number).encode(), str(phone_of(number)).encode()
    return template.replace(NUMBER.encode(), digits).replace(PHONE.encode(), phone)


def phone_of(number: int) -> int:
    """Give a person's telephone number, ten digits."""
    area, line = divmod(number, LINES)
    return AREAS[area] * 10**7 + FIRST_LINE + line


def templates() -> tuple[str, ...]:
    """Give the leads with `NUMBER` and `PHONE` left open; the one of `number` is at its remainder.

    A generator that is no Python fills them in.
    """
    return tuple(each.decode() for each in _TEMPLATES)


class People:
    """People whom nobody has sent yet: whoever comes twice is a duplicate."""

    def __init__(self) -> None:
        self._next = 0

    def leads(self, how_many: int) -> list[bytes]:
        """Make leads of the next people."""
        first = self.set_aside(how_many)
        return [body(number) for number in range(first, first + how_many)]

    def set_aside(self, how_many: int) -> int:
        """Keep the next people for one load, and give the first of their numbers."""
        first, self._next = self._next, self._next + how_many
        if self._next > LINES * len(AREAS):
            raise ValueError(f"there are only {LINES * len(AREAS):,} telephone numbers")
        return first


def _lead(vehicle: tuple[str, str], place: tuple[str, str, str]) -> dict[str, object]:
    state, city, zip_code = place
    return {
        "vertical": "AUTO",
        "contact_info": {
            "firstName": "Robin",
            "lastName": f"Example{NUMBER}",
            "email": f"robin.{NUMBER}@example.com",
            "phone": PHONE,
            "address": {
                "street": f"{NUMBER} Main St",
                "city": city,
                "state": state,
                "zip": zip_code,
            },
            "dateOfBirth": "1980-01-01",
        },
        "vertical_data": {
            "vehicleYear": 2020,
            "make": vehicle[0],
            "model": vehicle[1],
            "accidents": 1,
        },
        "traffic_source": "benchmark",
        "externalId": f"bench-{NUMBER}",
    }


_TEMPLATES = tuple(
    msgspec.json.encode(_lead(vehicle, place))
    for vehicle, place in zip(VEHICLES, PLACES, strict=True)
)
