"""The code logs with the words of the vocabulary, which is how they come to be documented."""

import ast
from pathlib import Path

import pytest

import leadflow
from leadflow.telemetry.vocabulary import EVENTS, FIELDS

SOURCE = Path(leadflow.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))
METHODS = ("debug", "info", "warning", "error", "critical", "exception")


def calls(source):
    """Find every call of the log: `log.info(...)`."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="log"), attr=method)) as call if (
                method in METHODS
            ):
                yield call, method


def named(event):
    """List the events that an expression may name; None stands for one that nobody can tell."""
    match event:
        case ast.Constant(value=str(name)):
            return [name]
        case ast.IfExp(body=one, orelse=other):
            return named(one) + named(other)
        case _:
            return [None]


def offences(source):
    """List what is said in other words than those of the vocabulary.

    Facts that are spread, as in `**facts`, are not seen: the log leaves them out if it must.
    """
    found = []
    for call, method in calls(source):
        level = "error" if method == "exception" else method
        for event in named(call.args[0] if call.args else None):
            if event not in EVENTS:
                found.append(f"{call.lineno}: no listed event")
            elif EVENTS[event].level != level:
                found.append(f"{call.lineno}: {event} as {level}")
        found += [
            f"{call.lineno}: {fact.arg}"
            for fact in call.keywords
            if fact.arg not in {*FIELDS, "exc_info", None}
        ]
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_a_module_logs_in_the_words_of_the_vocabulary(module):
    assert offences(module.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "log.info('no.such.event')",
        "log.info(f'lead {lead}')",
        "log.info('lead.expired', nobody_knows=1)",
        "log.info('lead.expired' if expired else 'no.such.event')",
        "log.error('lead.expired')",
        "log.info()",
    ],
)
def test_the_check_sees_what_it_looks_for(source):
    assert offences(source)


def test_plain_lines_pass_the_check():
    assert offences("log.info('lead.expired', leads=3)") == []
    assert offences("log.exception('worker.failed', worker='w', **facts)") == []
    assert offences("log.info('lead.expired' if expired else 'lead.refused')") == []


def test_events_and_fields_are_listed_once():
    source = (SOURCE / "telemetry" / "vocabulary.py").read_text(encoding="utf-8")
    assert source.count("\n    Event(") == len(EVENTS)
    assert source.count("\n    Field(") == len(FIELDS) + 4  # those of the envelope
