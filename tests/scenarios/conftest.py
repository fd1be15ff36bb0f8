"""The world that scenarios of the shell begin with."""

import pytest

from tests.world import World


@pytest.fixture
async def world(database):
    """Make a brand that brings leads, and nothing else: add what the scenario is about."""
    world = World(database)
    await world.workspace("brand")
    return world
