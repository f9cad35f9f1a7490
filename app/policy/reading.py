"""A policy file read by the schema that it names; what is wrong is said by file and key."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.policy.schemas import SCHEMAS, Entry, Form, Section
from graph.errors import InvalidInput
from graph.model import declared

ADDED = Path(__file__).parent / "schemas" / "added"
BYTES_MAX = 2**20
SECTIONS = ("values", "tables", "contagion")
WORDS = {
    "bool_type": "must be true or false",
    "date_type": "must be a date",
    "date_from_datetime_inexact": "must be a date",
    "greater_than_equal": "must not be below 0",
    "int_type": "must be a whole number",
    "less_than_equal": "is too large",
    "literal_error": "must be {expected}",
    "string_pattern_mismatch": "may hold letters, digits and . _ - only",
    "string_type": "must be text",
    "value_error": "{error}",
}
TOLD_MAX = 20


class _Loader(yaml.CSafeLoader):
    """Reads plain YAML; the same key twice is an error, not the last one's word."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    twice = sorted({str(key) for key in keys if keys.count(key) > 1})
    if twice:
        line = node.start_mark.line + 1
        raise yaml.YAMLError(f"the keys {twice} stand twice in what begins on line {line}")
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_file(path: Path) -> tuple[bytes, Form]:
    """
    Return the bytes of a policy file and what it says.

    Raises:
        InvalidInput: It is too large, no YAML in UTF-8, of an unknown schema, or does not hold
            to its schema; every fault is named by its key.
    """
    raw = path.read_bytes()
    if len(raw) > BYTES_MAX:
        raise InvalidInput(f"{path.name}: a policy file has at most {BYTES_MAX} bytes")
    try:
        read = yaml.load(raw.decode("utf-8"), _Loader)  # noqa: S506  # a safe loader
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise InvalidInput(f"{path.name}: not a YAML file in UTF-8: {error}") from error
    if not isinstance(read, dict):
        raise InvalidInput(f"{path.name}: must hold keys and values")
    number = read.get("schema", 1)
    if isinstance(number, bool) or not isinstance(number, int) or number not in SCHEMAS:
        known = ", ".join(str(each) for each in SCHEMAS)
        raise InvalidInput(f"{path.name}: schema {number!r} is not known here (known: {known})")
    try:
        return raw, SCHEMAS[number].model_validate(read)
    except ValidationError as error:
        raise InvalidInput(f"{path.name}: {_told(error.errors(include_url=False))}") from error


def rules_of(read: Form) -> dict[str, Entry]:
    """Return every entry of a file by the id of its rule."""
    found: dict[str, Entry] = {}
    for name in SECTIONS:
        section: Section = getattr(read, name)
        for key, entry in section:
            found[_id(name, key)] = entry
    return found


def stated_since(schema: int) -> tuple[dict[str, Entry], list[str]]:
    """Return what later schemas take new values to be, and those that a file must be given."""
    stated: dict[str, Entry] = {}
    wanting: list[str] = []
    for number in sorted(each for each in SCHEMAS if each > schema):
        for name, entry in _added(number).items():
            if entry is None:
                wanting.append(name)
            else:
                stated[name] = entry
    return stated, wanting


@cache
def _added(number: int) -> Mapping[str, Entry | None]:
    """Return what a schema added: its stated default, None where a file must state it."""
    path = ADDED / f"{number}.yml"
    read = declared(path.read_text(encoding="utf-8"))
    form = SCHEMAS[number].model_fields
    found: dict[str, Entry | None] = {}
    for section, entries in read.items():
        kinds = form[section].annotation.model_fields  # type: ignore[union-attr]  # a section
        for name, entry in entries.items():
            kind: type[Entry] = kinds[name].annotation
            known = None if entry is None else kind.model_validate(entry)
            found[_id(section, name)] = known
    return found


def _id(section: str, name: str) -> str:
    return f"{section}.{name}" if section == "contagion" else name


def _told(errors: Sequence[ErrorDetails]) -> str:
    """Return what is wrong, what is missing and what is unknown first."""
    told = [
        f"{words} {sorted(names)}"
        for kind, words in (("missing", "missing values"), ("extra_forbidden", "unknown values"))
        if (names := [_place(each["loc"]) for each in errors if each["type"] == kind])
    ]
    told += [_fault(each) for each in errors if each["type"] not in ("missing", "extra_forbidden")]
    more = len(told) - TOLD_MAX
    return "; ".join([*told[:TOLD_MAX], *([f"and {more} more"] if more > 0 else [])])


def _fault(error: ErrorDetails) -> str:
    words = WORDS.get(error["type"], error["msg"][:1].lower() + error["msg"][1:])
    said = words.format(**{name: str(value) for name, value in error.get("ctx", {}).items()})
    place = _place(error["loc"])
    return f"{place}: {said}" if place else said


def _place(at: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in at if part != "value")
