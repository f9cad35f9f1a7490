"""Batches of one file put together, where rows of a whole file are wanted at once."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import polars as pl

from ingestion.errors import BadFile
from ingestion.sets import Batch

ROWS_MAX = 20_000_000


def wholes(batches: Iterable[Batch]) -> Iterator[Batch]:
    """
    Yield the batches of each file and sheet as one.

    Raises:
        BadFile: A file has more rows than are put together.
    """
    held: list[Batch] = []
    for batch in batches:
        if held and (held[0].paths, held[0].sheet) != (batch.paths, batch.sheet):
            yield _one(held)
            held = []
        held.append(batch)
        if sum(each.frame.height for each in held) > ROWS_MAX:
            where = batch.path.name if batch.path is not None else batch.query
            raise BadFile(f"{where}: at most {ROWS_MAX} rows of a file are put into groups")
    if held:
        yield _one(held)


def _one(batches: list[Batch]) -> Batch:
    if len(batches) == 1:
        return batches[0]
    return replace(
        batches[0],
        frame=pl.concat([batch.frame for batch in batches], how="diagonal"),
        unread=tuple(each for batch in batches for each in batch.unread),
        repeated=tuple(each for batch in batches for each in batch.repeated),
        ragged=tuple(each for batch in batches for each in batch.ragged),
        notes=tuple(each for batch in batches for each in batch.notes),
        latest=batches[-1].latest,
    )
