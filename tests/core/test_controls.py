"""Which leads are routed automatically, by operators' word."""

import pytest

from leadflow.core.controls import Controls, Pause
from leadflow.core.lead import URGENCY
from tests.core.builders import NOW


def controls(below=None, *, enabled=True):
    paused = None if below is None else Pause(below=below, paused_at=NOW, paused_by="cli")
    return Controls(enabled=enabled, pause=paused)


@pytest.mark.parametrize(
    ("given", "stopped"),
    [
        (controls(), ()),
        (controls("warm"), ("cold",)),
        (controls("hot"), ("warm", "cold")),
        (controls(enabled=False), ("hot", "warm", "cold")),
        (controls("warm", enabled=False), ("hot", "warm", "cold")),
    ],
)
def test_what_is_below_the_priority_is_stopped(given, stopped):
    assert given.stopped == stopped
    assert [each for each in URGENCY if URGENCY[each] < given.least_urgency] == list(stopped)


def test_what_is_stopped_is_told_why():
    assert controls().stop_of("cold") == ""
    assert controls("hot").stop_of("hot") == ""
    assert controls("hot").stop_of("warm") == "Routing of warm leads is paused."
    assert controls("hot", enabled=False).stop_of("warm") == "Routing is switched off."
