"""The page of one lead: who it is, why it is where it is, what happened to it."""

from datetime import timedelta

import pytest

from leadflow.core.explain import GATES
from leadflow.core.schedule import Opening, WeeklyHours
from leadflow.work import viewing
from tests.console import scenes
from tests.console.page import Page
from tests.console.scenes import SILENCE, brand, deliver, partner, source, take
from tests.world import hours, person


async def look(console, lead):
    answer = await console.get(f"/leads/{lead}")
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def stage(page):
    return page.one("h1").parent.all("span")[0].text


def notes(page):
    return [each.text for each in page.all("p") if "note" in each.attributes.get("class", "")]


def outcome(page):
    return page.one("p", class_="outcome").text


# Who it is.


async def test_it_shows_the_person_and_what_they_said(world, console):
    await brand(world, "brand")
    where = await source(world, "brand", "webhook", "quotes.example")
    body = person(1, contact={"dateOfBirth": "1961-07-09"}) | {
        "external_id": "X-1",
        "traffic_source": "organic",
        "utmCampaign": "spring",
        "nested": {"deep_down": [1, True, None]},
    }
    body["vertical_data"] |= {"budget": 1250.5, "annualMileage": 12000}
    page = await look(console, await take(world, "brand", body, source=where))
    assert page.one("h1").text == "Zebulon Quackenbush1"
    assert page.pairs("Contact") == {
        "Name": "Zebulon Quackenbush1",
        "Email": "zeb1@wheelwright.example",
        "Phone": "+14152000001 (valid)",
        "Address": "77 Nowhere Lane, CA 94110",
        "Born": "1961-07-09",
    }
    said = page.pairs("What they said")
    assert said["Vehicle year"] == "2020"
    assert said["Annual mileage"] == "12000"
    assert said["Budget"] == "$1,250.50"
    assert said["Utm campaign"] == "spring"
    assert said["Deep down"] == "1, yes,"
    about = page.pairs("About this lead")
    assert about["From"] == "brand webhook · quotes.example"
    assert about["Traffic source"] == "organic"
    assert about["External ID"] == "X-1"
    assert about["Owner"] == "nobody"


async def test_the_title_of_the_window_names_nobody(world, console):
    lead = await scenes.routed(world)
    page = await look(console, lead)
    assert page.one("title").text == f"Lead {str(lead)[-8:]} · leadflow"


async def test_it_warns_of_what_is_odd(world, console):
    await brand(world, "brand")
    body = person(1, contact={"phone": "1234567890"}) | {"colour": "red"}
    page = await look(console, await take(world, "brand", body))
    warnings = page.one("ul", class_="warnings").text
    assert "phone_unverified" in warnings
    assert "unknown_field" in warnings
    assert page.pairs("Contact")["Phone"] == "1234567890 (no valid number)"


async def test_an_erased_person_is_nowhere_on_the_page(world, console):
    page = await look(console, await scenes.erased(world))
    assert page.one("h1").text == "A person who was erased"
    assert "Erased." in page.section("Contact").text
    assert "Erased." in page.section("What they said").text
    assert "Zebulon" not in page.text
    assert "wheelwright" not in page.text


# What it is worth.


@pytest.mark.parametrize(
    ("vertical", "data"),
    [
        ("AUTO", {}),
        ("AUTO", {"accidents": 20, "violations": 20, "vehicleYear": 1950}),
        ("LIFE", {"tobacco": True, "coverageAmount": 1_000_000}),
        ("B2B", {"employees": 4000, "budget": 100_000}),
    ],
)
async def test_the_reasons_of_the_score_add_up_to_it(world, console, vertical, data):
    await brand(world, "brand")
    lead = await take(world, "brand", person(1, vertical=vertical, data=data))
    page = await look(console, lead)
    points = [
        row["Points"].replace("\u2212", "-") for row in page.table("What the score is made of")
    ]
    score = (await world.lead(lead))["score"]
    assert sum(map(float, points)) == pytest.approx(score)
    assert page.section("Score").one("tfoot").one("td").text == str(score)
    assert f"score {score}" in page.one("p", class_="tags").text


async def test_it_says_that_no_model_scored_and_how_good_the_lead_is(world, console):
    lead = await scenes.review(world)
    page = await look(console, lead)
    assert "the fallback scorecard, as nobody has trained a model for it" in page.text
    parts = {
        row.one("dt").text: row.one("dd").text for row in page.one("dl", class_="parts").all("div")
    }
    assert list(parts) == ["Completeness", "Freshness", "Reliability of the source", "Engagement"]
    assert parts["Freshness"] == "100 %"


