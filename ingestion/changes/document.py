"""All that a version to be would change, as one document."""

from typing import Any

import polars as pl

from graph import model
from ingestion.changes import lake, limits
from ingestion.changes.rows import RowChanges, of_version
from ingestion.forms import form
from ingestion.judging import ComposedVersion, ImportState

_FIRST = 5  # Firms that are named of each kind; the counts tell of all.
_FIRMS = "firms"


def told(state: ImportState, to_be: ComposedVersion) -> dict[str, Any]:
    """
    Return what would change if a version were published.

    Money is in fen. A table that has no row before and after is left out.

    Args:
        state: What the import has found out.
        to_be: The version that it has composed.
    """
    served, current = _served(state), state.current
    after = {name: pl.DataFrame(table) for name, table in to_be.tables.items()}
    found = {name: of_version(name, served[name], after[name]) for name in model.TABLES}
    facts = {name: found[name] for name in model.TABLES if name != _FIRMS}
    facts |= {name: _of_lake(state, to_be, name) for name in lake.TABLES}
    day = to_be.manifest.day
    before = (served, day if current is None else current.as_of)
    return {
        "version": None if current is None else current.number,
        "as_of": {
            "before": None if current is None else current.as_of.isoformat(),
            "after": to_be.manifest.as_of,
        },
        _FIRMS: _firms(found[_FIRMS]),
        "tables": {name: each.document() for name, each in facts.items() if not each.is_empty},
        "limits": limits.told(found, before, (after, day)),
    }


def _served(state: ImportState) -> dict[str, pl.DataFrame]:
    if state.current is None:
        return {name: pl.DataFrame(model.table(name).arrow.empty_table()) for name in model.TABLES}
    reader = state.job.store.reader(state.current.number)
    return {name: pl.DataFrame(reader.columns(name)) for name in model.TABLES}


def _of_lake(state: ImportState, to_be: ComposedVersion, name: str) -> RowChanges:
    judged = state.verdicts.get(name)  # Whose description may have a key of its own.
    shape = form(name) if judged is None else judged.form
    rows = lake.LakeRows(state.job.lake, shape, to_be.view.parties)
    return rows.difference(state.served, to_be.manifest)


def _firms(found: RowChanges) -> dict[str, Any]:
    kinds = {"new": found.new, "changed": found.after, "gone": found.gone}
    named = {
        kind: {
            "count": len(rows),
            "first": rows.head(_FIRST).select(id="firm", name="name").to_dicts(),
        }
        for kind, rows in kinds.items()
    }
    return {**named, "unchanged": {"count": found.unchanged}}
