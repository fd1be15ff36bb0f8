"""The guides and the README work: their rules are accepted, and their commands do as they say."""

import asyncio
import re
from datetime import timedelta
from urllib.parse import quote

import asyncpg
import pytest
import yaml

from leadflow import settings
from leadflow.bench.guard import LEAST_SHARE
from leadflow.bench.scenarios import SCENARIOS
from leadflow.cli.routing import COLUMNS
from leadflow.core import score, validate, verticals
from leadflow.core.controls import FLAGS
from leadflow.core.lead import Facts, Lead
from leadflow.core.scorecards import PLAIN_CARD
from leadflow.core.verticals import REGISTRY
from leadflow.store.embedded import EmbeddedPostgres
from leadflow.store.seal import new_key
from leadflow.work.manual import FINAL
from tests.core.submissions import NOW, submission
from tests.docs.installation import CARS, needs_curl
from tests.docs.pages import ROOT, blocks, code, parsed, rows, section, text
from tests.docs.terminal import Terminal, pattern_of

ROUTE_LEADS = text("guides/route-leads.md")
MEASURE = text("guides/measure-your-machine.md")
PRODUCTION = text("guides/run-in-production.md")
README = (ROOT / "README.md").read_text(encoding="utf-8")
STEP = re.compile(r"^```(console|sql)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


# Rules.


@pytest.mark.parametrize("document", blocks(ROUTE_LEADS, "yaml"))
def test_rules_of_the_guide_are_accepted(document):
    parsed(document)


def matched(heading, **attributes):
    """Name the rules of a section's example that match."""
    [document] = blocks(section(ROUTE_LEADS, heading), "yaml")
    known = {name.replace("__", "."): value for name, value in attributes.items()}
    return [rule.name for rule in parsed(document).matching(known)]


def test_examples_match_as_the_guide_says():
    numbers = "Test numbers, zips and answers"
    house = {"vertical": "HOME", "zip": "94110", "email_kind": "free"}
    worth = "data__propertyValue"
    assert matched(numbers, **house, **{worth: 500_000_00})
    assert not matched(numbers, **house, **{worth: 499_999_99})
    assert not matched(numbers, **house)
    assert not matched(numbers, **house, **{worth: 500_000_00, "data__claims": 2})
    free = "Say what conditions cannot"
    assert matched(free, vertical="AUTO", data__drivers=2, score=10)
    assert matched(free, vertical="AUTO", data__timeline="soon", score=60)
    assert not matched(free, vertical="AUTO", score=90)
    near = "Take leads near a place"
    for position in ("37.8044,-122.2697", "38.6800,-121.7700"):  # Oakland; Woodland
        assert matched(near, vertical="HOME", position=position)
    assert not matched(near, vertical="HOME", position="37.3382,-121.8863")  # San Jose
    assert not matched(near, vertical="HOME")
    prefer = "Prefer one partner to another"
    assert matched(prefer, vertical="AUTO", score=60) == [
        "Best offer for good leads",
        "Everything else",
    ]
    assert matched(prefer, vertical="AUTO", score=59) == ["Everything else"]


# Commands.


async def answers(installation, page, variables):
    """Type the commands of a page one block after the other, and give what each prints.

    Args:
        installation: for which they are meant.
        page: whose commands they are.
        variables: makes what the reader is to put in, given a block.
    """
    page = page.replace("127.0.0.1:3000", installation.address.removeprefix("http://"))
    # A refusal is an answer as good as any other to curl, and none to us.
    page = page.replace("curl -sS", "curl -sS --fail-with-body").replace(".venv/bin/", "")
    printed = []
    async with Terminal(installation.folder, installation.environment) as terminal:
        for language, block in STEP.findall(page):
            assert language == "console"
            values = await variables(block)
            settings = "".join(f"{name}={value}\n" for name, value in values.items())
            printed.append(await terminal.run(settings + block))
    return printed


@pytest.mark.slow
@needs_curl
async def test_the_commands_about_rules_work(installation):
    document = yaml.safe_dump({"default": "review", "rules": [CARS]})
    (installation.folder / "rules.yaml").write_text(document, encoding="utf-8")
    lead, other = await installation.lead("AUTO"), await installation.lead("AUTO")
    await asyncio.wait_for(installation.attempted(other), timeout=30)

    async def variables(_):
        return installation.ids | {"KEY": installation.key, "LEAD": lead, "OTHER_LEAD": other}

    rules, changed, timed, answered, why = await answers(installation, ROUTE_LEADS, variables)
    assert "Cars in the West" in rules
    assert '"day":50' in changed
    assert '"accept_within_minutes":30' in timed
    assert '"accepted_at"' in answered
    assert '"detail":"wrong_area"' in answered
    assert "Cars in the West" in why
    await installation.open(installation.ids["DESTINATION"])


@pytest.mark.slow
@needs_curl
async def test_the_commands_about_receiving_work(installation):
    lead = await installation.lead("AUTO")

    async def variables(_):
        return {"KEY": installation.key, "LEAD": lead}

    made, shown = await answers(installation, text("guides/receive-leads-by-webhook.md"), variables)
    assert '"secret":"whsec_' in made
    assert "Deliveries" in shown


@pytest.mark.slow
@needs_curl
async def test_a_stuck_lead_is_recovered_as_the_guide_says(installation):
    page = text("guides/recover-a-stuck-lead.md")
    stuck = [await installation.lead("HOME") for _ in range(13)]
    other, review = stuck.pop(), await installation.review_of(stuck.pop())
    owned = await installation.lead("AUTO")
    await asyncio.wait_for(installation.attempted(owned), timeout=30)
    houses = CARS | {"name": "Houses", "if": {"vertical": "HOME"}}
    await installation.put("workspaces/quotes/rulebook", default="review", rules=[CARS, houses])

    async def variables(block):
        lead = owned if "--force" in block or "outcome" in block else stuck.pop()
        return {
            **installation.ids,
            "KEY": installation.key,
            "LEAD": lead,
            "OTHER_LEAD": other,
            "REVIEW": review,
        }

    [
        listed,
        reviews,
        why,
        by_rules,
        to_agent,
        by_api,
        reopened,
        forced,
        over,
        closed,
    ] = await answers(installation, page, variables)
    assert "review" in listed
    assert "No rule of 1 matched" in reviews
    assert "a person has to look" in why
    assert 'Rule "Houses" places it with summit/auto' in by_rules
    assert "placed by hand. (agent Ada)" in to_agent
    assert '"success":true' in by_api
    assert reopened.startswith("It waits for an owner again.")
    assert "placed by hand. (agent Ada)" in forced
    assert over.startswith("converted since ")
    assert "the receiver has it" in closed
    assert all(f"`{status}`" in page for status in FINAL)


@pytest.mark.slow
@needs_curl
async def test_routing_is_paused_and_resumed_as_the_guide_says(installation):
    async def variables(_):
        return {"KEY": installation.key, "WORKSPACE": "quotes"}

    page = text("guides/pause-routing.md")
    [
        status,
        paused,
        resumed,
        retried,
        off_and_on,
        flags,
        by_api,
        retried_by_api,
        audited,
    ] = await answers(installation, page, variables)
    assert "routing is on, for leads of every priority" in status
    assert [each in status for each in ("received", "not due", "in review")] == [True] * 3
    assert "routing is paused for leads below hot, since" in paused
    assert "leads of every priority are routed" in resumed
    assert retried.count("to be tried now") == 2
    assert "enableAutoRouting is off\nenableAutoRouting is on" in off_and_on
    assert all(flag in flags for flag in FLAGS)
    assert '"below":"warm"' in by_api
    assert '"workspaces":[' in by_api
    assert '"made_due":' in retried_by_api
    assert all(f"routing.{did}" in audited for did in ("paused", "resumed", "retried"))
    shown = section(page, "See how it stands")
    told = re.findall(r"^\| ([a-z ]+) \| [a-z]", shown, re.MULTILINE)
    assert told[1:] == [each for each in COLUMNS if each != "next due"]


@pytest.mark.slow
@needs_curl
async def test_the_readmes_curl_gets_the_answer_it_shows(installation):
    made = await installation.post(
        "keys", workspace="quotes", name="readme", scopes=["leads:write"]
    )

    async def variables(_):
        return {"KEY": made["key"], "LEAD": await installation.newest()}

    answered, why = await answers(installation, README, variables)
    [shown] = blocks(README, "text")
    assert pattern_of(shown).search(answered)
    assert "Rules that matched" in why


# Production.


@pytest.mark.slow
async def test_an_installation_is_set_up_as_the_guide_says(folder, environment):
    with EmbeddedPostgres(folder / "state").in_use() as url:
        place = url.rpartition("@")[2].partition("/")[0]
        owner = f"shop:{quote('change me')}"  # our own server has a user `leadflow` already
        environment |= {
            "DATABASE_URL": f"postgresql://{owner}@{place}/shop",
            "ENCRYPTION_KEY": new_key(),
            "LEADFLOW_STATE": str(folder / "application"),
        }
        admin = await asyncpg.connect(url)
        printed = []
        async with Terminal(folder, environment) as terminal:
            for language, block in STEP.findall(PRODUCTION):
                if language == "console":
                    printed.append(await terminal.run(block))
                    continue
                for statement in block.strip().split(";\n"):
                    await admin.execute(re.sub(r"\bleadflow\b", "shop", statement))
        await admin.close()
        await a_dashboard_reads_what_it_may(place)
    migrated, checked, counted, link = printed
    assert "schema: up to date" in migrated
    assert "database: DATABASE_URL, up to date" in checked
    assert "(0 rows)" in counted
    assert "/console/login?token=" in link


async def a_dashboard_reads_what_it_may(place):
    reader = await asyncpg.connect(f"postgresql://dashboards:{quote('change me too')}@{place}/shop")
    assert await reader.fetchval("SELECT count(*) FROM leads") == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await reader.fetchval("SELECT count(*) FROM lead_contacts")
    await reader.close()


@pytest.mark.parametrize("name", re.findall(r"^\| `([A-Z_]+)` \|", PRODUCTION, re.MULTILINE))
def test_a_setting_that_the_guide_names_is_one(name):
    assert name in {variable.name for variable in settings.VARIABLES}


# The code.


def test_a_vertical_that_is_only_registered_is_read_and_scored():
    guide = text("guides/add-a-vertical.md")
    fields, defined = blocks(guide, "python")
    names = dict(vars(verticals))
    exec(fields, names)  # noqa: S102  # the guide's own code is what is tested
    pet = eval(defined, names)  # noqa: S307
    body = {
        "vertical": "pet",
        "external_id": "1",
        "vertical_data": {"species": "Dog", "age_years": 3},
    }
    lead = validate.read(submission(body), NOW, {**REGISTRY, pet.name: pet})
    assert isinstance(lead, Lead)
    assert lead.data == {"species": "dog", "ageYears": 3}
    assert score.fallback(lead, Facts()).value == PLAIN_CARD.base


# Measuring.


def test_scenarios_are_as_the_guide_says():
    told = {code(row[0])[0]: row for row in rows(section(MEASURE, "See whether a load is borne"))}
    assert list(told) == list(SCENARIOS)
    for name, scenario in SCENARIOS.items():
        _, a_second, lasts, expected = told[name]
        assert a_second == f"{scenario.a_second:g}"
        assert lasts == f"{scenario.lasts / timedelta(minutes=1):g} min"
        assert f"{scenario.least_success:.0%}".replace("%", " % taken") in expected
        assert f"p95 below {scenario.p95_below.total_seconds():g} s" in expected
        assert scenario.recovered_within == timedelta(minutes=5)


def test_the_share_that_is_guarded_is_the_one_that_the_guide_names():
    told = section(MEASURE, "Keep it from getting slower")
    assert f"than {LEAST_SHARE:.0%} of".replace("%", " %") in told
