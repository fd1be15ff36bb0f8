"""Set the demo's world up, through the same door that everybody uses."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any
from uuid import UUID

import aiohttp
import msgspec
import yaml
from msgspec import Struct

from leadflow.cli.demo.receiver import Receiver
from leadflow.errors import SetupError

PAGE = 200  # more than there is of anything


class WorkspacePlan(Struct, frozen=True, kw_only=True):
    """A workspace as `world.yaml` has it: each part as the API takes it."""

    slug: str
    name: str
    kind: str
    time_zone: str
    destinations: Sequence[Mapping[str, Any]] = ()
    agents: Sequence[Mapping[str, Any]] = ()
    rules: Mapping[str, Any] | None = None


class World(Struct, frozen=True):
    """What is there once it is set up."""

    workspaces: Mapping[UUID, str]  # names by ids
    agents: Mapping[UUID, str]
    specialists: Mapping[str, UUID]  # by vertical, one of the agents who know it


def plans() -> tuple[WorkspacePlan, ...]:
    """Read `world.yaml`."""
    text = (files("leadflow.cli.demo") / "world.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text)["workspaces"], tuple[WorkspacePlan, ...])


class Door:
    """The API, as an operator's key opens it."""

    def __init__(self, session: aiohttp.ClientSession, key: str) -> None:
        self._session = session
        self._headers = {"Authorization": f"Bearer {key}"}

    async def call(self, method: str, path: str, body: object = None) -> Any:
        """Call it and give the answer.

        Raises:
            SetupError: it refuses.
        """
        async with self._session.request(
            method, path, json=body, headers=self._headers
        ) as response:
            answer = msgspec.json.decode(await response.read())
            if not response.ok:
                message = answer["error"]["message"]
                raise SetupError(f"{method} {path} answered {response.status}: {message}")
            return answer

    async def listed(self, path: str) -> dict[str, Any]:
        """List what is there, by its name."""
        page = await self.call("GET", f"{path}{'&' if '?' in path else '?'}limit={PAGE}")
        return {each.get("slug") or each["name"]: each for each in page["items"]}


async def set_up(door: Door, receiver: Receiver) -> World:
    """Make what is not there yet, and have every destination deliver to the receiver.

    Raises:
        SetupError: the installation has workspaces that are not the demo's.
    """
    wanted = plans()
    present = await door.listed("/api/v1/workspaces")
    if strangers := set(present) - {plan.slug for plan in wanted}:
        raise SetupError(
            f"this installation has workspaces of its own ({', '.join(sorted(strangers))}): the "
            "demo wants an empty one, in another folder: set LEADFLOW_STATE"
        )
    agents: dict[str, dict[str, Any]] = {}
    for plan in wanted:
        if plan.slug not in present:
            about = {name: getattr(plan, name) for name in ("slug", "name", "kind", "time_zone")}
            present[plan.slug] = await door.call("POST", "/api/v1/workspaces", about)
        await _destinations(door, plan, receiver)
        agents |= await _agents(door, plan)
    for plan in wanted:  # once every destination is there
        if plan.rules is not None and not present[plan.slug]["rulebook_version"]:
            await door.call("PUT", f"/api/v1/workspaces/{plan.slug}/rulebook", plan.rules)
    names = {UUID(each["id"]): each["name"] for each in present.values()}
    return World(
        workspaces=names,
        agents={UUID(each["id"]): name for name, each in agents.items()},
        specialists={
            vertical: UUID(each["id"])
            for each in agents.values()
            if each["active"]
            for vertical in each["specialties"]
        },
    )


async def _destinations(door: Door, plan: WorkspacePlan, receiver: Receiver) -> None:
    path = f"/api/v1/destinations?workspace={plan.slug}"
    present = await door.listed(path)
    for terms in plan.destinations:
        name = f"{plan.slug}/{terms['name']}"
        address = f"{receiver.address}/{name}"
        if terms["name"] in present:  # from an earlier demo, whose receiver is gone
            place = f"/api/v1/destinations/{present[terms['name']]['id']}"
            await door.call("PATCH", place, {"url": address})
            made = await door.call("POST", f"{place}/secret")
        else:
            made = await door.call("POST", path, {**terms, "url": address})
        receiver.secrets[name] = made["secret"]


async def _agents(door: Door, plan: WorkspacePlan) -> dict[str, dict[str, Any]]:
    path = f"/api/v1/agents?workspace={plan.slug}"
    present = await door.listed(path)
    for agent in plan.agents:
        if agent["name"] not in present:
            present[agent["name"]] = await door.call("POST", path, agent)
    return present
