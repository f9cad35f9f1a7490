"""What a version is made of: parts of sources, and which of their rows are superseded."""

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from graph.errors import Damaged, NotFound


@dataclass(frozen=True, slots=True)
class FileOrigin:
    """One file that rows of a part came from."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class LakePart:
    """One Parquet file of used rows; `dropped` names the list of those superseded since."""

    table: str
    file: str
    rows: int
    origins: tuple[FileOrigin, ...]
    first_on: str | None = None
    last_on: str | None = None
    dropped: str | None = None
    known_on: str | None = None  # The latest day on which the bank learned of a row that says so.
    description: str | None = None  # The hash of the text that says how the rows were read.


@dataclass(frozen=True, slots=True)
class Manifest:
    """The lake as one version sees it."""

    version: int
    as_of: str
    sources: Mapping[str, tuple[LakePart, ...]]
    parties: str | None = None
    # By source and set of a query the largest value of its column that was published.
    since: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # By source and table after how many days a row is known that does not say when.
    lag_days: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    # By source and table what tells its rows apart where it is not the key of the form.
    keys: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)

    @property
    def day(self) -> dt.date:
        """Return the as-of date."""
        return dt.date.fromisoformat(self.as_of)

    def parts(self, table: str) -> list[tuple[str, LakePart]]:
        """Return the parts of a table with their sources, in a fixed order."""
        return [
            (source, part)
            for source in sorted(self.sources)
            for part in self.sources[source]
            if part.table == table
        ]

    def read_as(
        self, source: str, lag_days: Mapping[str, int], keys: Mapping[str, Sequence[str]]
    ) -> "Manifest":
        """Return the manifest in which a source says when its rows are known, and their keys."""
        lags = {name: said for name, said in self.lag_days.items() if name != source}
        others = {name: said for name, said in self.keys.items() if name != source}
        return replace(
            self,
            lag_days={**lags, source: dict(lag_days)} if lag_days else lags,
            keys={**others, source: {table: list(key) for table, key in keys.items()}}
            if keys
            else others,
        )

    def files(self) -> set[str]:
        """Return the names of all files that the version needs."""
        every = [part for parts in self.sources.values() for part in parts]
        named = {part.file for part in every} | {part.dropped for part in every} | {self.parties}
        return {name for name in named if name is not None}


EMPTY = Manifest(version=0, as_of="0001-01-01", sources={})


def path_of(folder: Path, version: int) -> Path:
    """Return where a version's manifest is kept."""
    return folder / "manifests" / f"{version}.json"


def write(folder: Path, manifest: Manifest) -> None:
    """Write a version's manifest, whole or not at all."""
    path = path_of(folder, manifest.version)
    path.parent.mkdir(parents=True, exist_ok=True)
    said = _plain(manifest)
    said = {"digest": _digest(said), **said}
    # Origins may be a million files: what is written of them is never in memory as a whole.
    encoder = json.JSONEncoder(ensure_ascii=False, indent=1, sort_keys=True, default=_plain)
    durable(path, map(str.encode, encoder.iterencode(said)))


def read(folder: Path, version: int) -> Manifest:
    """
    Return a version's manifest.

    Raises:
        NotFound: The lake knows no such version.
        Damaged: The manifest was changed; one of a release that wrote no digest is read as it is.
    """
    path = path_of(folder, version)
    if not path.is_file():
        raise NotFound(f"the lake has no manifest of version {version}")
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        digest = said.pop("digest", None)
    except (ValueError, AttributeError) as error:
        raise Damaged(f"the lake's manifest of version {version} was changed") from error
    if digest not in (None, _digest(said)):
        raise Damaged(f"the lake's manifest of version {version} was changed")
    sources = {
        name: tuple(_part(entry) for entry in parts) for name, parts in said.pop("sources").items()
    }
    return Manifest(sources=sources, **said)


def durable(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write a file, all at once or piece by piece, so that a crash leaves it whole or as before."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as stream:
        stream.writelines([content] if isinstance(content, bytes) else content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)


def _plain(said: Any) -> dict[str, Any]:
    """Return the fields of a manifest, a part or an origin by name."""
    return {each.name: getattr(said, each.name) for each in fields(said)}


def _digest(said: Mapping[str, Any]) -> str:
    """Return a hash of all that a manifest says, however it is laid out."""
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _part(entry: dict[str, Any]) -> LakePart:
    origins = tuple(FileOrigin(**origin) for origin in entry.pop("origins"))
    return LakePart(origins=origins, **entry)
