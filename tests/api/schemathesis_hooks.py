"""What schemathesis has to be told: a format of ours, and things that are really there.

Loaded by its command line, in a process of its own.
"""

import json
import os

import schemathesis

THERE = json.loads(os.environ["LEADFLOW_THERE"])
"""Ids and slugs, by the names of the path's parameters."""


@schemathesis.serializer("application/x-ndjson")
def write_lines(_, value):
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


@schemathesis.hook
def map_path_parameters(_, path_parameters):
    """Let every second call be about something that is there: others are answered with 404."""
    if not path_parameters or sum(map(ord, str(path_parameters))) % 2:
        return path_parameters
    return {name: THERE.get(name, value) for name, value in path_parameters.items()}
