"""What holds for every page: its markup, its headers, and what becomes of hostile text."""

import re

import pytest
from msgspec.structs import replace

from leadflow.app import utc_now
from leadflow.console import login_link
from leadflow.store.database import Database
from leadflow.store.seal import Vault
from tests.console import scenes
from tests.console.conftest import ADDRESS, browser, log_in
from tests.console.page import Page, complain
from tests.console.scenes import SCENES, brand, partner, someone, source, take

UNKNOWN = "01890000-0000-7000-8000-000000000000"
OPEN = ["/login", "/console/login", "/console/login?token=abc"]
PAGES = [
    *OPEN,
    "/",
    "/leads",
    "/leads?status=routed&owner=nobody&min_score=high",
    "/leads?before=01890000-0000-7000-8000-000000000000",
    f"/leads/{UNKNOWN}",
]
FILES = {
    "/console/console.css": "text/css; charset=utf-8",
    "/console/console.js": "text/javascript; charset=utf-8",
    "/console/console.svg": "image/svg+xml",
}
POLICY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "script-src": "'self'",
    "connect-src": "'self'",
    "img-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
    "content-type": "text/html; charset=utf-8",
}
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; DROP TABLE leads; --",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; &amp;amp;",
    "W" * 90,
    "مرحبا بالعالم",
    "😀👩‍👩‍👧‍👦 Ω",
    "javascript:alert(1)",
    "</title></main></html>",
]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
async def test_every_page_of_every_state_is_sound(world, console, scene):
    """Whatever a page names must be there, too: a name that is not fails the page."""
    lead = await scene(world)
    for path in ("/", "/console/live", "/leads", f"/leads/{lead}"):
        answer = await console.get(path)
        assert answer.status_code == 200, path
        assert complain(Page(answer.text), whole=path != "/console/live") == []


@pytest.mark.parametrize("path", PAGES)
async def test_every_other_page_is_sound(console, path):
    assert complain(Page((await console.get(path)).text)) == []


@pytest.mark.parametrize("path", [*PAGES, "/console/live"])
async def test_every_page_brings_the_headers_that_protect_it(console, path):
    answer = await console.get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value, name
    policy = dict(
        each.split(" ", 1) for each in answer.headers["content-security-policy"].split("; ")
    )
    assert policy == POLICY


@pytest.mark.parametrize("path", [path for path in PAGES if path not in OPEN])
async def test_also_who_is_sent_away_gets_those_headers(visitor, path):
    answer = await visitor.get(path)
    assert answer.status_code == 303
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(("path", "kind"), FILES.items())
async def test_files_may_be_kept_because_their_address_changes_with_them(visitor, path, kind):
    page = (await visitor.get("/login")).text + (await visitor.get("/console/login")).text
    address = f"{path}?v=0"
    if not path.endswith(".js"):  # only the first page has a script
        [address] = set(re.findall(re.escape(path) + r"\?v=[0-9a-f]{12}", page))
    answer = await visitor.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == kind
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_pages_name_only_files_that_are_there(console):
    page = Page((await console.get("/")).text)
    addresses = [each.attributes["href"] for each in page.all("link")]
    addresses += [each.attributes["src"] for each in page.all("img", "script")]
    for address in addresses:
        assert (await console.get(address)).status_code == 200, address


def test_the_style_sheet_fetches_nothing_and_knows_every_class(request):
    folder = request.config.rootpath / "src/leadflow/console"
    style = (folder / "static/console.css").read_text()
    assert "url(" not in style
    assert "@import" not in style
    used = " ".join(
        name
        for template in (folder / "templates").iterdir()
        for name in re.findall(r'class="([^"{]*)', template.read_text())
    ).split()
    unknown = {name for name in used if not re.search(rf"\.{re.escape(name)}\b", style)}
    assert unknown <= {"badge", "event"}


# Hostile text.


