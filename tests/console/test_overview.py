"""The first page: how much there is of what, and the latest leads."""

from datetime import timedelta

import pytest

from leadflow.app import utc_now
from leadflow.console import desk
from leadflow.console.chart import HEIGHT, WIDTH, sparkline
from leadflow.console.wording import moment
from leadflow.store import console as store
from leadflow.work import controls
from tests.console import scenes
from tests.console.page import Page
from tests.console.scenes import SCENES, brand, earlier, take


async def open_(console, path="/"):
    answer = await console.get(path)
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def figures(page, heading):
    """Read the figures under a heading."""
    [found] = [each for each in page.all("h3") if each.text == heading]
    return {
        row.one("dt").children[0].text if row.one("dt").all("a") else row.one("dt").children[0]: row
        for row in found.parent.one("dl").all("div")
    }


def numbers(page, heading):
    return {
        name.strip(): int(row.one("dd").text.replace(",", ""))
        for name, row in figures(page, heading).items()
    }


async def test_an_empty_installation_says_how_to_begin(console):
    page = await open_(console)
    assert "No leads yet. Send one with POST /api/v1/leads" in page.text
    assert set(numbers(page, "Leads now").values()) == {0}
    assert page.all("div", class_="alarm") == []


async def test_it_counts_what_is_under_way_and_what_came_in(world, console):
    for scene in SCENES:
        await scene(world)
    page = await open_(console)
    assert numbers(page, "Leads now") == {
        "Received": 1,
        "Being routed": 1,
        "Waiting": 2,
        "Retry queue due": 0,
        "In review": 2,
    }
    assert numbers(page, "Leads of the last 24 hours") == {
        "Arrived": len(SCENES),  # the expired one came long ago, and the duplicate's first counts
        "Routed": 9,
        "Duplicate": 1,
        "Expired": 1,
        "Rejected": 1,
    }
    assert numbers(page, "Deliveries") == {
        "Delivered": 1,
        "Due": 3,
        "Unknown": 1,
        "Dead": 1,
        "Unsettled": 2,
    }
    alarms = [each.one("dt").text.split()[0] for each in page.all("div", class_="alarm")]
    assert alarms == ["In", "Unsettled"]


async def test_it_says_that_routing_is_paused_or_off_and_what_ends_that(world, console):
    assert (await open_(console)).all("p", class_="panel stop") == []
    await controls.pause(world.database, "hot", by="key:<ops>", now=world.clock())
    await world.flag("enableAutoRouting", False)
    off, paused = (each.text for each in (await open_(console)).all("p", class_="panel stop"))
    assert off == (
        "Routing is switched off: leads are stored, and wait. leadflow routing on ends that."
    )
    since = f"{moment(world.clock())} UTC, by key:<ops>"
    assert paused == (
        f"Routing of warm and cold leads is paused since {since}. "
        "leadflow routing resume ends that."
    )


async def test_what_is_due_is_what_should_have_begun(world, console):
    async with earlier(world, hours=1):
        await scenes.retried(world)
    assert numbers(await open_(console), "Leads now")["Retry queue due"] == 1


async def test_arrivals_are_drawn_minute_by_minute(world, app, console):
    await brand(world, "brand", default="stay")
    for minutes in (90, 59, 10, 10, 0):
        async with earlier(world, minutes=minutes, seconds=1):
            await take(world, "brand")
    page = await open_(console)
    assert page.one("p", class_="big").text == "4 leads"
    drawing = page.one("svg", role="img").attributes["aria-label"]
    assert "4 in all, 2 in the busiest minute, 1 in the last one" in drawing
    async with app.database.service() as connection:
        came = await store.arrivals(connection, utc_now(), 60)
    assert (sum(came), came[-1], came[-11]) == (4, 1, 2)


async def test_what_the_script_fetches_is_the_part_of_the_page_that_changes(world, console):
    await scenes.routed(world)
    page, part = await open_(console), await console.get("/console/live")
    live = page.one("div", id="live")
    assert live.attributes["data-address"] == "/console/live"
    assert Page(part.text).root.text.split("as of")[0] == live.text.split("as of")[0]
    assert "<html" not in part.text
    assert page.one("script").attributes["src"].startswith("/console/console.js?v=")
    assert "hidden" in page.one("button", id="pause").attributes  # until the script is there


async def test_a_session_that_ends_sends_the_script_to_the_login(visitor):
    answer = await visitor.get("/console/live")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


async def test_the_latest_leads_are_those_of_the_list(world, console):
    await brand(world, "brand", default="stay")
    for _ in range(17):
        world.clock.move(milliseconds=1)
        await take(world, "brand")
    overview, everything = await open_(console), await open_(console, "/leads")
    rows = overview.one("table").one("tbody").all("a")
    assert [row.attributes["href"] for row in rows] == [
        row.attributes["href"] for row in everything.one("table").one("tbody").all("a")
    ][:15]


async def test_however_many_pages_are_open_the_database_counts_once(world, app):
    shared = desk.Desk(app)
    first = await shared.figures()
    await scenes.received(world)
    assert await shared.figures() is first


async def test_figures_are_counted_anew_when_they_are_old(world, app):
    shared = desk.Desk(app)
    first = await shared.figures()
    await scenes.received(world)
    shared._good_until = 0.0
    second = await shared.figures()
    assert (first.in_hand.received, second.in_hand.received) == (0, 1)
    assert second.at - first.at < timedelta(minutes=1)


@pytest.mark.parametrize("values", [[0, 0], [0, 1], [5, 5, 5], [1, 1000, 3], [0] * 60])
def test_a_chart_stays_inside_its_drawing(values):
    chart = sparkline(values)
    points = [tuple(map(float, point.split(","))) for point in chart.line.split()]
    assert len(points) == len(values)
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert (points[0][0], points[-1][0]) == (0, WIDTH)
    assert all(0 < y < HEIGHT for _, y in points)
    heights = [y for _, y in points]
    assert heights.index(min(heights)) == values.index(max(values))
