"""`leadflow agents`."""

import asyncio

import pytest

from tests.world import person

CSV = """\
Name,Email,Licensed States,Specialties,City,State,Rating,conversion_rate,capacity,hours,Active
Ann Lee,ann@acme.example,ca; NV,auto|home,Oakland,ca,4.5,0.35,10,"UTC Mon-Fri 09:00-17:00",yes
Bo Ray,,,,,,,,,,no
"""


@pytest.fixture
def agents(tmp_path):
    """Write a file of agents, and give its path."""

    def write(text, name="agents.csv"):
        file = tmp_path / name
        file.write_text(text)
        return file

    return write


async def take(shell, file, *words):
    return await shell("agents", "import", file, "--workspace", "acme", *words)


async def named(world, name):
    return await world.one("SELECT * FROM agents WHERE name = $1", name)


async def test_a_table_is_taken_with_all_fields(shell, world, agents):
    said = await take(shell, agents(CSV))
    assert (said.code, said.out) == (0, "2 agents are new, 0 changed, 0 were so already\n")
    ann = await named(world, "Ann Lee")
    assert ann["email"] == "ann@acme.example"
    assert (ann["licensed_states"], ann["specialties"]) == (["CA", "NV"], ["AUTO", "HOME"])
    assert (ann["city"], ann["state"], ann["capacity"], ann["active"]) == (
        "Oakland",
        "CA",
        10,
        True,
    )
    assert ann["rating"] == pytest.approx(4.5)
    assert ann["conversion_rate"] == pytest.approx(0.35)
    assert len(ann["hours"]["openings"]) == 5
    bo = await named(world, "Bo Ray")
    assert (bo["active"], bo["capacity"], bo["licensed_states"], bo["rating"]) == (
        False,
        20,
        [],
        None,
    )


YAML = """
agents:
  - name: Ann Lee
    licensed_states: [CA]
    hours: Europe/Berlin Mon 09:00-17:00
  - {name: Bo Ray, conversionRate: 0.5}
"""
JSON = '[{"name": "Ann Lee", "licensedStates": ["CA"]}, {"name": "Bo Ray", "capacity": 5}]'


@pytest.mark.parametrize(("text", "name"), [(YAML, "a.yaml"), (YAML, "a.yml"), (JSON, "a.json")])
async def test_a_list_is_taken_too(shell, world, agents, text, name):
    said = await take(shell, agents(text, name), "--json")
    assert said.json == {"created": ["Ann Lee", "Bo Ray"], "changed": [], "unchanged": []}
    assert (await named(world, "Ann Lee"))["licensed_states"] == ["CA"]


async def test_an_agent_who_is_there_is_changed_where_the_file_says_so(shell, world, agents):
    before = await named(world, "ann")
    said = await take(shell, agents("name,capacity,city\nann,7,Reno\n"), "--json")
    assert said.json == {"created": [], "changed": ["ann"], "unchanged": []}
    after = await named(world, "ann")
    assert (after["id"], after["capacity"], after["city"]) == (before["id"], 7, "Reno")
    assert after["licensed_states"] == ["CA"]
    [audited] = await world.fetch("SELECT action, actor, detail FROM audit_log")
    assert audited == {
        "action": "agent.changed",
        "actor": "cli",
        "detail": {"fields": ["city", "capacity"]},
    }


async def test_an_empty_cell_takes_away_what_is_there(shell, world, agents):
    await take(shell, agents("name,licensed_states,capacity\nann,,\n"))
    after = await named(world, "ann")
    assert (after["licensed_states"], after["capacity"]) == ([], 20)


