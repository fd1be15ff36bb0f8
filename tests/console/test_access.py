"""Who may look: whoever has opened a login link, until the session ends."""

import asyncio
from datetime import timedelta

import pytest

from leadflow.app import utc_now
from leadflow.cli import installation
from leadflow.console import login_link, routes
from leadflow.store import sessions
from tests.console.conftest import ADDRESS, browser, log_in
from tests.console.page import Page

HOUR = timedelta(hours=1)
GUARDED = [
    ("GET", "/"),
    ("GET", "/console/live"),
    ("GET", "/leads"),
    ("GET", "/leads?status=routed"),
    ("GET", "/leads/01890000-0000-7000-8000-000000000000"),
    ("GET", "/leads/nonsense"),
    ("POST", "/console/logout"),
]
REFUSED = "This link has been used already, or is too old. Get a new one:"


async def link(app, *, ago=timedelta(0)):
    return await login_link(app.database, ADDRESS, utc_now() - ago)


@pytest.mark.parametrize(("method", "path"), GUARDED)
@pytest.mark.parametrize("session", [None, "", "nonsense", "x" * 5000])
async def test_nobody_gets_by_without_a_session(visitor, method, path, session):
    headers = {} if session is None else {"Cookie": f"leadflow_console={session}"}
    answer = await visitor.request(method, path, headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert answer.content == b""


def test_every_page_but_those_that_let_people_in_is_guarded(app):
    guarded, free = (
        {(method, route.path) for route in router.routes for method in route.methods - {"OPTIONS"}}
        for router in routes(app)
    )
    asked = {(method, path.partition("?")[0]) for method, path in GUARDED}
    assert {each for each in guarded if "{" not in each[1]} <= asked
    assert {path for _, path in guarded if "{" in path} == {"/leads/{lead_id:str}"}
    assert free == {
        ("GET", "/login"),
        ("GET", "/console/login"),
        ("POST", "/console/login"),
        ("GET", "/console/console.css"),
        ("GET", "/console/console.js"),
        ("GET", "/console/console.svg"),
    }


async def test_a_link_opens_the_console_once(app, visitor):
    address = await link(app)
    assert address.startswith(f"{ADDRESS}/console/login?token=")
    answer = await log_in(visitor, address)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await visitor.get("/")).status_code == 200
    async with browser(app) as another:
        answer = await log_in(another, address)
        assert answer.status_code == 401
        assert REFUSED in Page(answer.text).text
        assert "set-cookie" not in answer.headers
        assert (await another.get("/")).status_code == 303


async def test_of_two_who_use_a_link_at_the_same_moment_one_gets_in(app):
    address = await link(app)
    async with browser(app) as one, browser(app) as other:
        answers = await asyncio.gather(log_in(one, address), log_in(other, address))
    assert sorted(answer.status_code for answer in answers) == [303, 401]


@pytest.mark.parametrize(
    ("ago", "status"), [(HOUR - timedelta(minutes=1), 303), (HOUR + timedelta(seconds=1), 401)]
)
async def test_a_link_works_for_an_hour(app, visitor, ago, status):
    assert (await log_in(visitor, await link(app, ago=ago))).status_code == status


@pytest.mark.parametrize("token", ["", "nonsense", "\ud800", "x" * 900, "ü😀"])
async def test_a_token_that_nobody_was_given_is_refused(visitor, token):
    sent = {"token": token.encode(errors="surrogatepass")}
    answer = await visitor.post("/console/login", data=sent)
    assert answer.status_code == 401
    assert REFUSED in Page(answer.text).text


async def test_opening_a_link_does_not_use_it(app, visitor):
    """Mail filters and browsers open links before people do."""
    address = await link(app)
    for _ in range(3):
        answer = await visitor.get(address)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
    form = Page((await visitor.get(address)).text).one("form")
    assert (form.attributes["method"], form.attributes["action"]) == ("post", "/console/login")
    token = form.one("input").attributes["value"]
    assert address.endswith(f"?token={token}")
    answer = await visitor.post("/console/login", data={"token": token})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"token=" + b"x" * 2000, "application/x-www-form-urlencoded", 413),
        (b"{}", "application/json", 401),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 401),
        (b"--", "multipart/form-data", 400),
        (b"nothing", "multipart/form-data; boundary=x", 400),
        (b"", None, 401),
    ],
)
async def test_what_is_no_login_form_is_answered_with_a_page(visitor, content, kind, status):
    headers = {} if kind is None else {"Content-Type": kind}
    answer = await visitor.post("/console/login", content=content, headers=headers)
    assert answer.status_code == status
    assert Page(answer.text).one("h1").text


@pytest.mark.parametrize(
    ("headers", "secure"), [({}, False), ({"X-Forwarded-Proto": "https"}, True)]
)
async def test_the_cookie_is_kept_from_scripts_and_other_sites(app, visitor, headers, secure):
    token = (await link(app)).partition("token=")[2]
    answer = await visitor.post("/console/login", data={"token": token}, headers=headers)
    name, *said = answer.headers["set-cookie"].split("; ")
    assert name.startswith("leadflow_console=")
    assert {"HttpOnly", "SameSite=lax", "Path=/", "Max-Age=43200"} <= set(said)
    assert ("Secure" in said) == secure
    assert not any(each.startswith("Domain") for each in said)


async def test_of_tokens_only_digests_are_stored(app, world, console):
    await link(app)
    [cookie] = console.cookies.values()
    rows = await world.fetch("SELECT * FROM console_sessions")
    assert len(rows) == 2
    assert all(len(row["login_digest"]) == 32 for row in rows)
    assert cookie.encode() not in {row["session_digest"] for row in rows}


async def test_who_logs_out_is_out_with_every_copy_of_the_cookie(app, console):
    cookie = console.cookies["leadflow_console"]
    answer = await console.post("/console/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    async with browser(app) as copy:
        copy.cookies.set("leadflow_console", cookie)
        assert (await copy.get("/")).status_code == 303


async def test_a_session_ends_after_a_working_day(world, console):
    assert (await console.get("/")).status_code == 200
    await world.execute(
        "UPDATE console_sessions SET session_until = session_until - interval '12 hours'"
    )
    assert (await console.get("/")).status_code == 303


async def test_links_and_sessions_that_are_over_are_forgotten(app, world):
    await link(app, ago=2 * HOUR)
    await link(app)
    assert await world.count("console_sessions") == 1


async def test_a_session_outlives_its_link(app, world, console):
    async with world.database.service() as connection:
        await sessions.offer(connection, utc_now() + 2 * HOUR)
    assert (await console.get("/")).status_code == 200


async def test_a_key_of_the_api_opens_no_page(visitor):
    answer = await visitor.get("/leads", headers={"Authorization": "Bearer lf_nonsense"})
    assert answer.status_code == 303


async def test_a_session_opens_no_door_of_the_api(console):
    assert (await console.get("/api/v1/leads")).status_code == 401


async def test_the_command_line_makes_the_same_link(database_url, visitor):
    address = await installation.login_link(database_url, ADDRESS)
    assert (await log_in(visitor, address)).status_code == 303
