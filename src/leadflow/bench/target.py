"""What a load is sent to."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

Name = Literal["leadflow", "prototype"]


class Target(Struct, frozen=True, kw_only=True):
    """A server that takes leads, with what there is to measure of it."""

    name: Name
    url: str  # to post one lead to
    key: str  # sent as the bearer token
    database: str  # whose table `leads` has a row for each lead that was taken
    server_pids: Sequence[int]  # of the main processes: the API's, and the worker's if one runs
