"""Personal data at rest: one sealed blob a lead, and blind indexes to find people by."""

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from leadflow.errors import SetupError

KEY_BYTES = 32
NONCE_BYTES = 12


class Vault:
    """AES-256-GCM under the newest key, opening under any that is still given.

    The id of what is sealed is the additional data: a blob moved to another row does not open.

    Args:
        keys: 32 bytes each. The newest comes first; older ones are there to be read with.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ciphers = {key_id(key): AESGCM(key) for key in reversed(keys)}
        self._newest = key_id(keys[0])

    def seal(self, about: UUID, plaintext: bytes) -> tuple[int, bytes]:
        """Seal, and say under which key."""
        nonce = os.urandom(NONCE_BYTES)
        cipher = self._ciphers[self._newest]
        return self._newest, nonce + cipher.encrypt(nonce, plaintext, about.bytes)

    def unseal(self, about: UUID, under: int, sealed: bytes) -> bytes:
        """Open what `seal` made.

        Raises:
            SetupError: the key is not among ours, or the blob belongs elsewhere.
        """
        cipher = self._ciphers.get(under)
        if cipher is None:
            raise SetupError(f"{about} is sealed under key {under}, which ENCRYPTION_KEY lacks")
        try:
            return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about.bytes)
        except (InvalidTag, ValueError) as error:  # ValueError: too short to be one of ours
            raise SetupError(f"the sealed data of {about} does not open: it was altered") from error

    def seal_text(self, about: UUID, plaintext: bytes) -> bytes:
        """Seal into one blob that carries its key's id in front."""
        under, sealed = self.seal(about, plaintext)
        return under.to_bytes(2, "big") + sealed

    def unseal_text(self, about: UUID, blob: bytes) -> bytes:
        """Open what `seal_text` made. Raises as `unseal` does."""
        return self.unseal(about, int.from_bytes(blob[:2], "big"), blob[2:])


def key_id(key: bytes) -> int:
    """Name a key by 15 bits of its hash: it fits `smallint`, and says nothing about the key."""
    return int.from_bytes(hashlib.sha256(key).digest()[:2], "big") >> 1


def read_keys(setting: str) -> tuple[bytes, ...]:
    """Read `ENCRYPTION_KEY`: one or more base64 keys of 32 bytes, newest first, comma between.

    Raises:
        SetupError: one of them is none; the message never shows it.
    """
    keys = tuple(_read_key(part, place) for place, part in enumerate(setting.split(","), start=1))
    if len({key_id(key) for key in keys}) < len(keys):
        raise SetupError("ENCRYPTION_KEY holds two keys with one id: make the newer one again")
    return keys


def new_key() -> str:
    """Make a key, as `ENCRYPTION_KEY` wants it."""
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode()


def _read_key(part: str, place: int) -> bytes:
    padded = part.strip().replace("+", "-").replace("/", "_")
    try:
        key = base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise SetupError(
            f"key {place} of ENCRYPTION_KEY is not 32 bytes in base64; "
            "`leadflow check-env --new-key` makes one"
        )
    return key
