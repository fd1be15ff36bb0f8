"""Who may look: whoever has opened the login link."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.connection import ASGIConnection, Request
from litestar.datastructures import Cookie
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from litestar.response import Redirect

from leadflow.app import utc_now
from leadflow.console.desk import Desk
from leadflow.errors import InputError
from leadflow.store import sessions
from leadflow.store.database import Database

COOKIE = "leadflow_console"
LONGEST_TOKEN = 100
MAX_AGE_S = int(sessions.SESSION_LASTS.total_seconds())

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


class Guard:
    """Lets nobody by who has not logged in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(
        self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
    ) -> None:
        """Look the session up.

        Raises:
            InputError: there is none that is open (`unauthenticated`).
            TemporaryError: the database is away.
        """
        session = connection.cookies.get(COOKIE)
        if session is not None and len(session) <= LONGEST_TOKEN:
            async with self._database.service() as store:
                if await sessions.is_open(store, session, utc_now()):
                    return
        raise InputError("You are not logged in", code="unauthenticated")


@get("/login")
async def log_in(request: Request[Any, Any, Any], desk: Desk, token: Token = "") -> Response[None]:
    """Open a session with the token of a login link, and go to the first page."""
    async with desk.app.database.service() as connection:
        session = await sessions.open_with(connection, token, utc_now())
    if session is None:
        raise InputError("This link has been used, or is too old", code="unauthenticated")
    return Redirect("/", status_code=303, cookies=[_cookie(request, session)])


@post("/console/logout")
async def log_out(request: Request[Any, Any, Any], desk: Desk) -> Response[None]:
    """End the session."""
    async with desk.app.database.service() as connection:
        await sessions.close(connection, request.cookies[COOKIE], utc_now())
    gone = _cookie(request, "", max_age=0)
    return Redirect("/", status_code=303, cookies=[gone])


def _cookie(
    request: Request[Any, Any, Any],
    value: str,
    max_age: int = int(sessions.SESSION_LASTS.total_seconds()),
) -> Cookie:
    return Cookie(
        key=COOKIE,
        value=value,
        max_age=max_age,
        httponly=True,
        samesite="strict",
        # On loopback there is no TLS, and some browsers drop secure cookies there.
        secure=request.url.scheme == "https",
    )
