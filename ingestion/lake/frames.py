"""Rows of the lake as frames: with the firms they mean, and summed over pairs of firms."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from graph.errors import InvalidInput
from ingestion.forms import KNOWN, form
from ingestion.lake import overlap, parts
from ingestion.lake.known import known
from ingestion.lake.manifest import LakePart, Manifest
from ingestion.lake.overlap import BoolArray
from ingestion.lake.parties import Parties

_SUMS = ("amount_fen", "total_fen")
_SLICES = 8  # Of pairs, by their seller.
_PAIRS_KEPT = 1_000_000  # Sums of so many pairs are kept before they are added up.
SUM_MAX = 9e18  # Sums of fen stay within 64 bits; beyond this they are refused.


@dataclass(frozen=True, slots=True)
class LakeView:
    """The lake as one manifest sees it, each party text read as the firm it means."""

    folder: Path
    manifest: Manifest
    parties: Parties
    # By table and file: rows that another source tells too, and whose telling counts.
    _left_out: dict[str, dict[tuple[str, str], BoolArray]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def counted(
        self, source: str, part: LakePart, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Return the rows of a part that count: no other source tells their facts instead."""
        rows = parts.read(self.folder, part, columns)
        out = self._told_elsewhere(source, part)
        return rows if out is None else rows.filter(pa.array(~out))

    def knowing(self, source: str, part: LakePart, until: dt.date | None = None) -> pl.Expr | None:
        """Return which rows of a part were known by the end of a day; None where all were."""
        day = min(until or self.manifest.day, self.manifest.day)
        lag_days = self.manifest.lag_days.get(source, {}).get(part.table, 0)
        told_later = part.known_on is not None and part.known_on > day.isoformat()
        return known(form(part.table), lag_days, day) if lag_days or told_later else None

    def counted_where(self, source: str, part: LakePart, holds: pl.Expr) -> pl.DataFrame:
        """Return the rows of a part that count and for which something holds; few, of many."""
        parts.verify(self.folder, part)
        path = self.folder / part.file
        rows = pl.scan_parquet(path, row_index_name="row", glob=False).filter(holds).collect()
        stands = np.ones(part.rows, bool)
        stands[parts.dropped(self.folder, part)] = False
        out = self._told_elsewhere(source, part)
        if out is not None:
            stands[stands] = ~out
        rows = rows.filter(pl.Series(stands[rows["row"].to_numpy()])).drop("row")
        if KNOWN not in rows.columns:  # Of a release that did not ask for it.
            rows = rows.with_columns(pl.lit(None, pl.Date).alias(KNOWN))
        were_known = self.knowing(source, part)
        return rows if were_known is None else rows.filter(were_known)

    def _told_elsewhere(self, source: str, part: LakePart) -> BoolArray | None:
        if part.table not in self._left_out:
            given = self.manifest.parts(part.table)
            shown = overlap.shared(
                self.folder, part.table, given, parties=self.parties, knowing=self.knowing
            )
            self._left_out[part.table] = overlap.left_out(shown, given)
        return self._left_out[part.table].get((source, part.file))

    def frame(
        self,
        table: str,
        columns: Sequence[str],
        *,
        after: dt.date | None = None,
        until: dt.date | None = None,
    ) -> pl.DataFrame:
        """
        Return rows of a table dated after one day and until another, in a fixed order.

        Rows that the bank did not know by then are not among them.

        Party columns hold the firm's row in `parties.firms`. With `source`, `part` and `origin`
        among the columns each row names where it came from.
        """
        frames = list(self.pieces(table, columns, after=after, until=until))
        return pl.concat(frames) if frames else self._shaped(table, columns)

    def pieces(
        self,
        table: str,
        columns: Sequence[str],
        *,
        after: dt.date | None = None,
        until: dt.date | None = None,
    ) -> Iterator[pl.DataFrame]:
        """Yield the rows that `frame` gives, those of one part at a time; none has no columns."""
        for source, part in self.manifest.parts(table):
            if not _outside(part, after, until):
                yield self._part(source, part, columns, (after, until))

    def _part(
        self,
        source: str,
        part: LakePart,
        columns: Sequence[str],
        days: tuple[dt.date | None, dt.date | None],
    ) -> pl.DataFrame:
        dated = form(part.table).dated
        after, until = days
        were_known = self.knowing(source, part, until)
        asked = [dated] if were_known is None else [dated, KNOWN, form(part.table).day]
        wanted = dict.fromkeys([*columns, *filter(None, asked)])
        read = [name for name in wanted if name != "source_name"]
        rows = self.counted(source, part, read)
        frame = pl.DataFrame({name: self._series(source, rows[name]) for name in rows.column_names})
        if "source_name" in columns:
            frame = frame.with_columns(pl.lit(source).alias("source_name"))
        if were_known is not None:
            frame = frame.filter(were_known)
        if dated is not None and after is not None:
            frame = frame.filter(pl.col(dated) > after)
        if dated is not None and until is not None:
            frame = frame.filter(pl.col(dated) <= until)
        return frame.select(columns)

    def _series(self, source: str, values: pa.ChunkedArray) -> pl.Series:
        if pa.types.is_dictionary(values.type):
            rows = self.parties.coded(source, values)
            return pl.Series(pa.array(rows, mask=rows < 0), dtype=pl.Int64)
        return pl.Series(values)

    def _shaped(self, table: str, columns: Sequence[str]) -> pl.DataFrame:
        empty = {
            column.stored: pl.Series(
                pa.array([], pa.int64() if column.kind == "party" else column.arrow)
            )
            for column in form(table).columns.values()
        }
        empty |= {"line": pl.Series([], dtype=pl.Int32), "file": pl.Series([], dtype=pl.Int32)}
        empty["source_name"] = pl.Series([], dtype=pl.String)
        return pl.DataFrame({name: empty[name] for name in columns})

    def pairs(self, *, after: dt.date, until: dt.date, ever: bool = False) -> pl.DataFrame:
        """
        Return for each pair of firms what their invoices of a window come to.

        Args:
            after: The window begins on the day after this one.
            until: The last day of the window; later rows are not seen at all.
            ever: Give also the pairs that have earlier rows only, with noughts, and the first
                and last day of all their rows.

        Raises:
            InvalidInput: A sum of fen would not fit 64 bits.
        """
        columns = ["seller", "buyer", "issued_on", "amount_fen", "total_fen"]
        since = None if ever else after
        found = [_of_pairs(self._shaped("invoices", columns), after)]
        sums = np.zeros(2)
        for rows in self.pieces("invoices", columns, after=since, until=until):
            traded = rows.filter(pl.col("seller") != pl.col("buyer"))
            sums += [_magnitude(traded[name]) for name in _SUMS]
            found = _few([*found, _of_pairs(traded, after)])
        for name, total in zip(_SUMS, sums.tolist(), strict=True):
            if total > SUM_MAX:
                raise InvalidInput(f"invoices: the sum of {name} does not fit 64 bits")
        return _added_up(found).sort("seller", "buyer")

    def named(self, frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
        """Return the frame with firms by their ids in place of their rows."""
        ids = pl.Series(pa.array(self.parties.firms, pa.string()), dtype=pl.String)
        return frame.with_columns(
            [ids.gather(frame[name]).alias(name) for name in columns]
            if len(frame)
            else [pl.Series(name, [], dtype=pl.String) for name in columns]
        )


def _outside(part: LakePart, after: dt.date | None, until: dt.date | None) -> bool:
    too_late = until is not None and part.first_on is not None and part.first_on > until.isoformat()
    too_early = after is not None and part.last_on is not None and part.last_on <= after.isoformat()
    return too_late or too_early


def _magnitude(fen: pl.Series) -> float:
    return float(np.abs(fen.to_numpy().astype(np.float64)).sum())


def _of_pairs(rows: pl.DataFrame, after: dt.date) -> pl.DataFrame:
    """Return for each pair of firms what its rows after a day come to."""
    inside = pl.col("issued_on") > after
    amount = pl.when(inside).then(pl.col("amount_fen")).otherwise(0)
    return rows.group_by("seller", "buyer").agg(
        amount.sum().alias("amount_fen"),
        pl.when(inside).then(pl.col("total_fen")).otherwise(0).sum().alias("total_fen"),
        amount.clip(lower_bound=0).sum().alias("blue_fen"),
        (-amount).clip(lower_bound=0).sum().alias("red_fen"),
        inside.sum().cast(pl.Int64).alias("count"),
        pl.col("issued_on").min().alias("first_on"),
        pl.col("issued_on").max().alias("last_on"),
    )


def _few(found: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """Return sums of pairs, those of many parts added up at once."""
    if sum(map(len, found[1:])) <= max(_PAIRS_KEPT, len(found[0])):
        return found
    return [_added_up(found)]


def _added_up(found: Sequence[pl.DataFrame]) -> pl.DataFrame:
    if len(found) == 1:
        return found[0]
    totals = ("amount_fen", "total_fen", "blue_fen", "red_fen", "count")
    rows = pl.concat(found)
    slices = range(_SLICES if len(rows) > _PAIRS_KEPT else 1)
    return pl.concat(
        rows.filter(pl.col("seller") % len(slices) == at)
        .group_by("seller", "buyer")
        .agg(pl.col(totals).sum(), pl.col("first_on").min(), pl.col("last_on").max())
        for at in slices
    )
