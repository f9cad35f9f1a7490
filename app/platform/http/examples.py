"""Examples of the interface, put together along its schemas from `examples.yml`, one a field."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]
COMPONENTS = "#/components/schemas/"
CHOICES = ("anyOf", "oneOf", "allOf")
PLAIN: Mapping[str, Any] = {"object": {}, "integer": 1, "number": 1.0, "boolean": True}
FAULTS: Mapping[int, tuple[str, str, str]] = {
    401: ("Unauthorized", "unauthenticated", "send a bearer token, or sign in"),
    403: ("Forbidden", "forbidden", "role supplier may not use this: it is for risk and admin"),
    404: ("Not Found", "not_found", "no version 9"),
    409: ("Conflict", "conflict", "it is being done already"),
    412: ("Precondition Failed", "precondition_failed", "source tax is no longer as it was read"),
    413: ("Request Entity Too Large", "too_large", "a body has at most 1048576 bytes"),
    415: ("Unsupported Media Type", "unsupported_media", "a description is application/yaml"),
    422: ("Unprocessable Entity", "malformed", "query.as_of: a day is written like 2026-06-30"),
    428: ("Precondition Required", "precondition_required", "send If-Match with its tag"),
    429: ("Too Many Requests", "too_many", "too much at once; come again in a moment"),
    503: ("Service Unavailable", "unready", "no version is published yet"),
}


class Examples:
    """Examples of the components of a description, and of what is made of them."""

    def __init__(self, schemas: Mapping[str, Document]) -> None:
        self._schemas = schemas
        self._known = _known()
        self._missing: set[str] = set()

    @property
    def missing(self) -> list[str]:
        """Return the fields asked for so far for which `examples.yml` has nothing."""
        return sorted(self._missing)

    def of_schema(self, name: str) -> Any:
        """Return an example of a component."""
        if name in self._known:
            return self._known[name]
        schema = self._schemas[name]
        if "properties" not in schema:
            return self.of(schema, name)
        return {
            field: self.of(shape, field, owner=name)
            for field, shape in schema["properties"].items()
        }

    def of(self, schema: Document, field: str = "", *, owner: str = "") -> Any:
        """Return an example of a field of a component, or of a parameter."""
        if "$ref" in schema:
            return self.of_schema(schema["$ref"].removeprefix(COMPONENTS))
        if "const" in schema or "enum" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        for key in (f"{owner}.{field}", field):
            known = self._known.get(key)
            if (
                key in self._known
                and not _has_components(schema)
                and known in _words(schema, known)
            ):
                return known
        choices = next((schema[name] for name in CHOICES if name in schema), None)
        if choices:
            return self.of(choices[0], field, owner=owner)
        if schema.get("type") == "array":
            return [self.of(schema["items"], field, owner=owner)]
        self._missing.add(f"{owner}.{field}" if owner else field)
        return schema.get("default", PLAIN.get(schema.get("type", ""), "text"))


def fault_example(status: int) -> Document:
    """Return an example of a problem with this status."""
    title, code, detail = FAULTS[status]
    head = {"type": "about:blank", "title": title, "status": status, "code": code}
    return {**head, "detail": detail, "trace_id": _known()["trace_id"]}


def _words(schema: Document, given: Any) -> Sequence[Any]:
    """Return the words that a schema takes; where it takes any, the given one."""
    words: Sequence[Any] = schema.get("anyOf", [schema])[0].get("enum", [given])
    return words


def _has_components(schema: Document) -> bool:
    """Return whether a schema is made of components, which have examples of their own."""
    first = schema.get("anyOf", [schema])[0]
    return "$ref" in first or "$ref" in first.get("items", {})


@cache
def _known() -> Mapping[str, Any]:
    text = Path(__file__).with_name("examples.yml").read_text(encoding="utf-8")
    known: Mapping[str, Any] = yaml.safe_load(text)
    return known
