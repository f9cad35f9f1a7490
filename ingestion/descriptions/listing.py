"""The sources that there are, as plain values."""

from collections.abc import Iterator
from typing import Any

from ingestion.descriptions.folders import SourceFolders
from ingestion.descriptions.model import Description
from ingestion.forms import forms
from ingestion.sets import Query


def listed(folders: SourceFolders) -> Iterator[dict[str, Any]]:
    """Yield for each source whose it is, its state, and what is wrong with it."""
    for name in folders.names():
        origin, _ = folders.path(name)
        description, faults = folders.read(name)
        broken = bool(faults.told) or description is None
        state = "broken" if broken else "template" if faults.questions else "ready"
        yield {
            "name": name,
            "origin": origin,
            "state": state,
            "version": None if description is None else description.version,
            "sha256": None if description is None else description.sha256,
            "tables": [] if description is None else _tables(description),
            "problems": faults.messages(),
        }


def shown(folders: SourceFolders, name: str) -> dict[str, Any]:
    """
    Return all that there is to tell of a source, with its text.

    Raises:
        ImportRefused: There is none of that name.
    """
    folders.path(name)
    found = next(each for each in listed(folders) if each["name"] == name)
    description, _ = folders.read(name)
    if description is None:
        return {**found, "text": ""}
    return {
        **found,
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
        "addresses": sorted(
            {
                rows.origin.address_from
                for rows in description.sets.values()
                if isinstance(rows.origin, Query)
            }
        ),
        "text": description.text,
    }


def _tables(description: Description) -> list[str]:
    if description.forms:
        return list(forms())
    return list(dict.fromkeys(table.table for table in description.tables))
