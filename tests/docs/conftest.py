"""Installations as readers of the documentation have them: started by command, on free ports."""

import re

import pytest

from leadflow.store.seal import new_key
from tests.contracts.receiver import receiving
from tests.docs.installation import Installation, free_port, new_environment, new_folder
from tests.docs.terminal import Terminal

UP = re.compile(r"Ctrl-C stops it\.")


@pytest.fixture
def folder():
    """Make a folder that the database's user may pass through, and leave nothing of it."""
    with new_folder() as made:
        yield made


@pytest.fixture
def environment(folder):
    """Give what a new user's shell knows: where programs are, and no settings."""
    return new_environment(folder)


@pytest.fixture(scope="session")
async def installation():
    """Have an installation with a small world in it, run by `leadflow up`."""
    with new_folder() as folder:
        environment = {
            **new_environment(folder),
            "LEADFLOW_STATE": str(folder / "state"),
            "ENCRYPTION_KEY": new_key(),
            "LEADFLOW_PRIVATE_DESTINATIONS": "true",
            "PORT": str(free_port()),
        }
        async with (
            receiving() as receiver,
            Terminal(folder, environment) as server,
            Terminal(folder, environment) as terminal,
        ):
            await server.begin("exec leadflow up")
            await server.until(UP)
            scopes = " ".join(
                f"--scope {scope}" for scope in ("admin", "leads:read", "leads:write", "route")
            )
            key = await terminal.run(f"leadflow keys create test {scopes} 2>/dev/null")
            installation = Installation(folder, environment, key.strip())
            # It has no room for a while, so that its deliveries stay pending.
            await installation.furnish(f"{receiver.url}/503?Retry-After=3600")
            yield installation
