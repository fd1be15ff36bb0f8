"""The console's own files: style sheet, script, icon."""

import hashlib
from functools import cache
from importlib.resources import files
from typing import Literal

from litestar import Response, get

Name = Literal["console.css", "console.js", "console.svg"]

# The address changes with the content, so that it may be kept for ever.
KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}


@get("/console/console.css")
async def style() -> Response[bytes]:
    """Give the style sheet."""
    return Response(_content("console.css"), media_type="text/css", headers=KEPT)


@get("/console/console.js")
async def script() -> Response[bytes]:
    """Give the script."""
    content = _content("console.js")
    return Response(content, media_type="text/javascript", headers=KEPT)


@get("/console/console.svg")
async def icon() -> Response[bytes]:
    """Give the icon."""
    return Response(_content("console.svg"), media_type="image/svg+xml", headers=KEPT)


def address(name: Name) -> str:
    """Write where a file is to be had."""
    digest = hashlib.sha256(_content(name)).hexdigest()[:12]
    return f"/console/{name}?v={digest}"


@cache
def _content(name: Name) -> bytes:
    return (files("leadflow.console") / "static" / name).read_bytes()
