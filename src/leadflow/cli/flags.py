"""`leadflow flags`: the switches of the whole installation."""

from typing import TYPE_CHECKING, Literal

from cyclopts import App

from leadflow.cli.output import say, say_json, say_table
from leadflow.core.controls import Flag

if TYPE_CHECKING:
    from leadflow.work.controls import Switch

app = App(name="flags")

OnOff = Literal["on", "off"]

COLUMNS = ("flag", "state", "since", "stands for")


@app.default
@app.command(name="list")
def list_(*, json: bool = False) -> None:
    """List all flags. `leadflow flags` alone does so too.

    Args:
        json: print JSON.
    """
    from leadflow.cli.opening import run

    found = run(_list())
    if json:
        say_json(found)
        return
    say_table(COLUMNS, map(_cells, found))


@app.command(name="set")
def set_(name: Flag, to: OnOff, /, *, json: bool = False) -> None:
    """Switch a flag on or off. Processes go by it from their next transaction on.

    Args:
        name: which one.
        to: on or off.
        json: print JSON.
    """
    switch(name, on=to == "on", json=json)


def switch(name: Flag, *, on: bool, json: bool) -> None:
    """Switch a flag, and say how it is then."""
    from leadflow.cli.opening import run

    switched = run(_switch(name, on=on))
    if json:
        say_json(switched)
        return
    say(f"{name} is {_state(switched)}")


async def _list() -> "list[Switch]":
    from leadflow.cli.opening import opened_database
    from leadflow.work import controls

    async with opened_database() as database:
        return await controls.switches(database)


async def _switch(name: Flag, *, on: bool) -> "Switch":
    from leadflow.app import utc_now
    from leadflow.cli.opening import opened_database
    from leadflow.work import controls

    async with opened_database() as database:
        return await controls.switch(database, name, on=on, by="cli", now=utc_now())


def _cells(flag: "Switch") -> tuple[object, ...]:
    since = f"{flag.changed_at:%Y-%m-%d %H:%M:%S}" if flag.changed_at else None
    return (flag.name, _state(flag), since, flag.meaning)


def _state(flag: "Switch") -> str:
    return "on" if flag.enabled else "off"