# Why it is where it is.


async def crossroads(world):
    """Have rules that lead to each kind of obstacle, and to one place that takes the lead."""
    today = world.clock().weekday()
    closed = WeeklyHours(
        "UTC",
        tuple(
            Opening((today + 3) % 7, each.opens, each.closes) for each in hours(9, 17).openings[:1]
        ),
    )
    await partner(world, "full/leads", caps={"day": 0, "month": 0})
    await partner(world, "shut/leads", hours=closed)
    await partner(world, "paused/leads", active=False)
    await partner(world, "busy/leads", assigns_agents=True)
    await world.agent("busy/bea", capacity=0)
    await partner(world, "unfit/leads", assigns_agents=True)
    await world.agent("unfit/uma", licensed_states=["NY"])
    await partner(world, "winner/leads", assigns_agents=True)
    await world.agent("winner/ann", rating=5, conversion_rate=1, specialties=["AUTO"], state="CA")
    await world.agent("winner/bob", rating=1, conversion_rate=0.1)
    await world.agent("winner/off", active=False)
    await brand(
        world,
        "brand",
        *(
            {"name": slug, "priority": 100 - place, "to": f"{slug}/leads"}
            for place, slug in enumerate(("full", "shut", "paused", "busy", "unfit", "winner"))
        ),
        {"name": "again", "priority": 1, "to": "winner/leads"},
        {"name": "elsewhere", "priority": 50, "if": {"state": "NY"}, "to": "winner/leads"},
        {"name": "dear", "priority": 49, "if": {"score": {"min": 99}}, "to": "winner/leads"},
        {"name": "off", "priority": 48, "enabled": False, "to": "winner/leads"},
        agent_weights={
            "specialization": 0.1, "proximity": 0.2, "performance": 0.3, "availability": 0.4
        },
    )  # fmt: skip
    return await take(world, "brand")


async def test_each_rule_that_matched_says_what_became_of_it(world, console):
    page = await look(console, await crossroads(world))
    rows = {row["Rule"]: row for row in page.table("Rules that matched")}
    assert list(rows) == ["full", "shut", "paused", "busy", "unfit", "winner", "again"]
    became = {name: row["What became of it"] for name, row in rows.items()}
    assert became["full"].startswith(f"{GATES['capped']} day cap 0 of 0, month cap 0 of 0")
    assert "opens again 20" in became["full"]
    assert became["shut"].startswith(f"{GATES['closed']} closed in UTC, opens 20")
    assert became["paused"] == GATES["inactive"]
    assert became["busy"] == f"{GATES['no_agent']} 1 agent: 1 at capacity"
    assert became["unfit"] == f"{GATES['nobody']} 1 agent: 1 not licensed"
    assert became["winner"] == "gets the lead"
    assert became["again"] == f'{GATES["repeated"]} rule "winner" leads there too'
    assert [row["Rank"] for row in rows.values()] == ["\u2013"] * 5 + ["1", "\u2013"]
    assert rows["winner"]["Priority"] == "95"
    assert rows["winner"]["Destination"] == "winner/leads"
    assert 'Rule "winner" places it with winner/leads' in outcome(page)


async def test_each_agent_says_what_they_were_ranked_by(world, console):
    page = await look(console, await crossroads(world))
    [ann, bob, off] = page.table("Agents of winner.")
    assert ann == {
        "Rank": "1",
        "Agent": "ann",
        "Rank score": "0.960",
        "Specialization \u00d7 0.1": "1.00",
        "Proximity \u00d7 0.2": "0.80",
        "Performance \u00d7 0.3": "1.00",
        "Availability \u00d7 0.4": "1.00",
    }
    assert bob["Rank"] == "2"
    assert (off["Rank"], off["Rank score"]) == ("\u2013", "is not active")
    [bea] = page.table("Agents of busy.")
    assert bea["Rank score"] == "is at capacity 0 of 0 leads open"
    [chosen] = [row for row in page.all("tr", class_="winner") if row.all("svg")]
    assert chosen.one("th").text == "ann"
    assert page.pairs("About this lead")["Agent"] == "ann"


