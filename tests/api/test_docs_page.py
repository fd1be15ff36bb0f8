"""The documentation as a page: complete, and in need of nothing from elsewhere."""

import re
from html.parser import HTMLParser

import pytest

from leadflow.api.errors import STATUS
from tests.api.test_openapi import DOCUMENT, OPERATIONS, SCHEMAS


class Page(HTMLParser):
    """Collects what a page has: tags, ids, links, and whatever it loads."""

    def __init__(self, text):
        super().__init__()
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.add(tag)
        if given.get("id"):
            self.ids.append(given["id"])
        if tag == "a":
            self.links.append(given.get("href") or "")
        self.loads += [value or "" for name, value in attrs if name in ("src", "srcset", "style")]
        if tag == "link":
            self.loads.append(given.get("href") or "")


@pytest.fixture
async def text(anybody):
    response = await anybody.get("/docs")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return response.text


async def test_it_loads_nothing_from_elsewhere_and_runs_nothing(text, anybody):
    page = Page(text)
    assert page.loads == ["/docs/style.css"]
    assert not page.tags & {"script", "iframe", "object", "img", "form"}
    style = await anybody.get("/docs/style.css")
    assert style.headers["content-type"].startswith("text/css")
    assert "url(" not in style.text
    assert "@import" not in style.text


async def test_its_links_stay_on_it_or_lead_to_the_document(text):
    page = Page(text)
    assert len(set(page.ids)) == len(page.ids)
    for link in page.links:
        assert link == "/openapi.json" or link.removeprefix("#") in page.ids, link


async def test_its_own_policy_lets_in_its_style_and_nothing_else(anybody):
    policy = (await anybody.get("/docs")).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'self'" in policy
    assert "script-src" not in policy


async def test_every_call_and_every_type_has_its_place(text):
    ids = set(Page(text).ids)
    assert {operation["operationId"] for _, _, operation in OPERATIONS} <= ids
    assert {f"type-{name}" for name in SCHEMAS} <= ids
    assert DOCUMENT["info"]["title"] in text
    assert all(f"<code>{code}</code>" in text for code in STATUS)


async def test_its_commands_name_the_address_it_was_asked_for_at(anybody):
    response = await anybody.get("/docs", headers={"Host": "leads.example.com:8443"})
    assert "leadflow.invalid" not in response.text
    assert "curl http://leads.example.com:8443/api/v1/workspaces" in response.text


async def test_its_first_command_is_one_that_works(text):
    commands = re.findall(r"<pre><code>(.*?)</code></pre>", text, re.DOTALL)
    [post] = [each for each in commands if "curl -X POST http://leadflow/api/v1/leads \\" in each]
    assert "Authorization: Bearer $LEADFLOW_KEY" in post.replace("&#34;", '"')
    assert "john@example.com" in post
