"""The console: pages for operators, and the link that lets one of them in."""

from leadflow.console.access import login_link
from leadflow.console.application import routes

__all__ = ["login_link", "routes"]
