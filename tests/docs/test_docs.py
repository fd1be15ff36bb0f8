"""What the documentation names exists, and what exists is named where it should be."""

import re
import tomllib
from pathlib import Path

import pytest

import leadflow

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
each_decision = pytest.mark.parametrize("record", DECISIONS, ids=lambda path: path.stem)


def prose(page):
    """Return a page without its fenced blocks, whose links are examples."""
    return re.sub(
        r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )


def anchors(page):
    """List the anchors that a page's headings have."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


def make_targets():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))


def section(page, heading):
    """Return what stands under a heading of the second level."""
    return page.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


@each_page
def test_relative_links_lead_somewhere(page):
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@each_page
def test_make_commands_are_targets(page):
    code = re.findall(
        r"`[^`\n]+`|^```.*?^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    named = {name for part in code for name in re.findall(r"\bmake ([a-z][a-z-]*)\b(?!=)", part)}
    assert named <= make_targets()


def test_every_target_is_in_the_reference():
    reference = (ROOT / "docs" / "reference" / "make.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `make ([a-z-]+)`", reference, re.MULTILINE)) == make_targets()


def test_every_decision_is_in_the_index():
    index = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\((0\d{3}-[^)]+)\)", index) == [record.name for record in DECISIONS]


@each_decision
def test_a_decision_names_what_enforces_it(record):
    enforced = section(record, "Enforced by")
    contracts = {contract["id"] for contract in PYPROJECT["tool"]["importlinter"]["contracts"]}
    assert enforced.strip()
    assert set(re.findall(r"import contract `([^`]+)`", enforced)) <= contracts
    paths = re.findall(r"`((?:tests|src|tools|requirements|docs)/[^`]+)`", enforced)
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_newest_entry_of_the_changelog_is_this_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[([^]]+)]", changelog, re.MULTILINE)
    assert newest
    assert newest[1] in ("Unreleased", leadflow.__version__)


def test_the_version_is_the_same_everywhere():
    assert PYPROJECT["project"]["version"] == leadflow.__version__
