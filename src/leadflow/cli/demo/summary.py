"""What a demo came to, and whether it is what was meant to happen."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from leadflow.cli.demo.people import Sending
from leadflow.cli.demo.receiver import Receiver
from leadflow.cli.demo.sending import Ending, Tally
from leadflow.core.lead import Status
from leadflow.store.counts import Counts


class Summary(Struct, frozen=True, kw_only=True):
    """Every request accounted for."""

    ok: bool
    problems: tuple[str, ...]  # what did not happen as it was meant to
    seed: int
    sent: int
    ended: Mapping[Ending, int]  # new, known, repeated, refused
    leads: Mapping[Status, int]  # new ones, by what their sender was told
    deliveries: Mapping[str, int]  # by state
    put_off: int  # deliveries that the receiver told to come again
    seconds_to_first_routed: float | None  # from the start of the command
    seconds: float  # from the first request to the last delivery


def problems(
    sendings: Sequence[Sending],
    tally: Tally,
    receiver: Receiver,
    stored: Counts,
) -> Iterator[str]:
    """Compare what happened with what was meant to happen."""
    expected = Counter[Ending](sending.expected for sending in sendings)
    for ending in expected | tally.ended:
        if (seen := tally.ended[ending]) != (meant := expected[ending]):
            yield f"{seen} requests ended as {ending}, not {meant}"
    if stored.received != tally.ended["new"]:
        yield f"{stored.received} leads are stored, and {tally.ended['new']} were accepted"
    open_ = {state: count for state, count in stored.deliveries.items() if state != "delivered"}
    for state, count in open_.items():
        yield f"{count} deliveries are {state}"
    if len(receiver.taken) != stored.deliveries.get("delivered", 0):
        yield (
            f"the receiver has {len(receiver.taken)} leads, and "
            f"{stored.deliveries.get('delivered', 0)} count as delivered"
        )
    for lead in receiver.sold_twice:
        yield f"lead {lead} was delivered twice"
    if receiver.forged:
        yield f"{receiver.forged} deliveries were not signed as they should be"
