"""JSON Schema of what goes in and out, made from the types that read and write it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any

import msgspec
from msgspec import inspect

from leadflow.core.columns import ADDRESS, CONTACT
from leadflow.core.verticals import REGISTRY, Field, Vertical

Schema = dict[str, Any]

PLACE = "#/components/schemas/"
_REFERENCE = re.compile(rf"'{PLACE}(\w+)'")
_TYPE_OF_KIND: Mapping[str, Schema] = {
    "integer": {"type": ["integer", "string"]},
    "number": {"type": ["number", "string"]},
    "money": {"type": ["number", "string"], "description": "decimal, in `currency`"},
    "boolean": {"description": "true or false; yes, no, 1 and 0 will do"},
    "texts": {"type": ["array", "string"]},
    "object": {"type": "object"},
    "anything": {},
    "label": {"type": ["string", "number"]},
    "date": {"type": "string", "format": "date"},
}


# A time of day has no offset, which JSON Schema's format `time` would demand.
_FORMS: Mapping[type, Schema] = {
    inspect.DateTimeType: {"format": "date-time"},
    inspect.TimeType: {"pattern": "^[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]+)?$"},
}


class Components:
    """The schemas that a document refers to, by name."""

    def __init__(self, types: Iterable[Any]) -> None:
        known = list(types)
        references, self.schemas = msgspec.json.schema_components(
            known, ref_template=PLACE + "{name}"
        )
        self._references = {str(type_): each for type_, each in zip(known, references, strict=True)}
        for name, field, form in _times(known, self.schemas):
            _mark(self.schemas[name]["properties"][field], form)
        self._made = deepcopy(self.schemas)
        self.schemas |= {"Lead": lead(), **{_name(each): _data(each) for each in REGISTRY.values()}}

    def of(self, type_: Any) -> Schema:
        """Refer to a type's schema."""
        return self._references[str(type_)]

    def body(self, type_: type, *, names_workspace: bool) -> Schema:
        """Describe a body that makes a new thing: no members but the known ones."""
        schema = self._closed(type_)
        if names_workspace:
            schema["properties"]["workspace"] = {
                "type": "string",
                "description": "slug; only keys that are good for every workspace need it",
            }
        self.schemas[type_.__name__] = schema
        return {"$ref": PLACE + type_.__name__}

    def changes(self, type_: type) -> Schema:
        """Describe a body that changes a thing: any of the members may be left out."""
        schema = self._closed(type_)
        schema.pop("required", None)
        for member in schema["properties"].values():
            member.pop("default", None)
        name = type_.__name__.removesuffix("Body").removesuffix("Changes")
        schema["title"] = name = f"{name}Patch"
        self.schemas[name] = schema
        return {"$ref": PLACE + name}

    def used(self, paths: Schema) -> dict[str, Schema]:
        """Give the schemas that `paths` refer to, directly or through each other."""
        found: dict[str, Schema] = {}
        ahead = set(_REFERENCE.findall(str(paths)))
        while ahead:
            name = ahead.pop()
            found[name] = self.schemas[name]
            ahead |= set(_REFERENCE.findall(str(found[name]))) - set(found)
        return dict(sorted(found.items()))

    def _closed(self, type_: type) -> Schema:
        schema = deepcopy(self._made[type_.__name__])
        return {**schema, "additionalProperties": False}


def lead() -> Schema:
    """Describe a lead as senders write it."""
    address = {name: {"type": "string"} for name in ADDRESS}
    members: Schema = {name: {"type": "string"} for name in CONTACT}
    members["phone"] = {"type": ["string", "integer"], "description": "7 to 15 digits"}
    members["email"] = {"type": "string", "format": "email"}
    members["dateOfBirth"] = {"type": "string", "format": "date"}
    members["address"] = {"type": "object", "properties": address}
    data = [{"$ref": PLACE + _name(each)} for each in REGISTRY.values()]
    return {
        "title": "Lead",
        "type": "object",
        "description": "One submission by one person. It needs a usable e-mail address, phone "
        "number or external id. Names are taken in camelCase and in snake_case; what is not known "
        "is kept as `extra`, and named in a warning.",
        "properties": {
            "vertical": {"type": "string", "description": f"in any case: {', '.join(REGISTRY)}"},
            "contact_info": {"type": "object", "properties": members},
            "vertical_data": {"anyOf": data, "description": "the fields of the vertical"},
            "external_id": {
                "type": ["string", "integer"],
                "description": "your own id; the same one again is the same lead",
            },
            "traffic_source": {"type": "string"},
            "submitted_at": {
                "type": "string",
                "description": "ISO 8601: when the person filled in the form",
            },
            "source": {"type": "string", "description": "name of a source; else the default one"},
            "workspace": {
                "type": "string",
                "description": "slug; only keys that are good for every workspace need it",
            },
        },
        "required": ["vertical"],
    }


def _data(vertical: Vertical) -> Schema:
    return {
        "title": _name(vertical),
        "type": "object",
        "description": f"Fields of {vertical.name}.",
        "properties": {field.name: _field(field) for field in vertical.fields},
        "required": [field.name for field in vertical.fields if field.required],
    }


def _field(field: Field) -> Schema:
    schema = dict(_TYPE_OF_KIND.get(field.kind, {"type": "string"}))
    if field.choices:
        schema["description"] = f"one of {', '.join(field.choices)}, in any case"
    return schema


def _name(vertical: Vertical) -> str:
    return "".join(word.capitalize() for word in vertical.name.split("_")) + "Data"


def _times(
    types: Iterable[Any], schemas: Mapping[str, Schema]
) -> Iterator[tuple[str, str, Schema]]:
    """Name the members that are times, which the library describes as any text, and their form."""
    seen: set[type] = set()
    ahead = list(inspect.multi_type_info(types))
    while ahead:
        found = ahead.pop()
        ahead += _inside(found)
        if isinstance(found, inspect.StructType) and found.cls not in seen:
            seen.add(found.cls)
            ahead += [field.type for field in found.fields]
            if found.cls.__name__ in schemas:
                yield from (
                    (found.cls.__name__, field.encode_name, _FORMS[type(option)])
                    for field in found.fields
                    for option in _options(field.type)
                    if type(option) in _FORMS
                )


def _inside(found: inspect.Type) -> list[inspect.Type]:
    match found:
        case inspect.UnionType(types=types):
            return list(types)
        case inspect.Metadata(type=inner):
            return [inner]
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            return [item]
        case inspect.CollectionType(item_type=item):
            return [item]
        case _:
            return []


def _options(found: inspect.Type) -> list[inspect.Type]:
    match found:
        case inspect.Metadata(type=inner):
            return _options(inner)
        case inspect.UnionType(types=types):
            return list(types)
        case _:
            return [found]


def _mark(schema: Schema, form: Schema) -> None:
    for option in schema.get("anyOf", [schema]):
        if option.get("type") == "string":
            option.update(form)