async def test_each_rule_that_did_not_match_says_what_failed(world, console):
    page = await look(console, await crossroads(world))
    rows = {row["Rule"]: row["Failed on"] for row in page.table("Rules that did not match")}
    assert list(rows) == ["elsewhere", "dear", "off"]
    assert "state" in rows["elsewhere"]
    assert "CA" in rows["elsewhere"]
    assert "score" in rows["dear"]
    assert rows["off"] == "switched off"


async def test_what_was_decided_before_can_be_read_as_well(world, console):
    page = await look(console, await scenes.failed(world))
    earlier = page.all("details", class_="earlier")
    assert len(earlier) == 2
    assert all("No agents found for lead" in each.one("summary").text for each in earlier)
    assert len(page.section("Timeline").all("li", class_="decision")) == 3


async def test_only_the_latest_decisions_are_told(world, console):
    lead = await scenes.waiting(world)
    async with world.routing() as routing:
        for _ in range(viewing.MOST_DECISIONS + 2):
            world.clock.move(days=1)
            await routing.run_once()
    page = await look(console, lead)
    assert len(page.all("details", class_="earlier")) == viewing.MOST_DECISIONS - 1


# Where it stands.


async def test_a_lead_that_waits_says_until_when(world, console):
    page = await look(console, await scenes.waiting(world))
    midnight = (world.clock() + timedelta(days=1)).replace(hour=0, minute=0, second=0)
    [note] = notes(page)
    assert f"It waits for an opening, until {midnight:%Y-%m-%d %H:%M:%S} (in " in note
    assert "0 of 3 tries are used." in note
    assert stage(page) == "waiting"


async def test_a_lead_that_is_tried_again_says_when_and_why(world, console):
    page = await look(console, await scenes.retried(world))
    [note] = notes(page)
    assert note.startswith("It is tried again at 20")
    assert "1 of 3 tries are used. The last one: No agents found for lead" in note


async def test_a_lead_in_review_says_why(world, console):
    page = await look(console, await scenes.review(world))
    [note] = notes(page)
    assert note.startswith("A person has to look, since 20")
    assert "No rule of 0 matched, and the source wants a person to look" in note
    assert stage(page) == "in review"


async def test_a_delivery_that_nobody_is_sure_of_says_that_a_person_has_to_look(world, console):
    page = await look(console, await scenes.unknown_delivery(world))
    assert stage(page) == "routed"
    [note] = notes(page)
    assert "Delivery: no answer that settles it in 1 attempts" in note


async def test_a_duplicate_leads_to_the_lead_that_a_partner_has(world, console):
    page = await look(console, await scenes.duplicate(world))
    [link] = [
        each for each in page.all("a") if each.inside("p") in page.all("p", class_="note calm")
    ]
    assert (await console.get(link.attributes["href"])).status_code == 200
    first = await look(console, link.attributes["href"].rpartition("/")[2])
    assert first.pairs("About this lead")["Owner"] == "first-buyer"
    [moment] = [
        each for each in page.section("Timeline").all("li") if "another partner" in each.text
    ]
    assert moment.one("a").attributes["href"] == link.attributes["href"]
    assert "Duplicate workspace: first-buyer" in moment.text


@pytest.mark.parametrize(
    ("scene", "where", "says"),
    [
        (scenes.received, "received", "It is stored, and nothing has been decided yet."),
        (scenes.being_routed, "being routed", "A worker is routing it now."),
        (scenes.expired, "expired", "It expired: nobody took it in time. No rule of 0 matched"),
        (scenes.rejected, "rejected", "A policy refused it."),
        (scenes.kept, "routed", "No rule of 0 matched, and the source keeps such leads."),
        (scenes.by_hand, "routed", "It was placed by hand."),
    ],
)
async def test_the_page_says_first_how_things_stand(world, console, scene, where, says):
    page = await look(console, await scene(world))
    assert stage(page) == where
    assert outcome(page).startswith(says)


async def test_a_lead_placed_by_hand_shows_the_agent_it_was_given_to(world, console):
    page = await look(console, await scenes.by_hand(world))
    assert page.pairs("About this lead")["Agent"] == "bob"
    [bob] = page.table("Agents of by-hand.")
    assert bob["Rank"] == "1"


# What happened to it.


async def test_the_timeline_tells_all_in_order(world, console):
    page = await look(console, await scenes.delivered(world))
    told = [item.one("strong").text for item in page.section("Timeline").all("li")]
    assert told == [
        "Received",
        "Found valid",
        "Facts added",
        "Scored",
        "Ready for an owner",
        "Decided",
        "Routed",
        "Delivery put in the queue",
        "Attempt 1: taken",
        "Delivered",
    ]


