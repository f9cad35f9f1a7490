"""Rows of another set looked up by keys: its texts, and which of its rows were ever found."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from ingestion.descriptions.cells import SetCells
from ingestion.descriptions.model import Join, Value
from ingestion.sets.headers import INNER

KEY, ROW = f"{INNER}key", f"{INNER}row"
_BETWEEN = "\x1f"


@dataclass(slots=True)
class SetLookup:
    """The rows of a set that others look into, with the places they stand on."""

    rows: pl.DataFrame  # Of every kept row the keys and takes of each join, and its number.
    files: pl.Series  # Of every row, kept or not, the file that it is from.
    found: pl.Series = field(default_factory=lambda: pl.Series([], dtype=pl.Int64))

    def match(self, at: int, join: Join, keys: pl.Series) -> pl.DataFrame:
        """Return for each key the texts that a join takes, as lists; null where nothing matches."""
        names = list(join.take)
        own = self.rows.select(
            pl.col(f"{KEY}{at}").alias(KEY),
            *(pl.col(f"{at}.{name}").alias(name) for name in names),
            pl.col(ROW),
        ).filter(pl.col(KEY).is_not_null())
        asked = pl.DataFrame({KEY: keys})
        hit = own.join(asked.unique(), on=KEY, how="semi", maintain_order="left")
        rows = hit[ROW].explode() if isinstance(hit[ROW].dtype, pl.List) else hit[ROW]
        self.found = pl.concat([self.found, rows]).unique()
        met = hit.group_by(KEY, maintain_order=True).agg(pl.col(name) for name in names)
        return asked.join(met, on=KEY, how="left", maintain_order="left").drop(KEY)


def keys_of(values: Sequence[Value], cells: SetCells, *, strip_zeros: bool) -> pl.Series:
    """Return the key of each row as one text; null where a part of it is blank."""
    parts = [cells.value(value) for value in values]
    if strip_zeros:
        parts = [part.str.replace("^0+([^0].*|0)$", "$1") for part in parts]
    named = {str(at): part for at, part in enumerate(parts)}
    frame = pl.DataFrame(named)
    return frame.select(pl.concat_str(list(named), separator=_BETWEEN).alias(KEY))[KEY]


def taken(cells: SetCells, join: Join, at: int) -> list[pl.Series]:
    """Return key and texts of the rows of a set, as one of the joins into it asks for them."""
    key = keys_of(join.theirs, cells, strip_zeros=join.strip_zeros).alias(f"{KEY}{at}")
    return [key, *(cells.value(value).alias(f"{at}.{name}") for name, value in join.take.items())]
