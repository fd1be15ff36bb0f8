"""Check that the lock files belong to pyproject.toml and name no place to download from.

`record` notes which requirements the locks were made for, `check` compares. Comparing a digest
needs no network and takes milliseconds; resolving again would need the one and take seconds.
"""

import hashlib
import json
import re
import sys
import tomllib
from pathlib import Path

REQUIREMENTS = Path("requirements")
LIMITS = REQUIREMENTS / "limits.in"
DIGEST = REQUIREMENTS / "inputs.sha256"
PLACE = re.compile(
    r"://|^\s*--?(?:index|extra-index|find-links|trusted-host|[if]\b)|@ ", re.MULTILINE
)


def wanted() -> str:
    """Return the digest of everything in pyproject.toml that the locks depend on."""
    pyproject = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    project = pyproject["project"]
    inputs = {
        "build": pyproject["build-system"]["requires"],
        "python": project["requires-python"],
        "core": project["dependencies"],
        "extras": project["optional-dependencies"],
        "groups": pyproject["dependency-groups"],
        "limits": LIMITS.read_text(encoding="utf-8"),
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def complaints() -> list[str]:
    """List what is wrong with the lock files."""
    found = []
    recorded = DIGEST.read_text(encoding="utf-8").strip() if DIGEST.exists() else ""
    if recorded != wanted():
        found.append("pyproject.toml has changed since the locks were made: run `make lock`")
    for lock in sorted(REQUIREMENTS.glob("*.txt")):
        text = lock.read_text(encoding="utf-8")
        if place := PLACE.search(text):
            line = text.count("\n", 0, place.start()) + 1
            found.append(f"{lock}:{line} names a place to download from")
        pins = re.findall(r"^[A-Za-z0-9][^\n]*?==", text, re.MULTILINE)
        hashed = re.findall(r"^[A-Za-z0-9][^\n]*\\\n    --hash=sha256:", text, re.MULTILINE)
        if not pins or len(pins) != len(hashed):
            found.append(f"{lock} has a requirement without a hash, or none at all")
    return found


if __name__ == "__main__":
    if sys.argv[1:] == ["record"]:
        DIGEST.write_text(wanted() + "\n", encoding="utf-8")
    elif sys.argv[1:] == ["check"]:
        sys.exit("\n".join(complaints()) or 0)
    else:
        sys.exit("usage: locks.py record | check")
