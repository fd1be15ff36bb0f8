"""What a person watches while leads walk: the latest of them, and how many went where."""

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from leadflow.cli.demo.receiver import Receiver
from leadflow.cli.demo.sending import LATEST, Sent, Tally
from leadflow.cli.demo.world import World

COLOURS = {
    "routed": "green",
    "processed": "yellow",
    "duplicate": "magenta",
    "review": "red",
    "known": "magenta",
    "repeated": "magenta",
    "refused": "red",
}
WORDS = {"processed": "waiting", "known": "known person", "repeated": "same answer again"}


class Board:
    """A table that is drawn again and again.

    Args:
        tally: what became of the requests so far.
        receiver: knows what has arrived at the partners.
        world: names who is named by ids.
        total: requests there will be.
    """

    def __init__(self, tally: Tally, receiver: Receiver, world: World, total: int) -> None:
        self._tally = tally
        self._receiver = receiver
        self._world = world
        self.total = total

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it."""
        yield self._table()
        yield self._figures()

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
        for column in ("time", "from", "vertical", "score", "became"):
            table.add_column(column, no_wrap=True)
        table.add_column("owner", no_wrap=True)
        table.add_column("because", no_wrap=True, overflow="ellipsis", ratio=1)
        for sent in self._tally.latest:
            table.add_row(*self._cells(sent))
        for _ in range(LATEST - len(self._tally.latest)):
            table.add_row()
        return table

    def _cells(self, sent: Sent) -> Iterator[Text]:
        answer = sent.answer
        ended = answer.status if answer else sent.ended
        score = f"{answer.score} {answer.priority}" if answer else ""
        cells = (f"{sent.at:%H:%M:%S}", sent.sending.brand, sent.sending.vertical, score)
        yield from map(Text, cells)
        yield Text(WORDS.get(ended, ended), style=COLOURS.get(ended, "red"))
        yield Text(self._owner(sent))
        yield Text(answer.reason if answer else "", style="dim")

    def _owner(self, sent: Sent) -> str:
        answer = sent.answer
        if answer is None or answer.destination_workspace_id is None:
            return ""
        owner = self._world.workspaces.get(answer.destination_workspace_id, "")
        agent = self._world.agents.get(answer.agent_id) if answer.agent_id else None
        return f"{owner}, {agent}" if agent else owner

    def _figures(self) -> Text:
        tally = self._tally
        line = Text(f"\n{tally.ended.total()} of {self.total} sent", style="bold")
        counts: list[tuple[str, int]] = [*tally.leads.items()]
        counts += [(name, tally.ended[name]) for name in ("known", "refused")]
        for name, count in counts:
            line.append(f"   {WORDS.get(name, name)} ", style="not bold")
            line.append(str(count), style=f"{COLOURS.get(name, '')} not bold")
        line.append("   delivered ", style="not bold")
        line.append(str(len(self._receiver.taken)), style="green not bold")
        return line
