"""The last event's number and hash kept outside the database, so that a cut tail is found."""

import json
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from app.platform.deps import Resources
from app.platform.errors import Unready
from app.platform.events.tables import head
from app.platform.files.durable import sync_folders
from app.platform.files.whole import together

FILE = "head.json"
FOLDER = "book"


@dataclass(frozen=True, slots=True)
class KeptHead:
    """The head of the chain as it was told when a day was closed."""

    number: int
    hash: str
    day: str


def place_of(resources: Resources) -> Path:
    """Return where the head is kept."""
    return resources.home / FOLDER / FILE


def keep_head(resources: Resources) -> KeptHead:
    """Keep the head of the chain as it is now; return it."""
    query = sa.select(head.c.number, head.c.hash, head.c.day)
    with resources.records.reading() as connection:
        found = KeptHead(*connection.execute(query).one())
    place = place_of(resources)
    place.parent.mkdir(parents=True, exist_ok=True)
    told = {"number": found.number, "hash": found.hash, "day": found.day}
    with together() as draft:
        draft(place).write_text(json.dumps(told), encoding="utf-8")
    sync_folders(place.parent)
    return found


def kept_head(resources: Resources) -> KeptHead | None:
    """
    Return the head as it was kept last; None where none ever was.

    Raises:
        Unready: The file is not as it was written.
    """
    place = place_of(resources)
    if not place.exists():
        return None
    try:
        told = json.loads(place.read_text(encoding="utf-8"))
        return KeptHead(int(told["number"]), str(told["hash"]), str(told["day"]))
    except (ValueError, KeyError, TypeError) as error:
        raise Unready(f"{place.name}: is not as it was written: {error}") from error
