"""The facts that rows of an import give, as plain values: what would be published."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ingestion import settle
from ingestion.collect import File
from ingestion.forms import Form
from ingestion.resolve import beside
from ingestion.resolve.codes import checked
from ingestion.spool import Divisions
from ingestion.verdict import TableVerdict

_ROWS = 10_000
_AT = ".at"  # The place of a row among all.


def facts(judged: TableVerdict) -> Iterator[tuple[dict[str, Any], int, int]]:
    """
    Yield the facts of a table, each with the number of its file and its line.

    Money is in fen, a day as text, a party by its name and code; what is blank is left out.
    """
    for rows in _in_order(judged):
        for start in range(0, rows.num_rows, _ROWS):
            for row in rows.slice(start, _ROWS).to_pylist():
                yield _fact(judged.form, row), row["file"], row["line"]


def _in_order(judged: TableVerdict) -> Iterator[pa.Table]:
    """Yield the rows that are used in the order in which they came, some at a time."""
    count, total = len(judged.divisions), sum(len(each.aside) for each in judged.divisions)
    if count == 1:
        yield settle.used_rows(judged.divisions[0])
        return
    spans: Divisions | None = None
    for each in judged.in_turn():
        if each.staged.at is None or each.staged.divisions is None:
            continue
        spans = spans or Divisions(count, each.staged.divisions.folder)
        at = each.staged.at[~each.aside]
        rows = settle.used_rows(each).append_column(_AT, pa.array(at))
        spans.add(rows, at * count // total)
    for found in spans.each() if spans is not None else ():
        yield found.take(pa.array(np.argsort(found[_AT].to_numpy()))).drop_columns([_AT])


def _fact(form: Form, row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column in form.columns.values():
        value = row[column.stored]
        if value is None or (form.name == "firms" and _derived(column.name, row)):
            continue
        if column.kind == "party":
            found[column.name] = party(value)
        else:
            found[column.stored] = value.isoformat() if column.kind == "date" else value
    return found


def _derived(name: str, row: Mapping[str, Any]) -> bool:
    """Return whether a column of a firm says nothing by itself: an id that is its name or code."""
    if name == "firm":
        return row["firm"] in (row["name"], row["uscc"])
    return name == "core" and not row["core"]


def party(text: str) -> dict[str, str]:
    """
    Return what a text of a party tells: its name, its code, or both.

    Example:
        >>> party("甲公司"), party("91350100M000100Y43")
        ({'name': '甲公司'}, {'code': '91350100M000100Y43'})
    """
    code, name = beside.parted(text)
    if code is not None:
        return {"name": name, "code": code}
    return {"code": text} if checked(text) else {"name": text}


def write(path: Path, verdicts: Mapping[str, TableVerdict], files: tuple[File, ...]) -> None:
    """Write every fact as a line of JSON, with the file or query and the line it is from."""
    with path.open("w", encoding="utf-8") as stream:
        for table, judged in verdicts.items():
            for fact, file, line in facts(judged):
                said = {"table": table, "fact": fact, **where(files[file]), "line": line}
                stream.write(json.dumps(said, ensure_ascii=False) + "\n")


def where(file: File, name: str = "file") -> dict[str, str]:
    """Return where rows are from: a query, or a file and its sheet."""
    if file.query:
        return {"query": file.query}
    return {name: str(file.path)} | ({"sheet": file.sheet} if file.sheet else {})


__all__ = ["facts", "party", "where", "write"]
