"""`leadflow leads import`: a file of any length, row by row, with every row accounted for."""

from typing import Literal

Format = Literal["csv", "ndjson", "json"]
