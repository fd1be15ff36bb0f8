"""The statements that dashboards and runbooks of the routing system already use."""

import re
from pathlib import Path

RUNBOOK = (Path(__file__).parent / "runbook.md").read_text(encoding="utf-8")
STATEMENTS = re.findall(r"^## (.+?)( \(shows\))?\n\n```sql\n(.+?)\n```", RUNBOOK, re.DOTALL | re.M)


def statement(title):
    """Find one by its title."""
    return next(sql for name, _, sql in STATEMENTS if name == title)
