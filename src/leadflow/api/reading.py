"""An OpenAPI document as people read it: by subject, with types in words and commands to try."""

import shlex
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

import msgspec
from msgspec import Struct

Schema = Mapping[str, Any]


class Operation(Struct, frozen=True, kw_only=True):
    """One call."""

    id: str
    tag: str
    method: str  # in capitals
    path: str
    about: Schema  # as the document has it

    @property
    def body(self) -> Schema:
        """The first of the bodies it takes, as a media type object; empty: it takes none."""
        content: Schema = self.about.get("requestBody", {}).get("content", {})
        return next(iter(content.values()), {})


class Field(Struct, frozen=True, kw_only=True):
    """One member of an object."""

    name: str
    type: str  # HTML-free words
    refers_to: str | None  # the schema that it is, or that its items are
    required: bool
    description: str


def operations(document: Schema) -> list[tuple[str, list[Operation]]]:
    """List the calls by subject, both in the document's order."""
    order = [tag["name"] for tag in document["tags"]]
    found = sorted(_operations(document), key=lambda each: order.index(each.tag))
    return [(tag, list(calls)) for tag, calls in groupby(found, key=lambda each: each.tag)]


def fields(schema: Schema) -> list[Field]:
    """List an object's members."""
    required = schema.get("required", ())
    return [
        Field(
            name=name,
            type=type_text(member),
            refers_to=reference(member),
            required=name in required,
            description=_description(member),
        )
        for name, member in schema.get("properties", {}).items()
    ]


def type_text(schema: Schema) -> str:
    """Say a type in words: `array of Agent`, `string or null`."""
    if "$ref" in schema:
        return _name(schema["$ref"])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(type_text(each) for each in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(str(each) for each in schema["enum"])
    kind = schema.get("type", "anything")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array":
        return f"array of {type_text(schema.get('items', {}))}"
    return str(schema.get("format", kind))


def curl(operation: Operation, base: str) -> str:
    """Write a command that makes the call."""
    method = "" if operation.method == "GET" else f"-X {operation.method} "
    lines = [f"curl {method}{_url(operation, base)}"]
    if operation.about["security"]:
        lines.append('-H "Authorization: Bearer $LEADFLOW_KEY"')
    example = _example(operation.body)
    if example is not None:
        lines.append('-H "Content-Type: application/json"')
        written = msgspec.json.format(msgspec.json.encode(example)).decode()
        lines.append(f"-d {shlex.quote(written)}")
    return " \\\n  ".join(lines)


def _operations(document: Schema) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method, about in item.items():
            yield Operation(
                id=about["operationId"],
                tag=about["tags"][0],
                method=method.upper(),
                path=path,
                about=about,
            )


def _url(operation: Operation, base: str) -> str:
    path = operation.path
    for parameter in operation.about["parameters"]:
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", f"${parameter['name'].upper()}")
    return f'"{base}{path}"' if "$" in path else f"{base}{path}"


def _example(body: Schema) -> Any:
    if "examples" in body:
        return next(iter(body["examples"].values()))["value"]
    return body.get("example")


def reference(schema: Schema) -> str | None:
    """Name the type that a schema is, or that its items or one of its options are."""
    for each in (schema, *schema.get("anyOf", ()), schema.get("items", {})):
        if "$ref" in each:
            return _name(each["$ref"])
    return None


def _description(schema: Schema) -> str:
    for each in (schema, *schema.get("anyOf", ())):
        if "description" in each:
            return str(each["description"])
    return ""


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]
