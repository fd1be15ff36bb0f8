"""Contact data with most of it covered: people can be told apart in a list, and not reached."""

from msgspec import Struct

from leadflow.core.lead import Contact

COVER = "***"


class MaskedContact(Struct, frozen=True, kw_only=True):
    """A contact as lists show it."""

    name: str | None  # `J*** D***`
    email: str | None  # `j***@example.com`
    phone: str | None  # `***7890`
    city: str | None
    state: str | None


def masked(contact: Contact) -> MaskedContact:
    """Cover a contact."""
    names = [_initial(name) for name in (contact.first_name, contact.last_name) if name]
    return MaskedContact(
        name=" ".join(names) or None,
        email=None if contact.email is None else _email(contact.email),
        phone=None if contact.phone is None else _phone(contact.phone),
        city=contact.address.city,
        state=contact.address.state,
    )


def _initial(name: str) -> str:
    return f"{name[0]}{COVER}"


def _email(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}{COVER}@{domain}"


def _phone(number: str) -> str:
    """Leave the last four digits, which thousands share; nothing of a short number."""
    return f"{COVER}{number[-4:]}" if len(number) > 6 else COVER
