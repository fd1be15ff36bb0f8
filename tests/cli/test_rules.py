"""`leadflow rules`."""

import pytest
import yaml

RULES = """
default: review
rules:
  - {name: california, priority: 10, if: {state: [CA]}, to: acme/leads}
  - {name: norway, priority: 5, if: {country: [NO]}, to: acme/leads}
"""


@pytest.fixture
def rules(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text(RULES)
    return file


async def test_rules_of_a_file_are_put_in_force_and_shown_again(shell, world, rules):
    said = await shell("rules", "import", rules, "--workspace", "brand")
    assert said.out == "version 2 is in force, with 2 rules\n"
    shown = (await shell("rules", "show", "--workspace", "brand")).out
    found = yaml.safe_load(shown)["rules"]
    assert [rule["name"] for rule in found] == ["california", "norway"]
    assert found[1]["if"] == {"country": "NO"}


async def test_what_is_shown_may_be_imported_and_changes_nothing(shell, world, rules, tmp_path):
    await shell("rules", "import", rules, "--workspace", "brand")
    again = tmp_path / "again.yaml"
    again.write_text((await shell("rules", "show", "--workspace", "brand")).out)
    said = await shell("rules", "import", again, "--workspace", "brand")
    assert said.out == "nothing to do: version 2 says the same\n"
    said = await shell("rules", "import", rules, "--workspace", "brand", "--json")
    assert said.json == {"version": 2, "rules": 2, "changed": False}
    assert await world.count("rulebooks") == 2


async def test_a_rule_keeps_its_id_as_long_as_its_name(shell, world, rules):
    await shell("rules", "import", rules, "--workspace", "brand")
    before = await ids(shell)
    rules.write_text(RULES.replace("priority: 10", "priority: 1").replace("norway", "norge"))
    said = await shell("rules", "import", rules, "--workspace", "brand", "--json")
    assert said.json["changed"]
    after = await ids(shell)
    assert after["california"] == before["california"]
    assert after["norge"] != before["norway"]


async def ids(shell):
    shown = (await shell("rules", "show", "--workspace", "brand", "--json")).json
    return {rule["name"]: rule["id"] for rule in shown["document"]["rules"]}


async def test_a_rule_with_a_problem_puts_nothing_in_force(shell, world, rules):
    rules.write_text(RULES.replace("acme/leads", "acme/nowhere", 1).replace("review", "later"))
    said = await shell("rules", "import", rules, "--workspace", "brand")
    assert (said.code, said.out) == (1, "")
    assert "rules[0].to" in said.err
    assert "default" in said.err
    assert await world.count("rulebooks") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: [", "line 2"),
        ("a: &b 1\nc: *b", "anchor"),
        ("\xff", "UTF-8"),
        (None, "No such file"),
    ],
)
async def test_a_file_that_cannot_be_read_says_why(shell, world, rules, text, said):
    rules.unlink() if text is None else rules.write_bytes(text.encode("latin-1"))
    found = await shell("rules", "import", rules, "--workspace", "brand")
    assert found.code == 1
    assert said in found.err


async def test_where_there_are_several_workspaces_one_is_named(shell, world, rules):
    said = await shell("rules", "import", rules)
    assert said.code == 2
    assert "--workspace: is missing; wanted: the slug of one: brand, acme" in said.err


async def test_a_workspace_without_rules_says_so(shell, world):
    said = await shell("rules", "show", "--workspace", "acme")
    assert said.code == 1
    assert "acme has no rules yet" in said.err


ODD = """\
default: review
rules:
  - name: california
    priority: 10
    if:
      state: [Cali]
    to: acme/leads
"""
WARNING = 'warning: line 6, rules[0].if.state: "Cali" is no value of state; did you mean CA?'


async def test_a_problem_says_its_line(shell, world, rules):
    rules.write_text(ODD.replace("10", "high").replace("    to: acme/leads\n", ""))
    said = await shell("rules", "import", rules, "--workspace", "brand")
    assert said.code == 1
    assert '  line 4, rules[0].priority: "high" is not a whole number; wanted' in said.err
    assert "  line 3, rules[0].to: is missing; wanted" in said.err


async def test_what_is_odd_is_put_in_force_with_a_warning(shell, world, rules):
    rules.write_text(ODD)
    said = await shell("rules", "import", rules, "--workspace", "brand")
    assert (said.code, said.out) == (0, "version 2 is in force, with 1 rule\n")
    assert said.err == f"{WARNING}\n"


async def test_rules_are_checked_without_a_change(shell, world, rules):
    checking = ("rules", "check", rules, "--workspace", "brand")
    said = await shell(*checking)
    assert (said.code, said.out) == (0, "0 problems, 0 warnings\n")
    assert (await shell(*checking, "--strict")).code == 0
    rules.write_text(ODD)
    said = await shell(*checking)
    assert (said.code, said.out) == (0, f"{WARNING}\n0 problems, 1 warning\n")
    assert (await shell(*checking, "--strict")).code == 1
    assert await world.count("rulebooks") == 1


async def test_a_check_fails_with_a_problem(shell, world, rules):
    rules.write_text(ODD.replace("acme/leads", "acme/nowhere"))
    said = await shell("rules", "check", rules, "--workspace", "brand")
    assert said.code == 1
    assert said.out.startswith('problem: line 7, rules[0].to: "acme/nowhere" is not a destination')
    assert said.out.endswith("\n1 problem, 0 warnings\n")
    said = await shell("rules", "check", rules, "--workspace", "brand", "--json")
    assert said.code == 1
    assert said.json["problems"][0]["field"] == "line 7, rules[0].to"
    assert said.json["warnings"] == []
