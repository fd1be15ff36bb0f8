"""The console's pages, as handlers for the HTTP application."""

from litestar.di import Provide
from litestar.router import Router

from leadflow.app import App
from leadflow.console.access import explain_login, guard, log_in, log_out, offer_login
from leadflow.console.desk import Desk
from leadflow.console.files import icon, script, style
from leadflow.console.lead import lead
from leadflow.console.leads import leads
from leadflow.console.overview import live, overview
from leadflow.console.problems import HANDLERS


def routes(app: App) -> list[Router]:
    """List the handlers of the console. They bring their own authorisation and error pages."""
    desk = Desk(app)
    dependencies = {"desk": Provide(lambda: desk, sync_to_thread=False)}
    return [
        Router(
            "/",
            route_handlers=[overview, live, leads, lead, log_out],
            guards=[guard(app.database)],
            dependencies=dependencies,
            exception_handlers=HANDLERS,
            include_in_schema=False,
        ),
        Router(
            "/",
            route_handlers=[explain_login, offer_login, log_in, style, script, icon],
            dependencies=dependencies,
            exception_handlers=HANDLERS,
            include_in_schema=False,
        ),
    ]
