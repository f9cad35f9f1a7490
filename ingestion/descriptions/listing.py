"""The sources that there are, as plain values."""

from collections.abc import Iterator
from typing import Any

from ingestion.descriptions.faults import Faults
from ingestion.descriptions.folders import SourceFolders, read_file, written
from ingestion.descriptions.model import Description
from ingestion.forms import forms
from ingestion.sets import Query


def listed(folders: SourceFolders, after: str = "") -> Iterator[dict[str, Any]]:
    """Yield for each source (after a name) whose it is, its state, and what is wrong with it."""
    places = folders.places()
    for name in sorted(each for each in places if each > after):
        origin, path = places[name]
        yield _item(name, origin, *read_file(name, path))


def shown(folders: SourceFolders, name: str) -> dict[str, Any]:
    """
    Return all that there is to tell of a source, with its text.

    Raises:
        ImportRefused: There is none of that name.
    """
    origin, path = folders.path(name)
    description, faults = read_file(name, path)
    item = _item(name, origin, description, faults)
    if description is None:
        return {**item, "text": written(path)}
    return {
        **item,
        "label": {"zh": description.label.zh, "en": description.label.en},
        "owner": description.owner,
        "schedule": description.schedule,
        "names_identify": description.names_identify,
        "ids_shared": description.ids_shared,
        "lag_days": dict(description.lag_days),
        "pushed": description.pushed,
        "sets": {
            name: type(rows.origin).__name__.lower() for name, rows in description.sets.items()
        },
        "addresses": sorted({query.address_from for query in queries(description)}),
        "text": description.text,
    }


def queries(description: Description) -> list[Query]:
    """Return the queries that a description asks of databases."""
    origins = [rows.origin for rows in description.sets.values()]
    return [origin for origin in origins if isinstance(origin, Query)]


def _item(
    name: str, origin: str, description: Description | None, faults: Faults
) -> dict[str, Any]:
    broken = bool(faults.told) or description is None
    state = "broken" if broken else "template" if faults.questions else "ready"
    return {
        "name": name,
        "origin": origin,
        "state": state,
        "version": None if description is None else description.version,
        "sha256": None if description is None else description.sha256,
        "tables": [] if description is None else _tables(description),
        "problems": faults.messages(),
    }


def _tables(description: Description) -> list[str]:
    if description.forms:
        return list(forms())
    return list(dict.fromkeys(table.table for table in description.tables))
