"""Lines of JSON as records: every plain value with its path."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingestion.errors import BadFile
from ingestion.guess.records import BETWEEN, FieldRecord
from ingestion.readers import lines
from ingestion.sets.json_paths import EACH, STEPS_MAX

RECORDS_MAX = 5_000
_ODD_MAX = 0.1  # Of the lines so many may be spoilt.
VALUES_MAX, FIELDS_MAX, TEXT_MAX = 200, 400, 4_000


def of_file(path: Path) -> list[FieldRecord]:
    """
    Return the first records of a file.

    Raises:
        BadFile: It is no text that is read, or most of its lines are no objects.
    """
    found: list[FieldRecord] = []
    odd = 0
    for some in lines.read(path, "utf-8"):
        for line in some.texts:
            record = _record(line)
            odd += record is None
            found += [] if record is None else [record]
            if len(found) + odd >= RECORDS_MAX:
                break
        if len(found) + odd >= RECORDS_MAX:
            break
    if not found or odd > _ODD_MAX * len(found):
        raise BadFile(f"{path.name}: its lines are no objects of JSON, one a line")
    return found


def _record(line: str) -> FieldRecord | None:
    try:
        found = json.loads(line, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    record = FieldRecord()
    _walk(found, (), record)
    return record


def _walk(value: Any, steps: tuple[str, ...], record: FieldRecord) -> None:
    if len(steps) > STEPS_MAX or len(record.fields) > FIELDS_MAX:
        return
    if isinstance(value, dict | list):
        for step, inner in _inside(value):
            _walk(inner, (*steps, *step), record)
    elif value is not None and steps:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        key = BETWEEN.join(step for step in steps if step != EACH)
        if len(record.fields.get(key, ())) < VALUES_MAX:
            record.add(key, ".".join(steps), text[:TEXT_MAX])


def _inside(value: dict[str, Any] | list[Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield what is inside an object or a list, with the step that leads there."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name.strip() and "." not in name and name != EACH:
                yield (name,), inner
    else:
        for inner in value[:VALUES_MAX]:
            yield ((EACH,) if isinstance(inner, dict | list) else ()), inner