async def test_the_timeline_goes_by_time_first(world, console):
    page = await look(console, await scenes.failed(world))
    times = [item.one("time").attributes["datetime"] for item in page.section("Timeline").all("li")]
    assert times == sorted(times)
    told = [item.one("strong").text for item in page.section("Timeline").all("li")]
    assert told[-2:] == ["Decided", "Given up"]


async def test_a_delivery_shows_each_attempt(world, console):
    lead = await scenes.placed(world, "brand")
    await deliver(world, scenes.NOT_NOW)
    for receipts in ([SILENCE], []):
        world.clock.move(hours=2)
        await deliver(world, *receipts)
    page = await look(console, lead)
    assert "brand-buyer/leads delivered" in page.section("Deliveries").text
    rows = page.table("Attempts")
    assert [(row["Attempt"], row["Outcome"], row["Answer"]) for row in rows] == [
        ("1", "failed", "503"),
        ("2", "no answer came", "\u2013"),
        ("3", "taken", "200"),
    ]
    assert rows[0]["Error"] == "the receiver answered 503"
    assert "Last error: the receiver did not answer within 10 s" in page.section("Deliveries").text


@pytest.mark.parametrize(
    ("scene", "says"),
    [
        (scenes.review, "There is nothing to deliver."),
        (scenes.routed, "It has not been attempted yet."),
        (scenes.retried_delivery, "next attempt 20"),
        (scenes.dead_delivery, "dead"),
        (scenes.unknown_delivery, "unknown"),
    ],
)
async def test_a_delivery_says_how_it_stands(world, console, scene, says):
    page = await look(console, await scene(world))
    assert says in page.section("Deliveries").text


# What is none.


UNKNOWN = "01890000-0000-7000-8000-000000000000"


@pytest.mark.parametrize("id_", [UNKNOWN, "nonsense", "%00", "x" * 2000, "😀"])
async def test_there_is_a_page_for_a_lead_that_is_none(console, id_):
    answer = await console.get(f"/leads/{id_}")
    assert answer.status_code == 404
    assert "There is no such lead." in Page(answer.text).text


# What would have made another rule win.


async def ask(console, lead, rule):
    answer = await console.get(f"/leads/{lead}", params={"rule": rule})
    return Page(answer.text).one("div", id="missed")


@pytest.fixture
async def rivals(world):
    """Have one destination that got a lead, one that is full and one that wants other leads."""
    await partner(world, "acme/leads")
    await partner(world, "full/leads", caps={"day": 0})
    await partner(world, "picky/leads")
    await world.workspace("brand")
    houses = {"name": "houses & flats", "priority": 9, "if": {"vertical": "HOME"}}
    await world.rules("brand", ("acme/leads", 5), ("full/leads", 7), houses | {"to": "picky/leads"})
    return await take(world, "brand")


async def test_a_rules_name_leads_to_what_would_have_made_it_win(console, rivals):
    page = await look(console, rivals)
    links = {
        each.text: each.attributes["href"]
        for each in page.all("a")
        if "rule=" in each.attributes.get("href", "")
    }
    assert links == {
        "to full/leads": f"/leads/{rivals}?rule=to%20full/leads#missed",
        "houses & flats": f"/leads/{rivals}?rule=houses%20%26%20flats#missed",
    }
    full = await ask(console, rivals, "to full/leads")
    assert [each.text for each in full.all("li")] == ["its day cap were 1 and not 0"]
    houses = await ask(console, rivals, "houses & flats")
    assert houses.text.startswith("The rule houses & flats would have won the lead, if")
    assert "vertical is AUTO, not HOME" in houses.text


async def test_of_a_rule_that_won_and_of_none_there_is_nothing_to_change(console, rivals):
    won = await ask(console, rivals, "to acme/leads")
    assert won.text.endswith("It has won the lead.")
    none = await ask(console, rivals, "<script>")
    assert "It cannot be told" in none.text
    assert "<script>" in none.text


async def test_a_rule_to_nobody_could_not_have_won(world, console):
    lead = await scenes.retried(world)
    said = await ask(console, lead, "to empty/leads")
    assert said.text.endswith("Nothing would have: nobody is there to take the lead.")
