"""What the demo says at its end: figures, addresses, and commands to try."""

import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from leadflow.api.examples import LEAD
from leadflow.cli.demo.board import WORDS
from leadflow.cli.demo.sending import Tally
from leadflow.cli.demo.summary import Summary
from leadflow.cli.demo.world import World
from leadflow.cli.installation import Running, login_link
from leadflow.cli.output import say
from leadflow.settings import Settings

BRAND = "quotewise"  # whose key the commands carry


def say_summary(summary: Summary) -> None:
    """Say what became of every request."""
    ended = summary.ended
    by_status = ", ".join(
        f"{count} {WORDS.get(status, status)}" for status, count in summary.leads.items()
    )
    by_state = ", ".join(f"{count} {state}" for state, count in summary.deliveries.items())
    say("")
    say(f"{summary.sent} leads were sent in {summary.seconds} s (seed {summary.seed}):")
    say(f"  {ended.get('new', 0):>5} new: {by_status}")
    say(f"  {ended.get('known', 0):>5} of people who were known: 409, with the first lead's id")
    say(f"  {ended.get('repeated', 0):>5} repeated requests: the first answer again")
    say(f"  {ended.get('refused', 0):>5} no leads: 400, with every problem")
    say(f"deliveries: {by_state}; the receiver was busy for {summary.put_off}, which came again")
    if summary.seconds_to_first_routed is not None:
        say(f"the first lead was routed {summary.seconds_to_first_routed} s after the start")
    for problem in summary.problems:
        say(f"not as it should be: {problem}")


async def say_what_to_try(
    here: Running, settings: Settings, keys: Mapping[str, str], tally: Tally, world: World
) -> None:
    """Say where to look, and what to type."""
    leads = f"{here.address}/api/v1/leads"
    say("")
    say(f"console, a link that opens it once:  {await login_link(here.url, here.address)}")
    say(f"API documentation:                   {here.address}/docs")
    say(f"metrics:                             {here.address}/metrics")
    say(f"what is kept, and the log:           {settings.state}")
    say("")
    say("Send a lead:")
    say(f"  {_curl(keys[BRAND], leads, LEAD)}")
    say("List the latest:")
    say(f"  {_curl(keys[BRAND], f'{leads}?limit=5')}")
    if (routed := tally.first_routed) is not None:
        say("Ask why a lead is where it is:")
        say(f"  {_curl(keys[routed.sending.brand], f'{leads}/{routed.lead_id}/explain')}")
    if (left := tally.last_in_review) is not None:
        say("Route one by hand that no rule was for:")
        to = {"agentId": str(world.specialists[left.sending.vertical])}
        say(f"  {_curl(keys[left.sending.brand], f'{leads}/{left.lead_id}/route', to)}")
    say("Look into the database, without personal data:")
    say(f"  {_command()} db psql --role adf_ro -- -c 'TABLE lead_routing_logs LIMIT 5'")
    say("")
    say("Ctrl-C stops everything; the data stays, and the next demo goes on with it.")


def _curl(key: str, url: str, body: object = None) -> str:
    """Write a command for a shell."""
    words = ["curl", "-s", url, "-H", f"Authorization: Bearer {key}"]
    if body is not None:
        words += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
    return shlex.join(words)


def _command() -> str:
    """Write how `leadflow` is called from here."""
    program = Path(sys.executable).with_name("leadflow")
    here = Path.cwd()
    return str(program.relative_to(here) if program.is_relative_to(here) else program)
