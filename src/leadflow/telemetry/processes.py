"""Several processes, one set of metrics: each counts into files that any of them can add up."""

import os
import sys
from pathlib import Path

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client looks at it while it is imported


def prepare(folder: Path) -> None:
    """Have this process and its children count into `folder`, from zero.

    `leadflow up` calls it before anything else, in the parent only: children inherit the setting,
    and a child that called it would wipe out what its siblings have counted.

    Raises:
        RuntimeError: prometheus_client is imported already, and counts in memory.
    """
    if "prometheus_client" in sys.modules:
        raise RuntimeError("prepare() comes too late: prometheus_client is imported already")
    folder.mkdir(parents=True, exist_ok=True)
    for left_over in folder.glob("*.db"):
        left_over.unlink()
    os.environ[FOLDER] = str(folder)


def shared() -> bool:
    """Tell whether the metrics of several processes are added up."""
    return FOLDER in os.environ


def forget(pid: int) -> None:
    """Take a child that has ended out of the gauges. What it counted stays.

    Whoever waits for the children calls it; without `prepare` it does nothing.
    """
    if shared():
        from prometheus_client.multiprocess import (  # noqa: PLC0415  # not before `prepare`
            mark_process_dead,
        )

        mark_process_dead(pid)  # type: ignore[no-untyped-call]  # the library's omission
