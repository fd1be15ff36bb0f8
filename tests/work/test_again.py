"""Leads that are routed after all, although they had been given up."""

import pytest

from leadflow.errors import ConflictError, NotFoundError
from leadflow.work import again
from leadflow.work.again import Reopening
from tests.world import person


async def take(world, number=1, **changes):
    async with world.intake() as intake:
        outcome = await intake.submit(world.submission(person(number), **changes))
    return outcome.answer.id


async def reopen(world, lead, *, of=None):
    asked = Reopening(lead_id=lead, workspace_id=world.ids[of] if of else None, actor="key:test")
    return await again.reopen(world.database, asked, world.tries, world.clock)


async def go_on(world):
    async with world.routing() as routing:
        await routing.run_once()


@pytest.fixture
async def reviewed(world):
    """Have a lead in review that no rule matched; a rule for it comes afterwards."""
    await world.rules("brand")
    world.ids["lead"] = await take(world)
    world.clock.move(hours=3)
    await world.destination("acme/leads")
    await world.rules("brand", "acme/leads")
    return world


async def test_a_lead_in_review_is_routed_after_all(reviewed):
    lead = reviewed.ids["lead"]
    reopened = await reopen(reviewed, lead, of="brand")
    assert (reopened.lead_id, reopened.workspace_id) == (lead, reviewed.ids["brand"])
    assert await reviewed.state(lead) == "processed/pending/-"
    assert await reviewed.value("SELECT resolution FROM reviews") == "re-opened"
    await go_on(reviewed)
    assert await reviewed.state(lead) == "routed/routed/success"
    assert (await reviewed.events(lead))[-2:] == ["lead.reopened", "lead.routed"]


async def test_it_has_all_of_its_tries_again_and_keeps_its_age(reviewed):
    lead = reviewed.ids["lead"]
    before = await reviewed.lead(lead)
    await reopen(reviewed, lead)
    after = await reviewed.lead(lead)
    assert (before["routing_attempts"], after["routing_attempts"]) == (1, 0)
    assert after["created_at"] == before["created_at"]
    row = await reviewed.one("SELECT * FROM lead_routing_queue WHERE processed_at IS NULL")
    assert (row["next_retry_at"], row["attempt_number"]) == (reviewed.clock(), 0)


async def test_it_is_written_down(reviewed):
    await reopen(reviewed, reviewed.ids["lead"])
    audit = await reviewed.one("SELECT * FROM audit_log")
    assert (audit["action"], audit["actor"]) == ("lead.reopened", "key:test")
    assert audit["detail"] == {"before": "review"}


async def test_a_duplicate_goes_on_when_its_person_is_free(world):
    await world.workspace("rival")
    await world.destination("acme/leads")
    await world.destination("zenith/leads")
    await world.rules("brand", "acme/leads")
    await world.rules("rival", "zenith/leads")
    first, second = await take(world), await take(world, of="rival")
    await world.decline(first)
    await reopen(world, second)
    await go_on(world)
    assert await world.state(second) == "routed/routed/success"


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ("received/pending/-", "the lead is in the automated flow"),
        ("processed/pending/-", "the lead is in the automated flow"),
        ("routed/routed/success", "the lead has an owner"),
        ("expired/expired/-", "the lead is expired, and that is final"),
        ("rejected/failed/failed", "the lead is rejected, and that is final"),
    ],
)
async def test_only_what_was_given_up_is_re_opened(reviewed, state, why):
    lead = reviewed.ids["lead"]
    status, routing_status, result = state.split("/")
    await reviewed.execute(
        "UPDATE leads SET status = $2, routing_status = $3, routing_result = nullif($4, '-') "
        "WHERE id = $1",
        *(lead, status, routing_status, result),
    )
    with pytest.raises(ConflictError, match=why):
        await reopen(reviewed, lead)


async def test_a_lead_of_others_is_not_there(reviewed):
    await reviewed.workspace("rival")
    with pytest.raises(NotFoundError, match="Lead not found"):
        await reopen(reviewed, reviewed.ids["lead"], of="rival")
