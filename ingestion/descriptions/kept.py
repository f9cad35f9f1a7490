"""
The texts of descriptions that facts were published with.

A text is kept under the name and the version of its source, and never changes: what was published
with a version of a description can be read as it was meant.
"""

import re
from pathlib import Path

from ingestion.descriptions.faults import Faults
from ingestion.descriptions.model import Description
from ingestion.descriptions.reading import read
from ingestion.errors import ImportRefused
from ingestion.lake.manifest import durable

_FOLDER = "descriptions"
_FILE = re.compile(r"(.+)-([0-9]+)")


def check_unused(lake: Path, description: Description) -> None:
    """
    Return nothing where no other text was published under the version of a description.

    Raises:
        ImportRefused: One was.
    """
    path = _path(lake, description)
    if path.is_file() and path.read_bytes() != description.text.encode():
        raise ImportRefused(
            f"{description.name}.yml: version {description.version} was used with another text: "
            f"give this one a new number (version: {_latest(lake, description.name) + 1})"
        )


def keep(lake: Path, description: Description) -> None:
    """Keep the text of a description that is published with."""
    path = _path(lake, description)
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        durable(path, description.text.encode())


def published(lake: Path, name: str) -> Description | None:
    """Return the description of a name that was published with last; None for none."""
    version = _latest(lake, name)
    if not version:
        return None
    text = (lake / _FOLDER / f"{name}-{version}.yml").read_text(encoding="utf-8")
    return read(name, text, Faults(name))


def _latest(lake: Path, name: str) -> int:
    files = (_FILE.fullmatch(path.stem) for path in (lake / _FOLDER).glob(f"{name}-*.yml"))
    return max((int(found[2]) for found in files if found and found[1] == name), default=0)


def _path(lake: Path, description: Description) -> Path:
    return lake / _FOLDER / f"{description.name}-{description.version}.yml"
