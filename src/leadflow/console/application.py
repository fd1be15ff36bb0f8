"""The console's pages, as handlers for the HTTP application."""

from litestar.di import Provide
from litestar.router import Router
from litestar.types import ControllerRouterHandler

from leadflow.app import App
from leadflow.console.access import Guard, log_in, log_out
from leadflow.console.desk import Desk
from leadflow.console.files import icon, script, style
from leadflow.console.lead import lead
from leadflow.console.overview import live, overview
from leadflow.console.problems import HANDLERS


def routes(app: App) -> list[ControllerRouterHandler]:
    """List the handlers of the console, which bring their own authorisation and error pages."""
    desk = Desk(app)
    return [
        Router(
            "/",
            route_handlers=[overview, live, lead, log_out],
            guards=[Guard(app.database)],
            dependencies={"desk": Provide(lambda: desk, sync_to_thread=False)},
            exception_handlers=HANDLERS,
            include_in_schema=False,
        ),
        Router(
            "/console",
            route_handlers=[log_in, style, script, icon],
            dependencies={"desk": Provide(lambda: desk, sync_to_thread=False)},
            exception_handlers=HANDLERS,
            include_in_schema=False,
        ),
    ]
