"""Who may look: whoever has opened the login link."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.connection import ASGIConnection, Request
from litestar.datastructures import Cookie
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from litestar.response import Redirect
from litestar.types import Guard

from leadflow.app import utc_now
from leadflow.console.desk import FromDesk
from leadflow.console.pages import page
from leadflow.errors import InputError
from leadflow.store import sessions
from leadflow.store.database import Database

COOKIE = "leadflow_console"
LONGEST_TOKEN = 100
LONGEST_FORM = 1024  # bytes
MAX_AGE_S = int(sessions.SESSION_LASTS.total_seconds())
REFUSED = "This link has been used already, or is too old"

Token = Annotated[str, QueryParameter(max_length=LONGEST_TOKEN)]


async def login_link(database: Database, address: str, now: datetime) -> str:
    """Make a link that opens the console once.

    Args:
        database: of the installation.
        address: where browsers find the installation: `http://127.0.0.1:3000`.
        now: the link is good for `sessions.LINK_LASTS` from then on.
    """
    async with database.service() as connection:
        token = await sessions.offer(connection, now)
    return f"{address}/console/login?token={token}"


def guard(database: Database) -> Guard:
    """Make the guard that lets nobody by who has not logged in."""

    # A closure, because Litestar copies whatever else it finds in a handler.
    async def demand_session(
        connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
    ) -> None:
        """Look the session up.

        Raises:
            InputError: there is none that is open (`unauthenticated`).
            TemporaryError: the database is away.
        """
        session = connection.cookies.get(COOKIE)
        if session is not None and len(session) <= LONGEST_TOKEN:
            async with database.service() as store:
                if await sessions.is_open(store, session, utc_now()):
                    return
        raise InputError("You are not logged in", code="unauthenticated")

    return demand_session


@get("/login")
async def explain_login() -> Response[str]:
    """Tell how to get a link."""
    return page("login.html", {"message": None})


@get("/console/login")
async def offer_login(token: Token = "") -> Response[str]:
    """Show the button that uses a link. Mail filters and browsers open links before people do."""
    return page("enter.html", {"token": token})


@post("/console/login", request_max_body_size=LONGEST_FORM)
async def log_in(request: Request[Any, Any, Any], desk: FromDesk) -> Response[Any]:
    """Use the link: open a session, and go to the first page.

    Whoever knows the token may log in, so that no other proof of origin is asked for.
    """
    form = await request.form()
    async with desk.app.database.service() as connection:
        session = await sessions.open_with(connection, str(form.get("token", "")), utc_now())
    if session is None:
        return page("login.html", {"message": REFUSED}, status=401)
    return Redirect("/", status_code=303, cookies=[_cookie(request, session, MAX_AGE_S)])


@post("/console/logout")
async def log_out(request: Request[Any, Any, Any], desk: FromDesk) -> Response[Any]:
    """End the session."""
    async with desk.app.database.service() as connection:
        await sessions.close(connection, request.cookies[COOKIE], utc_now())
    return Redirect("/login", status_code=303, cookies=[_cookie(request, "", 0)])


def _cookie(request: Request[Any, Any, Any], value: str, max_age_s: int) -> Cookie:
    return Cookie(
        key=COOKIE,
        value=value,
        max_age=max_age_s,
        httponly=True,
        # Not strict, so that a link to a lead, in a mail or a chat, opens for who is signed in.
        # What changes anything is a POST, and another site's carries no such cookie.
        samesite="lax",
        # On loopback there is no TLS, and some browsers drop secure cookies there. Whoever lies
        # about the scheme only keeps their own cookie from being sent.
        secure="https" in (request.url.scheme, request.headers.get("x-forwarded-proto")),
    )
