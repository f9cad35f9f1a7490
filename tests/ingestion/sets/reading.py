"""Sets read whole, for tests."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from ingestion.sets import Batch, Inputs, Set


def batches(asked: Set, *paths: Path, extra: tuple[str, ...] = (), **more: Any) -> list[Batch]:
    """Return all batches of a set."""
    with Inputs(paths, **more) as inputs:
        return list(inputs.read(asked, extra=extra))


def frame(asked: Set, *paths: Path, extra: tuple[str, ...] = (), **more: Any) -> pl.DataFrame:
    """Return all rows of a set."""
    frames = [batch.frame for batch in batches(asked, *paths, extra=extra, **more)]
    return pl.concat(frames, how="diagonal")


def columns(asked: Set, *paths: Path, **more: Any) -> Mapping[str, list[Any]]:
    """Return the columns of a set without the places of its rows."""
    return frame(asked, *paths, **more).drop("_line", "_at").to_dict(as_series=False)
