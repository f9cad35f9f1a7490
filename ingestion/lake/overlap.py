"""
What several sources tell: each fact counts once.

Every source's rows stay in the lake, so that what one source forgets the other still tells. Of
sources that tell one fact the one with the fuller rows counts (an invoice with its tax), else the
last in order of name, whichever was imported first.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from ingestion import spool
from ingestion.forms import KNOWN, form
from ingestion.lake import parts
from ingestion.lake.manifest import LakePart
from ingestion.lake.parties import Parties
from ingestion.staged import dividing

BoolArray = npt.NDArray[np.bool_]
_OVERLAID = ("firms",)  # Rows of one firm complete each other.
_ROW_BYTES = 100  # So much of a row is compared.
_LACKING = {"invoices": "tax_fen"}  # What a fuller row has.


def shared(
    folder: Path,
    table: str,
    given: Sequence[tuple[str, LakePart]],
    *,
    parties: Parties,
    knowing: Callable[[str, LakePart], pl.Expr | None],
) -> pl.DataFrame | None:
    """
    Return the rows of facts that several sources tell; None where none is.

    Args:
        folder: The lake's folder.
        table: Name of the table.
        given: Its parts with their sources.
        parties: Which firm each text means.
        knowing: Which rows of a part of a source are known; None where all are.

    Returns:
        The table's key, `source_name`, `part` (place in `given`), `row`, `stands` (its rows
        count) and `agrees` (the sources name one amount).
    """
    if table in _OVERLAID or len({source for source, _ in given}) < 2:  # noqa: PLR2004
        return None
    key = list(form(table).stored_key)
    frames = (
        _rows(folder, part, (source, parties), knowing(source, part)).with_columns(
            pl.lit(source).alias("source_name"), pl.lit(at).alias("part")
        )
        for at, (source, part) in enumerate(given)
    )
    size = sum(part.rows for _, part in given) * _ROW_BYTES
    found = []
    for rows in _together(frames, dividing(form(table)), size, folder):
        several = rows.group_by(key).agg(pl.col("source_name").n_unique().alias("sources"))
        met = rows.join(several.filter(pl.col("sources") > 1), on=key, how="semi", nulls_equal=True)
        if not met.is_empty():
            found.append(_ranked(met, key))
    return pl.concat(found) if found else None


def _together(
    frames: Iterable[pl.DataFrame], by: Sequence[str], size: int, folder: Path
) -> Iterator[pl.DataFrame]:
    """Yield rows so that those with one key come together, as many at a time as memory holds."""
    count = spool.pieces_of(size) if by else 1
    if count == 1:
        yield pl.concat(frames)
        return
    divisions = spool.Divisions(count, folder)
    for frame in frames:
        rows = frame.to_arrow()
        divisions.add(rows, spool.division_of(rows, by, count))
    yield from map(pl.DataFrame, divisions.each())


def left_out(
    shown: pl.DataFrame | None, given: Sequence[tuple[str, LakePart]]
) -> dict[tuple[str, str], BoolArray]:
    """Return by source and file of a part which of its rows another source tells instead."""
    if shown is None:
        return {}
    found: dict[tuple[str, str], BoolArray] = {}
    for (at,), rows in shown.filter(~pl.col("stands")).group_by("part"):
        source, part = given[int(str(at))]
        out = np.zeros(int(rows["size"][0]), bool)
        out[rows["row"].to_numpy()] = True
        found[source, part.file] = out
    return found


def _rows(
    folder: Path, part: LakePart, told: tuple[str, Parties], were_known: pl.Expr | None
) -> pl.DataFrame:
    """Return the keys of the known rows of a part, and what their rank depends on."""
    (source, parties), shape = told, form(part.table)
    key = list(shape.stored_key)
    lacking = _LACKING.get(part.table)
    amount = "amount_fen" if "amount" in form(part.table).columns else None
    besides = [name for name in (lacking, amount) if name and name not in key]
    days = [] if were_known is None else [KNOWN, *filter(None, [shape.day])]
    rows = parts.read(folder, part, list(dict.fromkeys([*key, *besides, *days])))
    found = parties.keys(source, rows, key).with_columns(
        (pl.Series("full", rows[lacking]).is_not_null() if lacking else pl.lit(value=True)).alias(
            "full"
        ),
        (pl.Series("told", rows[amount]) if amount else pl.lit(0, pl.Int64)).alias("told"),
        pl.int_range(rows.num_rows, dtype=pl.Int64).alias("row"),
        pl.lit(rows.num_rows, pl.Int64).alias("size"),
    )
    if were_known is None:
        return found
    return found.filter(
        pl.DataFrame({name: pl.Series(rows[name]) for name in days}).select(were_known).to_series()
    )


def _ranked(met: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    by_source = [*key, "source_name"]
    tellings = met.group_by(by_source).agg(pl.col("full").all(), pl.col("told").sum().alias("told"))
    ranked = tellings.sort("full", "source_name").with_columns(
        (pl.col("source_name") == pl.col("source_name").last().over(key)).alias("stands"),
        (pl.col("told").n_unique().over(key) == 1).alias("agrees"),
    )
    return met.join(
        ranked.select(*by_source, "stands", "agrees"), on=by_source, how="left", nulls_equal=True
    )


def told_by_others(
    shown: pl.DataFrame, keys: pl.DataFrame, source: str
) -> tuple[pl.DataFrame, Mapping[str, tuple[int, int]]]:
    """
    Return which keys of an import another source tells with rows that count instead.

    Args:
        shown: What `shared` gives.
        keys: Keys of the import's used rows.
        source: The import's source.

    Returns:
        Those keys; and by other source how many facts of the import it tells too, and how many of
        them with other amounts.
    """
    mine = shown.join(keys, on=keys.columns, how="semi", nulls_equal=True)
    lost = mine.filter((pl.col("source_name") == source) & ~pl.col("stands"))
    others = mine.filter(pl.col("source_name") != source)
    counts = (
        others.unique(subset=[*keys.columns, "source_name"])
        .group_by("source_name")
        .agg(pl.len().alias("facts"), (~pl.col("agrees")).sum().alias("differ"))
        .sort("source_name")
    )
    return lost.select(keys.columns).unique(), {
        name: (facts, differ) for name, facts, differ in counts.rows()
    }
