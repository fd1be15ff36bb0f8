"""Pages: templates filled in, with the policy that only our own files may be used in them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jinja2
from litestar import MediaType, Response

from leadflow import __version__
from leadflow.console.files import address

POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def page(template: str, values: Mapping[str, Any], *, status: int = 200) -> Response[str]:
    """Fill a template in."""
    return Response(
        _templates().get_template(template).render(values),
        status_code=status,
        media_type=MediaType.HTML,
        headers={"Content-Security-Policy": POLICY},
    )


@cache
def _templates() -> jinja2.Environment:
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("leadflow.console"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,  # a word that is missing is a mistake of ours
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update(version=__version__, address=address)
    templates.filters.update(time=_time, iso=_iso, words=_words, listed=_listed)
    return templates


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def _words(name: str) -> str:
    """Write a name of our own for people: `off_hours` as `off hours`."""
    return name.replace("_", " ").replace(".", " ")


def _listed(value: Any) -> str:
    """Write any value of a lead as one line."""
    match value:
        case bool():
            return "yes" if value else "no"
        case Mapping():
            return ", ".join(f"{name}: {_listed(inner)}" for name, inner in value.items())
        case list() | tuple():
            return ", ".join(_listed(inner) for inner in value)
        case _:
            return str(value)
