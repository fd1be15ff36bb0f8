"""The plan of an import, put together from a mapping file and from options."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from leadflow.cli.importing.shaping import Plan
from leadflow.cli.usage import unfit
from leadflow.cli.yaml_files import read_yaml
from leadflow.core.columns import IGNORED
from leadflow.core.verticals import REGISTRY, find


def make_plan(
    map_file: Path | None,
    *,
    vertical: str | None = None,
    source: str | None = None,
    columns: Sequence[str] = (),
    constants: Sequence[str] = (),
    absent: Sequence[str] = (),
) -> Plan:
    """Put together what the mapping file says and what the options say on top of it.

    Raises:
        InputError: the file cannot be read.
        UsageError: it, or an option, cannot be understood.
    """
    plan = Plan() if map_file is None else _read(map_file)
    plan = replace(
        plan,
        vertical=vertical or plan.vertical,
        source=source or plan.source,
        # A column's name may hold an equals sign, a field's path holds none; a value may hold one.
        map={**plan.map, **dict(_pair(each, each.rpartition("="), "--map") for each in columns)},
        set={**plan.set, **dict(_pair(each, each.partition("="), "--set") for each in constants)},
        absent=(*plan.absent, *absent),
    )
    if plan.vertical is not None and find(plan.vertical) is None:
        raise unfit("--vertical", f'"{plan.vertical}" is not one', f"one of {', '.join(REGISTRY)}")
    if IGNORED in plan.set or any(not _is_path(field) for field in plan.set):
        raise unfit("--set", "names no field", "field=value")
    return plan


def _read(path: Path) -> Plan:
    try:
        return msgspec.convert(read_yaml(path) or {}, Plan)
    except msgspec.ValidationError as error:
        fields = ", ".join(Plan.__struct_fields__)
        raise unfit(f"--map-file {path}", str(error), f"YAML with {fields}") from error


def _pair(given: str, parts: tuple[str, str, str], option: str) -> tuple[str, str]:
    left, _, right = parts
    if not left.strip() or not right.strip():
        expected = "column=field" if option == "--map" else "field=value"
        raise unfit(option, f'"{given}" is no pair', expected)
    return left.strip(), right.strip()


def _is_path(field: str) -> bool:
    return all(part.strip() for part in field.split("."))