@pytest.fixture
async def hostile(world):
    """Have a lead of which every text that people can choose is hostile; give its id."""
    first, second, *_ = HOSTILE
    everything = " ".join(HOSTILE)
    name = f"buyer/{everything[:200]}"
    await partner(world, name, assigns_agents=True)
    await world.agent(f"buyer/{everything[:200]}", state="CA")
    await brand(
        world,
        "brand",
        {"name": everything[:100], "priority": 1, "to": name},
        {"name": second, "priority": 0, "if": {"data.make": HOSTILE}, "to": name},
    )
    where = await source(world, "brand", "webhook", everything[:200])
    body = someone(contact={"firstName": first, "lastName": HOSTILE[5], "email": "a@b.example"})
    body["contact_info"]["address"] |= {"street": second, "city": HOSTILE[6]}
    body["vertical_data"] |= {"make": first, "model": HOSTILE[7]}
    body |= {"traffic_source": everything[:100], "external_id": second}
    body |= {text: {text: [text, {text: text}]} for text in HOSTILE}
    lead = await take(world, "brand", body, source=where)
    await scenes.deliver(world, replace(scenes.NEVER, error=everything))
    return lead


@pytest.mark.parametrize("path", ["/", "/console/live", "/leads", "/leads/{}"])
async def test_hostile_text_stays_text(console, hostile, path):
    answer = await console.get(path.format(hostile))
    assert answer.status_code == 200
    page = Page(answer.text)
    assert complain(page, whole=path != "/console/live") == []
    assert page.all("script") == page.all("script", defer=None)
    assert len(page.all("img")) == (path != "/console/live")
    assert "<script>alert" not in answer.text
    if path == "/leads/{}":
        for text in HOSTILE:
            assert " ".join(text.split()) in page.text, text


@pytest.mark.parametrize("text", HOSTILE)
async def test_what_was_asked_is_shown_again_as_text(console, text):
    answer = await console.get("/leads", params={"owner": text, "source": text})
    page = Page(answer.text)
    assert complain(page) == []
    assert page.one("input", name="owner").attributes["value"] == text.strip()


async def test_a_token_is_shown_again_as_text(visitor):
    answer = await visitor.get("/console/login", params={"token": HOSTILE[1]})
    page = Page(answer.text)
    assert page.one("input").attributes["value"] == HOSTILE[1]
    assert complain(page) == []


# What goes wrong.


async def test_while_the_database_is_away_there_is_a_page_that_says_so(app):
    away = Database("postgresql://leadflow@127.0.0.1:1/leadflow")
    await away.open()
    try:
        async with browser(replace(app, database=away)) as client:
            client.cookies.set("leadflow_console", "x")
            for path in ("/", "/leads", f"/leads/{UNKNOWN}", "/console/live"):
                answer = await client.get(path)
                assert answer.status_code == 503
                assert answer.headers["retry-after"] == "5"
                page = Page(answer.text)
                assert page.one("h1").text.startswith("The database is not reachable")
                assert complain(page) == []
            answer = await client.post("/console/login", data={"token": "x"})
            assert answer.status_code == 503
    finally:
        await away.close()


async def test_a_lead_that_cannot_be_unsealed_is_our_mistake_and_says_no_more(app, world):
    lead = await scenes.routed(world)
    async with browser(replace(app, vault=Vault([b"another key of thirty-two bytes!"]))) as client:
        await log_in(client, await login_link(app.database, ADDRESS, utc_now()))
        answer = await client.get(f"/leads/{lead}")
    assert answer.status_code == 500
    page = Page(answer.text)
    assert page.one("h1").text == "Something went wrong on our side; the log says what."
    assert complain(page) == []


@pytest.mark.parametrize("token", ["x" * 101, "x" * 5000])
async def test_a_link_with_a_token_that_is_none_is_answered_with_a_page(visitor, token):
    answer = await visitor.get("/console/login", params={"token": token})
    assert answer.status_code == 400
    assert Page(answer.text).one("h1").text == "What was sent cannot be read."
