"""YAML: rules, agents and mappings as people write them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import yaml
from msgspec.structs import replace

from leadflow.errors import InputError, Problem

EXPECTED = "YAML without anchors, and each key once"

_MAX_PATH = 300  # characters; what lies deeper has the line of what it lies in


def read_document(text: str | bytes) -> object:
    """Read YAML as plain data, by rules that surprise nobody.

    Words are words: `NO` is Norway, `10:30` is no number of minutes, a date is its letters, and
    `01234` keeps its zero. Only true, false, null and decimal numbers are anything else. Anchors,
    with which a few lines can stand for gigabytes, are refused, and so are keys that stand twice.

    Raises:
        InputError: with the line that cannot be read.
    """
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.CSafeLoader)):
            raise _unreadable("it uses an anchor")
        return yaml.load(text, _Loader)  # noqa: S506  # a safe loader's child
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}: " if mark is not None else ""
        raise _unreadable(f"{where}{error.problem or 'it is not YAML'}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _unreadable("it is not YAML") from error


def with_lines(text: str | bytes, fields: Iterable[str]) -> Mapping[str, str]:
    """Put the lines of a document that `read_document` reads before paths into it.

    `rules[3].to` becomes `line 14, rules[3].to`. What is not there has the line of what it is
    missing in.
    """
    fields = set(fields)
    lines = _lines(text, {part for field in fields for part in _outwards(field)})
    found = {field: next(filter(None, map(lines.get, _outwards(field))), 1) for field in fields}
    return {field: f"line {found[field]}, {field}" if field else "" for field in fields}


@contextmanager
def pointing_to_lines(text: str | bytes | None) -> Iterator[None]:
    """Have the problems that are found in a document say their lines, too. None: it has none."""
    try:
        yield
    except InputError as error:
        if text is None:
            raise
        told = with_lines(text, (problem.field for problem in error.problems))
        error.problems = tuple(replace(each, field=told[each.field]) for each in error.problems)
        raise


def _outwards(path: str) -> Iterator[str]:
    """Name what a path leads to, then what that is in, up to the whole document."""
    while path:
        yield path
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    yield path


def _lines(text: str | bytes, wanted: set[str]) -> Mapping[str, int]:
    """Find the lines of some paths: where a key or an item begins."""
    root = yaml.compose(text, _Loader)
    if root is None:
        return {}
    lines = {"": root.start_mark.line + 1}
    todo = [("", root)]
    while todo:
        path, node = todo.pop()
        for place, mark, inner in _members(path, node):
            if place in wanted and place not in lines:
                lines[place] = mark.line + 1
                todo.append((place, inner))
    return lines


def _members(path: str, node: yaml.Node) -> Iterator[tuple[str, yaml.Mark, yaml.Node]]:
    if len(path) > _MAX_PATH:
        return
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            place = f"{path}.{key.value}" if path else str(key.value)
            yield place, key.start_mark, value
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield f"{path}[{index}]", item.start_mark, item


class _Loader(yaml.CSafeLoader):
    """Loads plain data. What it takes for a number or a flag, `yaml.safe_dump` quotes if it is not.

    PyYAML goes by YAML 1.1, in which NO is false, 10:30 is 630 and 0123 is 83.
    """


def _mapping(loader: _Loader, node: yaml.MappingNode) -> Iterator[object]:
    seen = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _marked("a key is no word", key)
        if key.value in seen:
            raise _marked(f"the key {key.value} stands twice", key)
        seen.add(key.value)
    yield from loader.construct_yaml_map(node)


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _beginnings in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ("~", "n", "N", "")),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?[0-9]+\.[0-9]*(?:[eE][-+][0-9]+)?", "-+0123456789"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_beginnings)
    )


def _marked(problem: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


def _unreadable(reason: str) -> InputError:
    return InputError("The YAML cannot be read", (Problem("", reason, EXPECTED),))
