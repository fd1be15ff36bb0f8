"""Days and nights that pass by over a world, from one thing that happens to the next."""

from collections import defaultdict
from datetime import timedelta
from zoneinfo import ZoneInfo

from tests.world import person

PRIORITIES = ("cold", "warm", "hot")
EVERY = timedelta(minutes=15)


class Nights:
    """Lets time pass from one thing that happens to the next: an arrival, or a lead that is due."""

    def __init__(self, world, intake, routing, zone):
        self.world = world
        self.intake = intake
        self.routing = routing
        self.zone = ZoneInfo(zone)
        self.priority = {}  # of each lead

    async def pass_until(self, end, arrivals):
        """Live through the time until `end`; arrivals are (when, number), oldest first."""
        arrivals = list(arrivals)
        while True:
            due = await self.routing.next_due()
            happening = [at for at in (due, arrivals[0][0] if arrivals else None) if at]
            at = min(happening, default=end)
            if at >= end:
                self.world.clock.now = end
                return
            self.world.clock.now = max(at, self.world.clock.now)
            if arrivals and arrivals[0][0] <= self.world.clock.now:
                await self._arrive(arrivals.pop(0)[1])
            while await self.routing.run_once():
                pass
            await self.check()

    async def _arrive(self, number):
        priority = PRIORITIES[number % 3]
        body = person(number, priority=priority)
        outcome = await self.intake.submit(self.world.submission(body))
        self.priority[outcome.answer.id] = priority

    async def check(self):
        """Hold the world to what must be so at every moment."""
        now = self.world.clock.now
        wrong = await self.world.fetch(
            """
            SELECT l.id, l.status, l.routing_status, l.routing_attempts, count(q.id) AS open_rows
            FROM leads l
            LEFT JOIN lead_routing_queue q ON q.lead_id = l.id AND q.processed_at IS NULL
            GROUP BY l.id
            HAVING NOT (
              (l.status = 'routed' AND count(q.id) = 0 AND l.routing_attempts = 1)
              OR (l.status = 'processed' AND l.routing_status = 'pending' AND count(q.id) = 1
                AND l.routing_attempts = 0 AND min(q.next_retry_at) > $1
                AND min(q.reason) = 'waiting')
            )
            """,
            now,
        )
        assert wrong == []
        assert await self.world.count("capacity WHERE used > cap") == 0

    async def placements(self):
        """List who was placed where, by the local day, in the order of placing."""
        rows = await self.world.fetch(
            "SELECT p.id, p.lead_id, d.name, p.placed_at FROM placements p "
            "JOIN destinations d ON d.id = p.destination_id ORDER BY p.placed_at, p.id"
        )
        days = defaultdict(list)
        for row in rows:
            local = row["placed_at"].astimezone(self.zone)
            days[row["name"], local.date()].append((local, row["lead_id"]))
        return days

    async def waiting_at(self, moment):
        """Name who had come by then, and had no owner until then."""
        rows = await self.world.fetch(
            "SELECT l.id FROM leads l LEFT JOIN placements p ON p.lead_id = l.id "
            "WHERE l.created_at < $1 AND (p.id IS NULL OR p.placed_at >= $1)",
            moment,
        )
        return [row["id"] for row in rows]


def arriving(start, many):
    """Have leads come steadily, and none at the very moment of an opening."""
    return [(start + timedelta(minutes=1) + EVERY * number, number) for number in range(many)]
