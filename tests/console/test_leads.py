"""The list of leads: what it shows, what it can be asked, how it is turned over."""

from datetime import timedelta

import pytest

from tests.console import scenes
from tests.console.page import Page
from tests.console.scenes import SCENES, brand, earlier, partner, someone, source, take


async def found(console, query="", status=200):
    answer = await console.get(f"/leads{query}")
    assert answer.status_code == status, answer.text
    return Page(answer.text)


def ids(page):
    return [link.attributes["href"].rpartition("/")[2] for link in links(page)]


def links(page):
    return [link for table in page.all("table", class_="leads") for link in table.all("a")]


@pytest.fixture
async def variety(world):
    """Have one lead of each sort that filters tell apart; give them by name."""
    await partner(world, "acme/leads", assigns_agents=True)
    await world.agent("acme/ann")
    await brand(
        world,
        "brand",
        {"name": "all", "priority": 1, "if": {"vertical": "AUTO"}, "to": "acme/leads"},
    )
    web = await source(world, "brand", "api", "web")
    paper = await source(world, "brand", "manual", "paper")
    async with earlier(world, days=3):
        old = await take(world, "brand", someone(vertical="LIFE"), source=paper)
    auto = await take(world, "brand", someone(), source=web)
    world.clock.move(milliseconds=1)
    home = await take(world, "brand", someone(vertical="HOME", priority="hot"), source=web)
    return {"old": str(old), "auto": str(auto), "home": str(home)}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["home", "auto", "old"]),
        ("?", ["home", "auto", "old"]),
        (
            "?status=&vertical=&source=&owner=&min_score=&max_score=&since=&until=",
            ["home", "auto", "old"],
        ),
        ("?status=routed", ["auto"]),
        ("?status=review", ["home", "old"]),
        ("?status=waiting", []),
        ("?vertical=HOME", ["home"]),
        ("?vertical=home", ["home"]),
        ("?source=web", ["home", "auto"]),
        ("?source=%20paper%20", ["old"]),
        ("?source=nothing", []),
        ("?owner=acme", ["auto"]),
        ("?owner=brand", []),
        ("?since=TODAY", ["home", "auto"]),
        ("?until=TODAY", ["home", "auto", "old"]),
        ("?until=BEFORE", ["old"]),
        ("?since=BEFORE&until=BEFORE", []),
        ("?until=9999-12-30", ["home", "auto", "old"]),
        ("?min_score=0&max_score=100", ["home", "auto", "old"]),
        ("?min_score=100", []),
        ("?vertical=HOME&source=web&status=review", ["home"]),
        ("?unheard_of=1", ["home", "auto", "old"]),
    ],
)
async def test_a_filter_finds_what_it_names(world, console, variety, query, names):
    today = world.clock()
    query = query.replace("TODAY", f"{today:%Y-%m-%d}")
    query = query.replace("BEFORE", f"{today - timedelta(days=1):%Y-%m-%d}")
    assert ids(await found(console, query)) == [variety[name] for name in names]


async def test_scores_are_bounds_that_count(world, console, variety):
    score = (await world.lead(variety["auto"]))["score"]
    assert variety["auto"] in ids(await found(console, f"?min_score={score}&max_score={score}"))
    assert variety["auto"] not in ids(await found(console, f"?min_score={score + 1}"))
    assert variety["auto"] not in ids(await found(console, f"?max_score={score - 1}"))


STATUSES = {
    "received": ["received"],
    "waiting": ["waiting", "retried"],
    "routing": ["being_routed"],
    "duplicate": ["duplicate"],
    "review": ["failed", "review"],
    "expired": ["expired"],
    "rejected": ["rejected"],
    "unsettled": ["dead_delivery", "unknown_delivery"],
}


async def test_each_status_finds_its_leads_and_the_first_page_counts_as_many(world, console):
    leads = {scene.__name__: str(await scene(world)) for scene in SCENES}
    overview = Page((await console.get("/")).text)
    for status, names in STATUSES.items():
        page = await found(console, f"?status={status}")
        assert set(ids(page)) == {leads[name] for name in names}, status
        [tile] = overview.all("a", href=f"/leads?status={status}")
        if status != "expired":  # that one is about the last day alone
            assert tile.inside("div").one("dd").text == str(len(names)), status
    routed = set(ids(await found(console, "?status=routed")))
    assert routed >= {leads[name] for name in ("routed", "kept", "by_hand", "erased")}


