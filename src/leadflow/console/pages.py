"""Pages: templates filled in, with the policy that only our own files may be used in them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import jinja2
from litestar import MediaType, Response

from leadflow import __version__
from leadflow.console import wording
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
    templates.filters.update(
        time=wording.moment,
        hour=wording.hour,
        iso=wording.machine,
        ago=wording.ago,
        after=wording.after,
        heading=wording.title,
        plain=wording.plain,
        points=wording.points,
        group="{:,}".format,
    )
    return templates