async def test_the_same_file_again_changes_nothing(shell, world, agents):
    file = agents(CSV)
    await take(shell, file)
    before = await world.fetch("SELECT * FROM agents ORDER BY id")
    said = await take(shell, file)
    assert said.out == "0 agents are new, 0 changed, 2 were so already\n"
    assert await world.fetch("SELECT * FROM agents ORDER BY id") == before
    assert await world.count("audit_log") == 2


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            "name,rating,licensed_states,capacity\nAnn,6,CAL,x\n,5,CA,1\nBo,4,,\nBo,4,,\nCy,1\n",
            [
                "row 1 (line 2), licensed_states[0]: Expected `str` matching regex",
                "row 1 (line 2), rating: Expected `float` <= 5.0",
                "row 1 (line 2), capacity: Expected `int`, got `str`; wanted: leads open at one",
                "row 2 (line 3), name: is missing",
                "row 4 (line 5), name: is the same as in row 3 (line 4)",
                "row 5 (line 6): has 2 cells; wanted: 4, as many as the header has",
            ],
        ),
        (
            "name,specialties,email,hours\nAnn,boat,ann,Mon 9-5\n",
            [
                "row 1 (line 2), hours: is not written as hours are; wanted: a time zone, days",
                "row 1 (line 2), specialties[0]: is no vertical",
                "row 1 (line 2), email: has no @",
            ],
        ),
        (
            "name,specialties,email,hours,rating\nAnn,boat,ann,Mars/X Mon 09:00-17:00,nan\n",
            [
                "row 1 (line 2), rating: Expected `float` >= 0.0",
                "row 1 (line 2), hours.time_zone: is no time zone",
                "row 1 (line 2), specialties[0]: is no vertical",
                "row 1 (line 2), email: has no @",
            ],
        ),
        (
            "nmae,rating,Rating\nAnn,1,1\n",
            [
                "column nmae: is not known here; wanted: one of name, email",
                "column rating: is there twice",
                "column name: is missing",
            ],
        ),
        ('name\n"Ann\n', ["line 2: unexpected end of data"]),
    ],
)
async def test_every_problem_is_named_and_nobody_is_taken(shell, world, agents, text, problems):
    said = await take(shell, agents(text))
    assert (said.code, said.out) == (1, "")
    found = [line.strip() for line in said.err.splitlines()[1:]]
    assert len(found) == len(problems)
    for line, problem in zip(found, problems, strict=True):
        assert line.startswith(problem)
    assert await world.count("agents") == 1
    assert await world.count("audit_log") == 0


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("{}", "a.json", "is no list"),
        ("[1]", "a.json", "row 1: is no agent"),
        ("[", "a.json", "is no JSON"),
        ("- name: [", "a.yaml", "line 2"),
        ("- {name: a, colour: red}", "a.yaml", "row 1, colour: is not known here"),
        ("name\n", "a.txt", "name it .csv, .yaml or .json"),
    ],
)
async def test_a_file_that_is_no_list_of_agents_says_why(shell, world, agents, text, name, said):
    found = await take(shell, agents(text, name))
    assert found.code == 1
    assert said in found.err


async def test_quoted_lines_and_tabs_are_read(shell, world, agents):
    await take(shell, agents('name\tcity\n\n"Ann\tLee"\tReno\n', "a.tsv"))
    said = await take(shell, agents('name\tcity\n\n"Ann\nLee"\tReno\nBo\tX\tY\n', "a.tsv"))
    assert "row 1 (line 3), name: has a control character" in said.err
    assert "row 2 (line 5): has 3 cells" in said.err


async def test_leads_that_wait_are_woken(shell, world, agents):
    await world.execute("UPDATE agents SET capacity = 0")
    async with world.intake() as intake:
        await intake.submit(world.submission(person(1)))
    waiting = "lead_routing_queue WHERE processed_at IS NULL AND next_retry_at > now()"
    assert await world.count(waiting) == 1
    await take(shell, agents("name,city\nann,Reno\n"))
    assert await world.count(waiting) == 0


async def test_agents_are_listed_by_workspace(shell, world, agents):
    await world.workspace("zeta", kind="partner")
    await world.agent("zeta/zoe")
    await take(shell, agents(CSV))
    found = (await shell("agents", "list", "--json")).json
    assert [(row["workspace"], row["name"]) for row in found] == [
        ("acme", "Ann Lee"),
        ("acme", "Bo Ray"),
        ("acme", "ann"),
        ("zeta", "zoe"),
    ]
    assert found[0]["hours"] == "UTC Mon-Fri 09:00-17:00"
    assert [
        row["name"] for row in (await shell("agents", "list", "--workspace", "zeta", "--json")).json
    ] == ["zoe"]
    table = (await shell("agents", "list")).out
    assert "CA NV" in table
    assert "UTC Mon-Fri 09:00-17:00" in table


async def test_of_two_imports_at_once_each_is_whole_or_not_at_all(shell, world, agents):
    file = agents("name,capacity\n" + "".join(f"a{number},{number}\n" for number in range(50)))
    first, second = await asyncio.gather(
        shell.ran("agents", "import", file, "--workspace", "acme"),
        shell.ran("agents", "import", file, "--workspace", "acme"),
    )
    assert {first.code, second.code} <= {0, 1}
    assert 0 in (first.code, second.code)
    assert await world.count("agents") == 51


async def test_teams_and_weights_are_taken_and_listed(shell, world, agents):
    await take(shell, agents("name,teams,weight\nAnn,night; phone,3\n"))
    ann = await named(world, "Ann")
    assert (ann["teams"], ann["weight"], ann["leave"]) == (["night", "phone"], 3, [])
    assert "night phone" in (await shell("agents", "list")).out


async def test_times_away_are_taken_from_a_list(shell, world, agents):
    text = '[{"name": "Ann", "leave": [{"starts_at": "%s", "ends_at": "2026-06-02T00:00:00Z"}]}]'
    assert (await take(shell, agents(text % "2026-06-01T00:00:00Z", "a.json"))).code == 0
    assert len((await named(world, "Ann"))["leave"]) == 1
    said = await take(shell, agents(text % "2026-06-03T00:00:00Z", "a.json"))
    assert "leave[0].ends_at: is not after starts_at" in said.err
