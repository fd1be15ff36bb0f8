"""The HTTP application, put together."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from litestar import Litestar, Response, Router, route
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.types import ControllerRouterHandler

from leadflow.api import docs, routes
from leadflow.api.access import Gate, Keys, authorize
from leadflow.api.call import Desk, call_of
from leadflow.api.direct import Direct
from leadflow.api.envelope import Envelope
from leadflow.api.errors import HANDLERS
from leadflow.api.limits import RateLimits
from leadflow.api.tenancy import Tenants
from leadflow.app import App
from leadflow.store.configuration import DirectoryCache


def build(app: App, *, pages: Sequence[ControllerRouterHandler] = ()) -> Litestar:
    """Make the ASGI application.

    Args:
        app: what the doors work with, opened.
        pages: further handlers to serve, which bring their own authorisation. What they raise is
            answered as the API answers it, unless they bring handlers of exceptions too.
    """
    settings = app.settings
    limits = RateLimits(app.database, settings.rate_limit_max, settings.rate_limit_window)
    desk = Desk(app, Tenants(app.database), limits, DirectoryCache())
    guarded = Router(
        "/",
        route_handlers=[*_options(routes.GUARDED), *routes.GUARDED],
        guards=[authorize],
        dependencies={"call": Provide(call_of, sync_to_thread=False)},
    )
    litestar = Litestar(
        route_handlers=[
            guarded,
            *_options([*routes.OPEN, *docs.ROUTES]),
            *routes.OPEN,
            *docs.ROUTES,
            *pages,
        ],
        state=State({"desk": desk, "gate": Gate(Keys(app.database), limits)}, deep_copy=False),
        exception_handlers=HANDLERS,
        cors_config=_cors(settings.cors_origins),
        openapi_config=None,  # ours is made by `openapi.document`
        logging_config=None,
    )
    gate: Gate = litestar.state.gate
    litestar.asgi_handler = Envelope(Direct(litestar.asgi_handler, gate))
    return litestar


def _options(handlers: Sequence[HTTPRouteHandler]) -> Iterator[HTTPRouteHandler]:
    """Answer OPTIONS with all methods of each address.

    They stand before the handlers, or the framework makes its own, which names only the first.
    """
    methods: dict[str, set[str]] = defaultdict(lambda: {"OPTIONS"})
    for handler in handlers:
        methods[min(handler.paths)] |= handler.http_methods
    for path, known in methods.items():
        allowed = ", ".join(sorted(known | {"HEAD"} if "GET" in known else known))
        yield _answer_options(path, allowed)


def _answer_options(path: str, allowed: str) -> HTTPRouteHandler:
    @route(path, http_method="OPTIONS", status_code=204, sync_to_thread=False)
    def get_options() -> Response[None]:
        return Response(None, headers={"Allow": allowed})

    return get_options


def _cors(origins: Sequence[str]) -> CORSConfig | None:
    if not origins:
        return None
    return CORSConfig(
        allow_origins=list(origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Workspace"],
        expose_headers=["Location", "Retry-After", "X-Request-Id", "Idempotency-Replayed"],
    )
