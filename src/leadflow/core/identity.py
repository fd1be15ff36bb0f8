"""Recognise a person by keyed hashes of their e-mail address and telephone number."""

import re
from hashlib import blake2b
from typing import Final

from leadflow.core.lead import Contact, IdentityKey, IdentityKind
from leadflow.errors import SetupError

DIGEST_BYTES: Final = 16
MIN_SECRET_BYTES: Final = 16
MAX_SECRET_BYTES: Final = blake2b.MAX_KEY_SIZE

_GMAIL = frozenset({"gmail.com", "googlemail.com"})

# What people, forms and agents write when there is no address.
_NOBODY = re.compile(
    r"anonymous|declined?|no(?:body|mail|ne|one|reply|email(?:address)?|t(?:available|given|provided))"
    r"|na|null|refused|unknown|undefined|do?not(?:reply|e?mail)"
)
_NOWHERE = re.compile(
    r"(?:declined|fake|na|no|no(?:e?mail|ne|reply|where)|null|unknown)\.(?:com|net|org)"
)
# What they write when they make one up: anybody's at a domain of that kind, and only there.
_MADE_UP = re.compile(
    r"(?:a+|x+|abc|asdf?|email|example|fake|foo|mail|name|qwerty|test(?:er|ing)?|user|you(?:rname)?)\d*"
)
_MADE_UP_DOMAIN = re.compile(
    r"(?:.+\.)?(?:example\.(?:com|net|org)|(?:a+|x+|abc|asdf?|domain|email|mail|qwerty|test)\.com)"
)
_SEPARATORS = str.maketrans("", "", "._-/")

# National numbers of North America that the plan sets aside for films and directories.
_FICTION = re.compile(r"\+1\d{3}555(?:01\d\d|1212)")
_LAST_DIGITS: Final = 7
_UP = "01234567890123456789"


def keys(contact: Contact, secret: bytes) -> tuple[IdentityKey, ...]:
    """Make the keys under which a person is known, in the order of their digests.

    The secret (16 to 64 bytes) is one for the whole installation: with another, everybody is a
    stranger. Unverified numbers and placeholders make no key, or all who share one would be the
    same person; without any key a person equals nobody.

    Raises:
        SetupError: the secret is too short to keep the addresses from being guessed, or too long.
    """
    if not MIN_SECRET_BYTES <= len(secret) <= MAX_SECRET_BYTES:
        wanted = f"{MIN_SECRET_BYTES} to {MAX_SECRET_BYTES}"
        raise SetupError(f"the identity key has {len(secret)} bytes, not {wanted}")
    found = []
    if contact.email is not None and not is_placeholder_email(contact.email):
        found.append(_key("email", same_mailbox(contact.email), secret))
    phone = contact.phone if contact.phone_verified else None
    if phone is not None and not is_placeholder_phone(phone):
        found.append(_key("phone", phone, secret))
    return tuple(sorted(found))


def _key(kind: IdentityKind, value: str, secret: bytes) -> IdentityKey:
    digest = blake2b(
        value.encode(), digest_size=DIGEST_BYTES, key=secret, person=f"leadflow {kind}".encode()
    )
    return IdentityKey(digest.digest(), kind)


def same_mailbox(address: str) -> str:
    """Bring all spellings of a mailbox into one.

    Case is ignored everywhere: no provider of note tells Ann from ann. Dots and what follows a
    `+` are ignored at Gmail only, which says that it does; elsewhere they may be other people.
    """
    local, _, domain = address.lower().rpartition("@")
    if domain in _GMAIL:
        # A local part that is all tag is nobody's, and must not become everybody's.
        local = local.partition("+")[0].replace(".", "") or local
        domain = "gmail.com"
    return f"{local}@{domain}"


def is_placeholder_email(address: str) -> bool:
    """Tell whether an address stands for "none" or was made up, so that many may write it."""
    local, _, domain = address.lower().rpartition("@")
    word = local.partition("+")[0].translate(_SEPARATORS)
    if _NOBODY.fullmatch(word) or _NOWHERE.fullmatch(domain):
        return True
    return bool(_MADE_UP.fullmatch(word) and _MADE_UP_DOMAIN.fullmatch(domain))


def is_placeholder_phone(number: str) -> bool:
    """Tell whether an E.164 number is one that many make up: 555-0100, 222-2222, 234-567-8901."""
    digits = number[-10:]
    return (
        len(set(digits[-_LAST_DIGITS:])) == 1
        or digits in _UP
        or digits[::-1] in _UP
        or _FICTION.fullmatch(number) is not None
    )
