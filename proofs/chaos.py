"""What is done to the installation while leads come in."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import cycle
from random import Random

from leadflow.store.database import GONE
from proofs.freezing import Freezer
from proofs.installation import Installation
from proofs.ledger import Ledger
from proofs.plan import Act, Lane, Plan, acts
from proofs.switch import Switch
from proofs.world import BRANDS, World, put_rules

RUN_OUT = """
UPDATE placements SET return_at = now()
WHERE id IN (
  SELECT id FROM placements
  WHERE released_at IS NULL AND accepted_at IS NULL AND return_at > now()
  ORDER BY placed_at
  LIMIT 5
)
"""

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
        made: what it is done to.
        world: what there is to change.
        ledger: says how far the senders are; counts what was done.
    """

    def __init__(self, plan: Plan, made: Installation, world: World, ledger: Ledger) -> None:
        self._plan = plan
        self._made = made
        self._world = world
        self._ledger = ledger
        self._database = asyncio.Lock()  # held by whoever needs it for long, or has it crash
        self._switch = Switch(made.pool)
        freezer = Freezer(made.workers, made.pool, ledger, self._switch)
        self._freezes = cycle((freezer.over_leads, freezer.over_deliveries))

    async def run(self) -> None:
        """Do all that is planned; what was paused or switched off is on again afterwards."""
        lanes: Mapping[Lane, Do] = {
            "kill": self._kill,
            "freeze": self._freeze,
            "cut": self._cut,
            "crash": self._crash,
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
        group = self._made.apis if serves else self._made.workers
        up = [each for each in group if each.ready.is_set() and not each.untouched.locked()]
        target = chances.choice(up or group)
        await target.ready.wait()
        async with target.untouched:
            if serves and chances.random() < 0.3:
                target.kill_child()
                return "children of API processes killed"
            target.kill()
        return "API processes killed" if serves else "workers killed"

    async def _freeze(self, _: Random) -> str:
        """Have a worker stand still for longer than its leases, as on a machine that swaps."""
        async with self._database:
            return await next(self._freezes)()

    async def _cut(self, chances: Random) -> str:
        """End a few database connections, whatever they are doing."""
        try:
            sessions = [row["pid"] for row in await self._made.pool.fetch(SESSIONS)]
            many = min(len(sessions), chances.choice((1, 1, 2, 4)))
            await self._made.pool.execute(CUT, chances.sample(sessions, many))
        except GONE:
            return "times a crash had cut all connections"
        return "times connections were cut"

    async def _crash(self, _: Random) -> str:
        """End PostgreSQL without a shutdown, and have it recover."""
        async with self._database:
            await asyncio.to_thread(self._made.server.stop, mode="immediate")
            await asyncio.to_thread(self._made.server.start)
            await self._made.pool.expire_connections()
        return "crashes of PostgreSQL"

    async def _change(self, chances: Random) -> str:
        """Change what deciding rests on."""
        changes: tuple[Do, ...] = (
            self._change_rules,
            self._raise_a_cap,
            self._pause,
            self._hire,
            self._stop_routing,
            self._run_out,
        )
        return await chances.choice(changes)(chances)

    async def _change_rules(self, chances: Random) -> str:
        await put_rules(self._made.client, chances.choice(BRANDS), chances)
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
        await self._made.client.insist("PATCH", f"/api/v1/agents/{agent}", body)
        return "capacities raised"

    async def _stop_routing(self, _: Random) -> str:
        """Have leads only received for a while, so that workers have to claim them."""
        async with self._database, self._switch.off():
            await self._ledger.reaches(self._ledger.leads + PAUSED_FOR)
        return "times routing was switched off"

    async def _run_out(self, _: Random) -> str:
        """Have the time be over in which a few leads were to be accepted."""
        async with self._database:
            await self._made.pool.execute(RUN_OUT)
        return "times to accept were over"

    async def _patch(self, door: str, **body: object) -> None:
        path = f"/api/v1/destinations/{self._world.destinations[door]}"
        answer = await self._made.client.insist("PATCH", path, body)
        if answer.status != 200:
            raise RuntimeError(f"{door} answered {answer.status}: {answer.document}")
