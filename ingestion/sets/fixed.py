"""Lines of text whose columns stand at fixed places, counted in characters."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from ingestion.errors import BadFile
from ingestion.fields.texts import trim
from ingestion.readers import lines
from ingestion.sets.batch import LINE, Batch
from ingestion.sets.model import Fixed


def read(asked: Fixed, path: Path) -> Iterator[Batch]:
    """
    Yield the rows of a file.

    Raises:
        BadFile: It is empty or broken.
    """
    empty = True
    for some in lines.read(path, asked.encoding):
        empty = False
        whole = pl.Series(some.texts, dtype=pl.String)
        columns = {
            name: pl.Series(
                trim(
                    whole.str.slice(first - 1, last - first + 1).to_arrow(
                        compat_level=pl.CompatLevel.oldest()
                    )
                )
            )
            for name, first, last in asked.widths
        }
        frame = pl.DataFrame({LINE: pl.Series(some.numbers, dtype=pl.Int32), **columns})
        filled = pl.any_horizontal(pl.col(name).is_not_null() for name in columns)
        yield Batch(frame=frame.filter(filled), paths=(path,), unread=some.unread, share=some.share)
    if empty:
        raise BadFile(f"{path.name}: the file is empty")
