"""Returns: leads that come back from the owner they had, and who is not asked again."""

from typing import Literal
from uuid import UUID

ReturnReason = Literal["refused", "declined", "late"]
"""Why a lead came back: its delivery was refused for good, its owner declined it, or did not accept
it in time."""

DeclineReason = Literal[
    "busy", "wrong_area", "wrong_product", "bad_contact", "known_already", "other"
]
"""Why an owner does not want a lead: codes, because words might name the person."""


def passed_over(
    reason: ReturnReason, destination_id: UUID | None, agent_id: UUID | None, *, arrived: bool
) -> UUID:
    """Tell who is not asked again for a lead that came back.

    An agent answers for what reached them: another agent of the same destination may still have
    the lead. For what did not get that far, or was refused on the way in, the destination answers.

    Args:
        reason: why it came back.
        destination_id: where it was; None: with an agent, by hand.
        agent_id: who had it there; None: nobody in particular.
        arrived: whether the destination has taken delivery of it.

    Raises:
        ValueError: neither is given: a lead that its source keeps has nobody to come back from.
    """
    answered = reason == "declined" or (reason == "late" and arrived)
    if agent_id is not None and (answered or destination_id is None):
        return agent_id
    if destination_id is None:
        raise ValueError("a lead that its source keeps cannot come back")
    return destination_id
