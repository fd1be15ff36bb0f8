"""Why a lead is where it is."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import FromPath, QueryParameter
from msgspec import Meta, Struct

from leadflow.api.call import FromCall
from leadflow.core.decision import Decision, Placed
from leadflow.core.explain import (
    AgentInWords,
    CandidateInWords,
    NotMatched,
    explain,
    rules_not_matched,
)
from leadflow.core.lead import Profile, RoutingResult, RoutingStatus, Status
from leadflow.core.nearest import Miss
from leadflow.core.rulebook import Rulebook, parse
from leadflow.errors import InputError, NotFoundError
from leadflow.store import agents, destinations, readings, rulebooks
from leadflow.store.database import Connection
from leadflow.store.destinations import NamedDestination
from leadflow.store.readings import OpenReview, QueueRow
from leadflow.work.verifying import nearest_miss
from leadflow.work.viewing import stop_of

MOST = 20  # decisions that are explained: tries, and evenings on which everybody was closed


class DecisionInWords(Struct, frozen=True, kw_only=True):
    """One decision, and what spoke for and against everybody who was considered."""

    decided_at: datetime
    rulebook_version: int
    sentence: str
    candidates: Annotated[
        tuple[CandidateInWords, ...], Meta(description="rules that matched, in their order")
    ]
    agents: Annotated[
        tuple[AgentInWords, ...], Meta(description="your own; operators see everybody's")
    ]
    not_matched: Annotated[
        tuple[NotMatched, ...], Meta(description="the other rules, each with what it failed on")
    ]


class LeadExplanation(Struct, frozen=True, kw_only=True):
    """Where a lead is, and how it got there."""

    lead_id: UUID
    status: Status
    routing_status: RoutingStatus
    routing_result: RoutingResult | None
    waiting: QueueRow | None
    stopped: Annotated[
        str | None,
        Meta(description="what keeps it from being routed automatically now; null: nothing"),
    ]
    review: OpenReview | None
    decisions: Annotated[tuple[DecisionInWords, ...], Meta(description="the newest first")]
    nearest_miss: Annotated[
        Miss | None,
        Meta(
            description="what would have made the rule asked for win; null: not asked, or nothing"
        ),
    ] = None


@get(
    "/api/v1/leads/{lead_id:str}/explain",
    tags=["Leads"],
    opt={"scope": "leads:read", "fails": (409,)},
)
async def explain_lead(
    call: FromCall,
    lead_id: FromPath[UUID],
    rule: Annotated[
        str | None,
        QueryParameter(
            max_length=100, description="a rule's name: also say what would have made it win"
        ),
    ] = None,
) -> LeadExplanation:
    """Explain why a lead went where it went, or what it waits for.

    Each rule of the lead's workspace is listed: those that matched with the gate that stopped them
    or their rank, the others with the condition that did not hold. Figures behind another
    workspace's gates (caps, hours, agents) are shown to operators only, and so is what would have
    made a rule win the last decision.
    """
    if rule is not None and call.tenant is not None:
        raise InputError("Only operators see what would have made a rule win", code="forbidden")
    async with call.app.database.tenant(call.tenant) as connection:
        row = await readings.lead(connection, lead_id)
        profile = await readings.profile(connection, lead_id)
        if row is None or profile is None:
            raise NotFoundError("Lead not found")
        taken = await readings.decisions(connection, lead_id, MOST)
        waiting = await readings.queue_row(connection, lead_id)
        review = await readings.open_review(connection, lead_id)
    async with call.app.database.service() as connection:
        eye = _Eye(
            call.tenant,
            profile,
            {each.id: each for each in await destinations.named(connection)},
            await _agent_names(connection, taken),
        )
        versions = await _rulebooks(connection, eye, taken)
        stop = await stop_of(connection, row)
    miss = None if rule is None else await nearest_miss(call.app.database, lead_id, rule)
    return LeadExplanation(
        lead_id=lead_id,
        status=row.status,
        routing_status=row.routing_status,
        routing_result=row.routing_result,
        waiting=waiting,
        stopped=stop or None,
        review=review,
        decisions=tuple(
            eye.see(decision, versions.get(decision.rulebook_version))
            for decision in taken
            if eye.may_see(decision)
        ),
        nearest_miss=miss,
    )


class _Eye:
    """Sees of a decision what the caller may see.

    The source sees its rules and how they fared, but no figures of its partners; a partner sees how
    it came to own the lead, and nothing of others; operators see everything.
    """

    def __init__(
        self,
        tenant: UUID | None,
        profile: Profile,
        owners: Mapping[UUID, NamedDestination],
        agent_names: Mapping[UUID, str],
    ) -> None:
        self._tenant = tenant
        self._profile = profile
        self._owners = owners
        self._names = {**{each.id: each.name for each in owners.values()}, **agent_names}

    @property
    def sees_rules(self) -> bool:
        return self._tenant in (None, self._profile.workspace_id)

    async def rulebook(self, connection: Connection, number: int) -> Rulebook | None:
        entry = await rulebooks.version(connection, self._profile.workspace_id, number)
        if entry is None:
            return None
        return parse(
            entry.document,
            workspace_id=entry.workspace_id,
            version=number,
            destinations={each.name: each.id for each in self._owners.values()},
        )

    def may_see(self, decision: Decision) -> bool:
        placed = decision.outcome
        return self.sees_rules or (
            isinstance(placed, Placed) and placed.workspace_id == self._tenant
        )

    def see(self, decision: Decision, rulebook: Rulebook | None) -> DecisionInWords:
        full = explain(decision, self._names, figures=True)
        bare = explain(decision, self._names, figures=False)
        return DecisionInWords(
            decided_at=decision.decided_at,
            rulebook_version=decision.rulebook_version,
            sentence=decision.sentence,
            candidates=tuple(
                in_full if self._own(verdict.destination_id) else in_short
                for verdict, in_full, in_short in zip(
                    decision.candidates, full.candidates, bare.candidates, strict=True
                )
                if self.sees_rules or self._own(verdict.destination_id)
            ),
            agents=tuple(
                words
                for verdict, words in zip(decision.agents, full.agents, strict=True)
                if self._tenant in (None, verdict.workspace_id)
            ),
            not_matched=() if rulebook is None else rules_not_matched(self._profile, rulebook),
        )

    def _own(self, destination_id: UUID) -> bool:
        owner = self._owners.get(destination_id)
        return self._tenant is None or (owner is not None and owner.workspace_id == self._tenant)


async def _agent_names(connection: Connection, decisions: Sequence[Decision]) -> dict[UUID, str]:
    wanted = {verdict.agent_id for decision in decisions for verdict in decision.agents}
    found = await agents.by_ids(connection, wanted) if wanted else {}
    return {agent_id: agent.name for agent_id, agent in found.items()}


async def _rulebooks(
    connection: Connection, eye: _Eye, decisions: Sequence[Decision]
) -> dict[int, Rulebook]:
    """Read the rules that were in force when the decisions were taken."""
    if not eye.sees_rules:
        return {}
    found = {}
    for number in {decision.rulebook_version for decision in decisions}:
        rulebook = await eye.rulebook(connection, number)
        if rulebook is not None:
            found[number] = rulebook
    return found
