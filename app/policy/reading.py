"""A policy file read by the schema that it names; what is wrong is said by file and key."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.policy.lines import Place, line_at, lines_of
from app.policy.schemas import SCHEMAS, Entry, Form, Section
from graph.errors import InvalidInput
from graph.model import declared

ADDED = Path(__file__).parent / "schemas" / "added"
BYTES_MAX = 2**20
DEPTH_MAX = 8
SECTIONS = ("values", "tables", "contagion")
WORDS = {
    "bool_type": "must be true or false",
    "date_type": "must be a date",
    "date_from_datetime_inexact": "must be a date",
    "greater_than_equal": "must not be below 0",
    "int_type": "must be a whole number",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "string_pattern_mismatch": "may hold letters, digits and . _ - only",
    "invalid_key": "a key must be text",
    "model_type": "must hold keys and values",
    "dict_type": "must hold keys and values",
    "string_type": "must be text",
    "value_error": "{error}",
    "union_tag_invalid": "unit must be one of {expected_tags}",
    "union_tag_not_found": "unit is missing",
}
TOLD_MAX = 20
TOLD_LENGTH_MAX = 200
FormT = TypeVar("FormT", bound=BaseModel)


class _Loader(yaml.CSafeLoader):
    """Reads plain YAML; the same key twice is an error, not the last one's word."""


class _PlainLoader(_Loader):
    """Takes no value for something that it does not look like: 010 is 8 to YAML, no is false."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    twice = sorted({str(key) for key in keys if keys.count(key) > 1})
    if twice:
        line = node.start_mark.line + 1
        raise yaml.YAMLError(f"the keys {twice} stand twice in what begins on line {line}")
    return loader.construct_mapping(node, deep=True)


def _plain(kind: str, form: str) -> None:
    """Let the plain loader take values of a kind in one form; what is written else stays text."""
    tag, known = f"tag:yaml.org,2002:{kind}", re.compile(form)
    construct = yaml.CSafeLoader.yaml_constructors[tag]

    def constructed(loader: _PlainLoader, node: yaml.ScalarNode) -> Any:
        """Return a scalar as its kind where its text is of that kind, else as text."""
        try:
            return construct(loader, node) if known.fullmatch(node.value) else node.value
        except ValueError:  # A day that is in no calendar.
            return node.value

    _PlainLoader.add_constructor(tag, constructed)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_plain("bool", "true|false")
_plain("int", "[-+]?(0|[1-9][0-9]*)")
_plain("timestamp", "[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_file(path: Path, *, stored: bool = False) -> tuple[bytes, Form]:
    """
    Return the bytes of a policy file and what it says.

    Args:
        path: The file.
        stored: Whether a run was computed with it: it is taken as it was then.

    Raises:
        InvalidInput: It cannot be read, is too large, no YAML in UTF-8, of an unknown schema, or
            does not hold to its schema; every fault is named by its key.
    """
    raw, read = read_keys(path, stored=stored)
    number = read.get("schema", 1)
    if isinstance(number, bool) or not isinstance(number, int) or number not in SCHEMAS:
        known = ", ".join(str(each) for each in SCHEMAS)
        told = repr(number)[:TOLD_LENGTH_MAX] if isinstance(number, str | int) else "of this kind"
        raise InvalidInput(f"{path.name}: schema {told} is not known here (known: {known})")
    return raw, held_to(SCHEMAS[number], read, path.name)


def read_keys(path: Path, *, stored: bool = False) -> tuple[bytes, dict[Any, Any]]:
    """
    Return the bytes of a file of settings and its keys with their values.

    Args:
        path: The file.
        stored: Whether something was computed with it: it is taken as it was then.

    Raises:
        InvalidInput: It cannot be read, is too large, or no YAML in UTF-8 with keys.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path.name}: cannot be read: {error.strerror}") from error
    if len(raw) > BYTES_MAX:
        raise InvalidInput(f"{path.name}: such a file has at most {BYTES_MAX} bytes")
    try:
        text = raw.decode("utf-8")
        _require_shallow(text)
        read = yaml.load(text, _Loader if stored else _PlainLoader)  # noqa: S506  # safe loaders
    except (UnicodeDecodeError, yaml.YAMLError, ValueError) as error:
        raise InvalidInput(f"{path.name}: not a YAML file in UTF-8: {error}") from error
    if not isinstance(read, dict):
        raise InvalidInput(f"{path.name}: must hold keys and values")
    return raw, read


def held_to(
    form: type[FormT], read: Mapping[Any, Any], name: str, *, raw: bytes | None = None
) -> FormT:
    """
    Return what a file says in the form that it must have.

    Args:
        form: The form.
        read: Its keys with their values.
        name: Of the file.
        raw: Its bytes, where faults are to be named by their lines as well.

    Raises:
        InvalidInput: It has not; every fault is named by file and key.
    """
    try:
        return form.model_validate(read)
    except ValidationError as error:
        lines = {} if raw is None else lines_of(raw)
        raise InvalidInput(f"{name}: {_told(error.errors(include_url=False), lines)}") from error


def _require_shallow(text: str) -> None:
    """Raise where a text is nested deeper than any policy; deeper ones end the process."""
    depth = 0
    for event in yaml.parse(text, yaml.CSafeLoader):  # One by one: nothing is built.
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_MAX:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise yaml.YAMLError(f"line {line} is nested deeper than {DEPTH_MAX} levels")


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


def _told(errors: Sequence[ErrorDetails], lines: Mapping[Place, int]) -> str:
    """Return what is wrong, what is missing and what is unknown first."""
    told = [
        f"{words} {sorted(names)}"
        for kind, words in (("missing", "missing values"), ("extra_forbidden", "unknown values"))
        if (names := [_place(each["loc"], lines) for each in errors if each["type"] == kind])
    ]
    further = [each for each in errors if each["type"] not in ("missing", "extra_forbidden")]
    told += [_fault(each, lines) for each in further]
    more = len(told) - TOLD_MAX
    return "; ".join([*told[:TOLD_MAX], *([f"and {more} more"] if more > 0 else [])])


def _fault(error: ErrorDetails, lines: Mapping[Place, int]) -> str:
    words = WORDS.get(error["type"])
    if words is None:
        said = error["msg"][:1].lower() + error["msg"][1:]
    else:
        said = words.format(**{name: str(value) for name, value in error.get("ctx", {}).items()})
    said = said[:TOLD_LENGTH_MAX]
    place = _place(error["loc"], lines)
    return f"{place}: {said}" if place else said


def _place(at: Place, lines: Mapping[Place, int]) -> str:
    """Return a key by its path, and by its line where lines are known."""
    place = ".".join(str(part) for part in at if part != "value")
    line = line_at(lines, at)
    return place if line is None or not place else f"{place} (line {line})"
