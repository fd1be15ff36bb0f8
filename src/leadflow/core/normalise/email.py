"""E-mail addresses, by their syntax: nothing is asked of the network."""

import re
from functools import lru_cache
from typing import Final

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from leadflow.core.lead import JSON
from leadflow.core.normalise.wrong import Wrong, not_a

_MAX_LENGTH: Final = 254  # RFC 5321, 4.5.3.1.3: a path is 256 octets, two of them the brackets
_ATOMS = re.compile(r"(?=.{1,64}\Z)[a-z0-9_'+-]+(?:\.[a-z0-9_'+-]+)*", re.ASCII | re.IGNORECASE)
_PADDING = "\t\n\v\f\r \x00\u00a0\u200b\ufeff"  # what copying from a page or a sheet leaves around


def address(value: JSON) -> str | Wrong:
    """Read one address that mail can be sent to, with its domain in lower-case ASCII.

    The part before the @ keeps its case: only the domain's own server knows whether case matters
    there. Quoted local parts, comments, address literals and domains without a dot are valid by
    the RFCs and refused here; in a form they are mistakes.
    """
    if not isinstance(value, str):
        return not_a("text", value)
    text = value.strip(_PADDING)
    if len(text) > _MAX_LENGTH:
        return Wrong(f"is {len(text)} characters long; an address has at most {_MAX_LENGTH}")
    if not text.isprintable():
        return Wrong("has control characters in it")
    return _join(*text.rpartition("@"))


def _join(local: str, at: str, domain: str) -> str | Wrong:
    if not at:
        return Wrong("has no @")
    if not local:
        return Wrong("has nothing before the @")
    ascii_domain = _ascii_domain(domain)
    if ascii_domain is None:
        return Wrong("has a domain after the @ that cannot receive mail")
    # Nearly all local parts are plain atoms; the library's full check costs 20 us.
    if _ATOMS.fullmatch(local) is None:
        checked = _check(local, ascii_domain)
        if checked is None:
            return Wrong("has a part before the @ that is not allowed")
        local = checked.local_part
    if len(local) + len(ascii_domain) >= _MAX_LENGTH:
        return Wrong(f"is longer than {_MAX_LENGTH} characters")
    return f"{local}@{ascii_domain}"


@lru_cache(maxsize=8192)  # many people share a domain; few share an address
def _ascii_domain(domain: str) -> str | None:
    checked = _check("a", domain)
    return None if checked is None else checked.ascii_domain.lower()


def _check(local: str, domain: str) -> ValidatedEmail | None:
    try:
        # `test_environment` allows `.test` (RFC 2606), which nobody owns and rehearsals need.
        return validate_email(
            f"{local}@{domain}", check_deliverability=False, strict=True, test_environment=True
        )
    except EmailNotValidError:
        return None