BAD = {
    "status=nonsense": "Status: “nonsense” is not a status of the list.",
    "vertical=BOAT": "Vertical: “BOAT” is not one of AUTO, HOME",
    "owner=nobody": "Owner: “nobody” is not the slug of a workspace.",
    "owner=%00": "is not the slug of a workspace.",
    "source=a%00b": "is not a name of up to 100 characters.",
    f"source={'s' * 101}": "s…” is not a name of up to 100 characters.",
    "min_score=high": "Score from: “high” is not a whole number from 0 to 100.",
    "min_score=-1": "Score from: “-1” is not a whole number from 0 to 100.",
    "max_score=101": "Score to: “101” is not a whole number from 0 to 100.",
    "max_score=%D9%A3": "Score to: “٣” is not a whole number from 0 to 100.",
    f"max_score={'9' * 5000}": f"Score to: “{'9' * 100}…” is not a whole number from 0 to 100.",
    "since=yesterday": "Received from: “yesterday” is not a day such as 2026-05-31.",
    "since=2026-02-30": "Received from: “2026-02-30” is not a day such as 2026-05-31.",
    "until=9999-12-31": "Received to: “9999-12-31” is not a day such as 2026-05-31.",
    "before=first": "Page: “first” is not a page of this list.",
}


@pytest.mark.parametrize(("query", "says"), BAD.items(), ids=[each[:30] for each in BAD])
async def test_what_cannot_be_asked_is_said(console, query, says):
    page = await found(console, f"?{query}", status=400)
    assert says in page.one("div", role="alert").text


async def test_all_that_is_wrong_is_said_at_once_beside_what_was_asked(console):
    page = await found(console, "?" + "&".join(query for query in BAD if "%00" not in query), 400)
    alert = page.one("div", role="alert")
    assert len(alert.all("li")) == 9
    assert page.one("input", name="min_score").attributes["value"] == "-1"
    for name in ("status", "min_score", "owner"):
        [field] = page.all("input", "select", name=name)
        assert field.attributes["aria-invalid"] == "true"
        assert alert.one("li", id=field.attributes["aria-describedby"]).text
    assert links(page) == []


async def test_the_form_shows_again_what_was_asked(console, variety):
    page = await found(
        console, "?status=routed&vertical=auto&owner=acme&min_score=1&since=2026-01-02"
    )
    form = page.one("form", class_="panel filters")
    chosen = [option.text for option in form.all("option") if "selected" in option.attributes]
    assert chosen == ["Routed", "AUTO"]
    given = {field.attributes["name"]: field.attributes["value"] for field in form.all("input")}
    assert given == {
        "source": "", "owner": "acme", "min_score": "1", "max_score": "", "since": "2026-01-02",
        "until": "",
    }  # fmt: skip
    assert {option.attributes["value"] for option in form.one("datalist").all("option")} == {
        "acme",
        "brand",
    }


async def test_a_list_is_turned_over_without_missing_or_repeating_a_lead(world, console):
    await brand(world, "brand", default="stay")
    made = []
    for _ in range(101):
        world.clock.move(milliseconds=1)
        made.append(str(await take(world, "brand")))
    page = await found(console, "?vertical=AUTO")
    seen = ids(page)
    while further := page.all("a", rel="next"):
        address = further[0].attributes["href"]
        assert address.startswith("/leads?vertical=AUTO&before=")
        page = await found(console, address.removeprefix("/leads"))
        seen += ids(page)
    assert seen == made[::-1]
    assert page.one("a", class_="button").attributes["href"] == "/leads?vertical=AUTO"
    assert len(ids(page)) == 1


async def test_a_page_that_is_full_and_the_last_leads_nowhere(world, console):
    await brand(world, "brand", default="stay")
    for _ in range(50):
        await take(world, "brand")
    page = await found(console)
    assert len(ids(page)) == 50
    assert page.all("a", rel="next") == []


async def test_people_in_the_list_are_covered(console, variety):
    page = await found(console)
    assert "Z*** Q***" in page.text
    assert "z***@wheelwright.example" in page.text
    assert "Quackenbush" not in page.text


async def test_a_line_says_where_a_lead_is_and_why(world, console, variety):
    [row] = (await found(console, "?status=routed")).table("Leads")
    assert row["From"] == "brand AUTO · web"
    assert row["Status"] == "routed"
    assert row["Owner"] == "acme ann"
    assert row["Why"].startswith('Rule "all" places it with acme/leads')
    [row] = (await found(console, "?vertical=LIFE")).table("Leads")
    assert row["Owner"] == "nobody"
    assert "3 d ago" in row["Received"]


async def test_a_line_says_first_why_a_person_has_to_look(world, console):
    await scenes.dead_delivery(world)
    [row] = (await found(console)).table("Leads")
    assert row["Status"] == "routed unsettled"
    assert row["Why"] == "Delivery: it will never be taken (the receiver answered 410)."


async def test_an_erased_person_has_a_line(world, console):
    lead = await scenes.erased(world)
    [row] = (await found(console)).table("Leads")
    assert row["Lead"] == f"erased {str(lead)[-8:]}"


async def test_a_lead_without_a_name_goes_by_what_there_is(world, console):
    await brand(world, "brand")
    await take(world, "brand", {"vertical": "HEALTH", "external_id": "X-9"})
    [row] = (await found(console)).table("Leads")
    assert row["Lead"].startswith("X-9 ")


async def test_an_empty_list_says_so(console):
    assert "No leads yet." in (await found(console)).text
    assert "No leads match." in (await found(console, "?status=routed")).text
