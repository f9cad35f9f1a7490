"""What a reader hands on: some rows of a file as text, and those that could not be read."""

from dataclasses import dataclass

import polars as pl

LINE = "_line"


@dataclass(frozen=True, slots=True)
class Unread:
    """A row that is no row: its line and what is wrong with it."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows as columns of text with their lines; the header is line 1."""

    rows: pl.DataFrame
    unread: tuple[Unread, ...] = ()


def chunk(header: list[str], rows: list[list[str]], lines: list[int]) -> pl.DataFrame:
    """Return rows as columns of stripped text, empty cells as null, with their lines."""
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in header]
    series = [pl.Series(LINE, lines, pl.Int64)]
    for name, cells in zip(header, columns, strict=True):
        text = pl.Series(name, cells, pl.String).str.strip_chars()
        series.append(pl.select(pl.when(text != "").then(text).alias(name)).to_series())
    return pl.DataFrame(series)
