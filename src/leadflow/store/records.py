"""Records: decisions, and the snapshots they rest on, packed small.

A record is a zstd frame over JSON. Frames name the dictionary they were made with, so that a better
one can be added: those that records were made with stay here for ever. They were trained by
`tools/dictionary.py` (decision 0017).
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from uuid import UUID

import msgspec
import zstandard
from msgspec import Struct

from leadflow.core.decision import Decision, DestinationState, Holding, Snapshot

DICTIONARIES = {40_001: "records-1.dict"}
"""Files by the id that frames carry. The last is written with."""

LEVEL = 1  # a higher one saves nothing on records of this size

_Packed = tuple[
    Mapping[UUID, DestinationState],
    Sequence[tuple[bytes, str, Holding]],
    Mapping[UUID, tuple[UUID, ...]],
]


class _Told(Struct, frozen=True):
    sentence: str


def pack(decision: Decision) -> bytes:
    """Pack a decision: some 300 bytes, and 35 more for each further agent."""
    return _compressor().compress(written(decision))


def written(decision: Decision) -> bytes:
    """Write a decision as it is packed."""
    return msgspec.json.encode(decision)


def unpack(record: bytes) -> Decision:
    """Give back what `pack` made small."""
    return msgspec.json.decode(plain(record), type=Decision)


def sentence_of(record: bytes) -> str:
    """Read a decision's sentence, and nothing else of it."""
    return msgspec.json.decode(plain(record), type=_Told).sentence


def pack_snapshot(seen: Snapshot) -> bytes:
    """Make a snapshot small enough to be kept with every group."""
    return _compressor().compress(written_snapshot(seen))


def written_snapshot(seen: Snapshot) -> bytes:
    """Write a snapshot as it is packed."""
    held = [(digest, vertical, holding) for (digest, vertical), holding in seen.held.items()]
    return msgspec.json.encode((seen.destinations, held, seen.returned))


def unpack_snapshot(packed: bytes) -> Snapshot:
    """Give back what `pack_snapshot` made small."""
    destinations, held, returned = msgspec.json.decode(plain(packed), type=_Packed)
    return Snapshot(
        destinations=destinations,
        held={(digest, vertical): holding for digest, vertical, holding in held},
        returned=returned,
    )


def plain(packed: bytes) -> bytes:
    """Give the JSON that is packed. Raises zstandard.ZstdError for what is no record."""
    return _decompressor(zstandard.get_frame_parameters(packed).dict_id).decompress(packed)


@cache
def _compressor() -> zstandard.ZstdCompressor:
    dictionary = _dictionary(max(DICTIONARIES))
    dictionary.precompute_compress(level=LEVEL)
    return zstandard.ZstdCompressor(level=LEVEL, dict_data=dictionary)


@cache
def _decompressor(dictionary_id: int) -> zstandard.ZstdDecompressor:
    return zstandard.ZstdDecompressor(dict_data=_dictionary(dictionary_id))


def _dictionary(dictionary_id: int) -> zstandard.ZstdCompressionDict:
    trained = files(__package__).joinpath(DICTIONARIES[dictionary_id]).read_bytes()
    return zstandard.ZstdCompressionDict(trained, dict_type=zstandard.DICT_TYPE_FULLDICT)
