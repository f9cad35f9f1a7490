"""What a source is: its facts from `source.yml`, its two functions from `mapper.py`."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import yaml

from graph.errors import InvalidInput

_FOLDER = Path(__file__).parent / "sources"
Find = Callable[[Sequence[Path]], list[tuple[str, Path]]]
Convert = Callable[[str, Path, pl.DataFrame], pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Source:
    """One source of data."""

    name: str
    names_identify: bool
    rows_min: int
    set_aside_rows_free: int
    set_aside_share_max: float
    ignore: frozenset[str]
    find: Find
    convert: Convert


def sources() -> list[str]:
    """Return the names of the sources that are shipped."""
    return sorted(path.parent.name for path in _FOLDER.glob("*/source.yml"))


def source(name: str) -> Source:
    """
    Return a source by its name.

    Raises:
        InvalidInput: There is no such source.

    Example:
        >>> source("cumcm").names_identify
        False
    """
    if name not in sources():
        raise InvalidInput(f"no source {name!r}; there are {', '.join(sources())}")
    said = yaml.safe_load((_FOLDER / name / "source.yml").read_text(encoding="utf-8"))
    mapper = importlib.import_module(f"ingestion.sources.{name}.mapper")
    return Source(
        name=name,
        names_identify=bool(said["names_identify"]),
        rows_min=int(said["checks"]["rows_min"]),
        set_aside_rows_free=int(said["checks"]["set_aside_rows_free"]),
        set_aside_share_max=float(said["checks"]["set_aside_share_max"]),
        ignore=frozenset(said["ignore"]),
        find=mapper.find,
        convert=mapper.convert,
    )
