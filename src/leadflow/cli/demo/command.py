"""`leadflow demo`: everything in one command, with a world and leads to watch."""

import os
from typing import Annotated

from cyclopts import Parameter

from leadflow import settings as environment
from leadflow.cli.output import remark
from leadflow.settings import Settings
from leadflow.telemetry import logs, processes


def demo(
    *,
    exit: bool = False,
    leads: int = 400,
    seed: int | None = None,
    json: bool = False,
    started_at: Annotated[float | None, Parameter(show=False)] = None,
) -> int:
    """Run everything, set up a small world, and send it leads until Ctrl-C.

    Three brands, six partners, a dealership, some 30 agents and 25 rules; leads of all verticals,
    some of them twice, some of them no leads at all; and a receiver on this machine that they are
    delivered to. What it keeps is in LEADFLOW_STATE: delete the folder to begin anew. It makes its
    own ENCRYPTION_KEY there. Its log is there as well, in demo.log.

    Args:
        exit: stop when all leads are where they belong; exit code 1 if one is not.
        leads: how many to send.
        seed: the same seed sends the same leads.
        json: print the summary as JSON; only with --exit.
        started_at: when the command above this one began, in seconds of the epoch.
    """
    os.environ["LEADFLOW_PRIVATE_DESTINATIONS"] = "true"  # the receiver is on this machine
    settings = environment.read(os.environ)
    _make_key(settings)
    processes.prepare(settings.metrics_folder)
    logs.configure(level="critical", service=settings.log_service, style="console")

    from leadflow.cli.demo.run import Asked, run_demo
    from leadflow.cli.opening import run

    asked = Asked(leads=leads, seed=seed, exit=exit, json=json, started_at=started_at)
    return run(run_demo(settings, asked))


def _make_key(settings: Settings) -> None:
    """See that there is a key: the one that is set, an earlier demo's, or a new one."""
    if settings.encryption_key is not None or settings.key_file.exists():
        return
    from leadflow.store.seal import new_key

    settings.state.mkdir(parents=True, exist_ok=True, mode=0o711)  # PostgreSQL's user may pass
    settings.key_file.touch(mode=0o600)
    settings.key_file.write_text(new_key() + "\n", encoding="utf-8")
    remark(f"made an ENCRYPTION_KEY for the demo, in {settings.key_file}")
