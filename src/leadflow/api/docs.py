"""The documentation as a page: it loads nothing from anywhere else, and runs no script."""

from collections import defaultdict
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
import msgspec
from litestar import Request, Response, get
from markupsafe import Markup, escape

from leadflow.api.errors import STATUS
from leadflow.api.openapi import document
from leadflow.api.reading import curl, fields, operations, reference, type_text
from leadflow.errors import ErrorCode

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HERE = "http://leadflow.invalid"  # in examples; becomes the address the page was asked for at


@get("/openapi.json", media_type="application/json", include_in_schema=False, sync_to_thread=False)
def get_openapi() -> Response[bytes]:
    """Show the OpenAPI document."""
    return Response(_document(), headers={"Cache-Control": "no-cache"})


@get("/docs", media_type="text/html", include_in_schema=False, sync_to_thread=False)
def get_docs(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the documentation."""
    here = str(escape(str(request.base_url).rstrip("/")))
    return Response(
        _page().replace(HERE, here),
        media_type="text/html",
        headers={"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-cache"},
    )


@get("/docs/style.css", media_type="text/css", include_in_schema=False, sync_to_thread=False)
def get_style() -> Response[bytes]:
    """Give the page its looks."""
    style = (files("leadflow.api") / "pages" / "docs.css").read_bytes()
    return Response(style, media_type="text/css", headers={"Cache-Control": "no-cache"})


ROUTES = (get_openapi, get_docs, get_style)


@cache
def _document() -> bytes:
    return msgspec.json.encode(document())


@cache
def _page() -> str:
    """Write the page. It is the same for everybody but for the address in its examples."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("leadflow.api", "pages"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = _prose
    written = msgspec.json.decode(_document())
    return environment.get_template("docs.html.j2").render(
        document=written,
        groups=operations(written),
        statuses=_statuses(),
        fields=fields,
        type_text=type_text,
        reference=reference,
        curl=lambda operation: curl(operation, HERE),
    )


def _statuses() -> list[tuple[int, list[ErrorCode]]]:
    """List the codes of errors by their statuses."""
    found: dict[int, list[ErrorCode]] = defaultdict(list)
    for code, status in STATUS.items():
        found[status].append(code)
    return sorted(found.items())


def _prose(text: str) -> Markup:
    """Set code in a text that has it in backquotes, and part its paragraphs."""
    paragraphs = []
    for paragraph in text.split("\n\n"):
        parts = str(escape(paragraph)).split("`")
        code = [f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts)]
        paragraphs.append("".join(code))
    return Markup("<br>".join(paragraphs))  # noqa: S704  # every part has been escaped above
