"""The log of this process, caught for as long as a test lasts."""

import io
import json
import logging
import sys
import threading

import pytest
import structlog

from leadflow.telemetry import logs


class Written:
    """What was logged since the test began."""

    def __init__(self):
        self.stream = io.BytesIO()

    @property
    def text(self):
        return self.stream.getvalue().decode()

    @property
    def lines(self):
        return [json.loads(line) for line in self.text.splitlines()]

    @property
    def line(self):
        [line] = self.lines
        return line


@pytest.fixture
def configure(monkeypatch):
    """Set up logging as a process would, and put everything back afterwards."""
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

    def configure(**settings):
        forget_the_cached_logger()
        written = Written()
        logs.configure(stream=written.stream, **settings)
        return written

    yield configure
    forget_the_cached_logger()
    structlog.configure(**before)


@pytest.fixture
def written(configure):
    """Catch what is logged at the level of a new installation."""
    return configure()


def forget_the_cached_logger():
    """Undo what structlog does for speed: it keeps the first logger it made."""
    vars(logs.log).pop("bind", None)
