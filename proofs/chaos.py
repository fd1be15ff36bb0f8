"""What is done to the installation while leads come in."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from random import Random

import asyncpg

from proofs.client import Client
from proofs.freezing import Freezer
from proofs.ledger import Ledger
from proofs.plan import Act, Lane, Plan, acts
from proofs.processes import Kept
from proofs.switch import Switch
from proofs.world import BRANDS, World, put_rules

PAUSED_FOR = 30  # leads that come in while a destination is paused, or routing is off

SESSIONS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend'
  AND application_name <> 'proofs'
ORDER BY pid
"""
CUT = "SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid"

Do = Callable[[Random], Awaitable[str]]


class Chaos:
    """Kill, freeze, cut and change, each in a lane of its own, as the plan's seed has it.

    Args:
        plan: how often, and when.
        workers: the worker processes.
        apis: the API processes.
        client: to change things as an operator.
        world: what there is to change.
        pool: the harness's own connections.
        ledger: says how far the senders are; counts what was done.
    """

    def __init__(
        self,
        plan: Plan,
        workers: Sequence[Kept],
        apis: Sequence[Kept],
        client: Client,
        world: World,
        pool: asyncpg.Pool,
        ledger: Ledger,
    ) -> None:
        self._plan = plan
        self._workers = workers
        self._apis = apis
        self._client = client
        self._world = world
        self._pool = pool
        self._ledger = ledger
        self._switch = Switch(pool)
        self._freezer = Freezer(workers, pool, ledger, self._switch)

    async def run(self) -> None:
        """Do all that is planned; what was paused or switched off is on again afterwards."""
        lanes: Mapping[Lane, Do] = {
            "kill": self._kill,
            "freeze": self._freezer.freeze,
            "cut": self._cut,
            "change": self._change,
        }
        async with asyncio.TaskGroup() as group:
            for lane, do in lanes.items():
                group.create_task(self._lane(acts(self._plan, lane), do))

    async def _lane(self, planned: Sequence[Act], do: Do) -> None:
        for act in planned:
            await self._ledger.reaches(act.at)
            self._ledger.done[await do(Random(act.chance))] += 1

    async def _kill(self, chances: Random) -> str:
        """Kill a process that is up: mostly workers, or nobody could send anything."""
        serves = chances.random() < 0.35
        target = chances.choice(self._apis if serves else self._workers)
        await target.ready.wait()
        async with target.untouched:
            if serves and chances.random() < 0.3:
                target.kill_child()
                return "children of API processes killed"
            target.kill()
        return "API processes killed" if serves else "workers killed"

    async def _cut(self, chances: Random) -> str:
        """End a few database connections, whatever they are doing."""
        sessions = [row["pid"] for row in await self._pool.fetch(SESSIONS)]
        many = min(len(sessions), chances.choice((1, 1, 2, 4)))
        await self._pool.execute(CUT, chances.sample(sessions, many))
        return "times connections were cut"

    async def _change(self, chances: Random) -> str:
        """Change what deciding rests on."""
        changes: tuple[Do, ...] = (
            self._change_rules,
            self._raise_a_cap,
            self._pause,
            self._hire,
            self._stop_routing,
        )
        return await chances.choice(changes)(chances)

    async def _change_rules(self, chances: Random) -> str:
        await put_rules(self._client, chances.choice(BRANDS), chances)
        return "rulebooks changed"

    async def _raise_a_cap(self, chances: Random) -> str:
        door = chances.choice(sorted(self._world.caps))
        caps = self._world.caps[door]
        caps |= {window: most + 1 + most // 20 for window, most in caps.items()}
        await self._patch(door, caps=caps)
        return "caps raised"

    async def _pause(self, chances: Random) -> str:
        door = chances.choice(sorted(self._world.destinations))
        await self._patch(door, active=False)
        await self._ledger.reaches(self._ledger.leads + PAUSED_FOR)
        await self._patch(door, active=True)
        return "destinations paused and resumed"

    async def _hire(self, chances: Random) -> str:
        """Give one agent more capacity."""
        agent = chances.choice(sorted(self._world.capacity))
        self._world.capacity[agent] += 1
        body = {"capacity": self._world.capacity[agent]}
        await self._client.insist("PATCH", f"/api/v1/agents/{agent}", body)
        return "capacities raised"

    async def _stop_routing(self, _: Random) -> str:
        """Have leads only received for a while, so that workers have to claim them."""
        async with self._switch.off():
            await self._ledger.reaches(self._ledger.leads + PAUSED_FOR)
        return "times routing was switched off"

    async def _patch(self, door: str, **body: object) -> None:
        path = f"/api/v1/destinations/{self._world.destinations[door]}"
        answer = await self._client.insist("PATCH", path, body)
        if answer.status != 200:
            raise RuntimeError(f"{door} answered {answer.status}: {answer.document}")
