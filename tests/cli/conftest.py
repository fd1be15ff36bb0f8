"""Commands over a database of their own."""

import base64
import logging
import os
import shutil
import sys
import threading

import pytest
import structlog

from leadflow.app import utc_now
from leadflow.settings import VARIABLES
from leadflow.store.embedded import EmbeddedPostgres
from leadflow.telemetry import logs
from tests.cli.shells import Shell, free_port, workspace
from tests.conftest import make_state
from tests.world import KEY, Clock, World


@pytest.fixture
def state():
    """Make a state folder, and leave nothing of it."""
    folder = make_state()
    yield folder
    server = EmbeddedPostgres(folder)
    server.stop(mode="immediate")
    shutil.rmtree(server.data.resolve(), ignore_errors=True)
    shutil.rmtree(folder)


@pytest.fixture
def environment(state, monkeypatch, tmp_path):
    """Set what a command without a database goes by; it works in an empty folder."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable.name, raising=False)
    monkeypatch.setenv("LEADFLOW_STATE", str(state))
    monkeypatch.setenv("ENCRYPTION_KEY", base64.b64encode(KEY).decode())
    monkeypatch.setenv("PORT", str(free_port()))
    monkeypatch.chdir(tmp_path)
    return os.environ


@pytest.fixture
def bare(capsys, environment, logging_kept):
    """Run commands without a database."""
    return Shell(capsys, dict(environment))


@pytest.fixture
def shell(capsys, environment, monkeypatch, database_url, logging_kept):
    """Run commands over the test's database."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    return Shell(capsys, dict(environment))


@pytest.fixture
def logging_kept(monkeypatch):
    """Put back what a command does to the logging of its process."""
    before = structlog.get_config()
    for owner, name in (
        (sys, "excepthook"),
        (sys, "unraisablehook"),
        (threading, "excepthook"),
        (logging, "raiseExceptions"),
        (logging.root, "handlers"),
        (logging.root, "level"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    yield
    vars(logs.log).pop("bind", None)  # structlog keeps the first logger it made
    structlog.configure(**before)


@pytest.fixture
async def world(database):
    """Have a brand whose leads go to a partner with one agent."""
    world = World(database, Clock(utc_now()))
    await workspace(world, "brand")
    # Nobody listens there, which is not what these tests are about.
    await world.destination("acme/leads", assigns_agents=True, pause_after_errors=None)
    await world.agent("acme/ann", licensed_states=["CA"], capacity=100_000)
    await world.rules("brand", "acme/leads")
    return world
