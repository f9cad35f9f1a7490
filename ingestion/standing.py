"""
Whether a delivery speaks of the firms that stand, or of another economy under the same ids.

Ids are short: `C001` or `F00042` names one firm in one bank's files and another in the next. A
delivery whose firms contradict what stands is therefore refused, before anything is merged. For
each id that the delivery and the lake both list:

- two valid credit codes that differ contradict each other, whatever the names;
- equal codes, equal names, a former name or code among the aliases, and a name inside the other
  (华东重工, 华东重工集团有限公司) are the same firm;
- another name without a code that tells is a rename where the same source says it, unless not one
  firm of several is as it was; where another source says it, it counts against those that agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from ingestion.errors import OtherEconomy
from ingestion.resolve.codes import code
from ingestion.resolve.names import alike, key
from ingestion.verdict import Verdict

TOLD_MAX = 3  # Firms that the message names; the issues file has all.
SEVERAL = 2  # So many firms make an economy; one alone may have been renamed.
_FIELDS = ("name", "uscc", "aliases")


@dataclass(frozen=True, slots=True)
class FirmStatement:
    """What one row of a firms table says of a firm."""

    name: str
    uscc: str | None
    aliases: str | None

    @property
    def former(self) -> set[str]:
        """Return the names and codes that it also goes by, made comparable."""
        parts = (self.aliases or "").replace("；", ";").split(";")
        return {code(part) or key(part) for part in parts if part.strip()}

    def __str__(self) -> str:
        """Return name and code, as a message shows them."""
        return f"{self.name} ({self.uscc})" if self.uscc else self.name


@dataclass(slots=True)
class _Compared:
    """The firms of a delivery against those that stand: rows of the staged table."""

    agreeing: int = 0
    codes: dict[int, "_Pair"] = field(default_factory=dict)  # Other codes.
    renamed: dict[int, "_Pair"] = field(default_factory=dict)  # Other names, the same source.
    named: dict[int, "_Pair"] = field(default_factory=dict)  # Other names, another source.

    @property
    def refused(self) -> bool:
        """Return whether this is another economy."""
        return (
            bool(self.codes)
            or len(self.named) > self.agreeing
            or (len(self.renamed) >= SEVERAL and not self.agreeing)
        )


@dataclass(frozen=True, slots=True)
class _Pair:
    firm: str
    here: FirmStatement
    there: FirmStatement
    source: str  # That gave what stands.

    def __str__(self) -> str:
        return f"{self.firm} is {self.there} in what {self.source} gave, {self.here} here"


def check(judged: Verdict, standing: pl.DataFrame, source: str, listing: Path) -> None:
    """
    Return nothing where a delivery's firms are those that stand.

    Args:
        judged: The delivery's firms table.
        standing: Rows of firms tables as they stand (`derive.firm_rows`), without those that are
            forgotten.
        source: The source that delivers.
        listing: Where the issues file will be; contradicting rows are set aside for it.

    Raises:
        OtherEconomy: They contradict it.
    """
    found = _compare(judged, standing, source)
    if not found.refused:
        return
    pairs = found.codes | found.renamed | found.named
    for rows, column in ((found.codes, "uscc"), (found.renamed | found.named, "name")):
        _set_aside(judged, sorted(rows), column)
    shown = [str(pairs[row]) for row in sorted(pairs)[:TOLD_MAX]]
    more = f"; and {len(pairs) - len(shown)} more, see {listing}" if len(pairs) > TOLD_MAX else ""
    raise OtherEconomy(
        f"{len(pairs)} of {len(pairs) + found.agreeing} firms that stand already are others here: "
        f"{'; '.join(shown)}{more}. Nothing was published. "
        f"{_advice(source, {pair.source for pair in pairs.values()})}"
    )


def _advice(source: str, sources: set[str]) -> str:
    others = sorted(sources - {source})
    if others:
        where = f"give it a data folder of its own (DEEPTIER_HOME): {', '.join(others)} stays here"
    else:
        where = (
            f"give it a data folder of its own (DEEPTIER_HOME), or import it with --replace, "
            f"which forgets what {source} gave before"
        )
    changed = "A firm that changed has its former name or code among its aliases"
    return f"If this is another economy, {where}. {changed}"


def _set_aside(judged: Verdict, rows: Sequence[int], column: str) -> None:
    places = np.array(rows, dtype=np.int64)
    values = judged.staged.table[column].take(pa.array(places)).cast(pa.string())
    judged.set_aside(places, "contradicts", column, values)


def _compare(judged: Verdict, standing: pl.DataFrame, source: str) -> _Compared:
    """Return how the delivery's used rows stand to the rows with the same ids."""
    used = np.flatnonzero(~judged.aside)
    table = judged.staged.table.select(["firm", *_FIELDS]).take(pa.array(used))
    columns = {name: pl.Series(table[name].cast(pa.string())) for name in table.column_names}
    given = pl.DataFrame({**columns, "row": used})
    held = standing.select("firm", *_FIELDS, "source_name").with_columns(
        pl.col("firm", *_FIELDS).cast(pl.String)
    )
    both = given.join(held, on="firm", suffix="_held", maintain_order="left")
    same = pl.all_horizontal(
        pl.col(name).eq_missing(pl.col(f"{name}_held")) for name in ("name", "uscc")
    )
    repeated = same & (pl.col("source_name") == source)
    known = both.group_by("row", maintain_order=True).agg(
        pl.col("firm").first(),
        pl.col(_FIELDS).first(),
        pl.struct(*(f"{name}_held" for name in _FIELDS), "source_name").alias("held"),
        (repeated.any() | same.all()).alias("same"),
    )
    found = _Compared(agreeing=int(known["same"].sum()))
    for row in known.filter(~pl.col("same")).iter_rows(named=True):
        _classify(found, row, source)
    return found


def _classify(found: _Compared, row: Mapping[str, Any], source: str) -> None:
    here = FirmStatement(*(row[name] for name in _FIELDS))
    known = any(held["source_name"] == source for held in row["held"])  # It said before who it is.
    for held in row["held"]:
        there = FirmStatement(*(held[f"{name}_held"] for name in _FIELDS))
        pair = _Pair(row["firm"], here, there, held["source_name"])
        codes = {code(here.uscc), code(there.uscc)}
        if _stated(here, there) or (None not in codes and len(codes) == 1):
            continue
        if None not in codes:
            found.codes[row["row"]] = pair
            return
        if alike(here.name, there.name) or (known and pair.source != source):
            continue
        (found.renamed if known else found.named)[row["row"]] = pair
        return
    found.agreeing += 1


def _stated(here: FirmStatement, there: FirmStatement) -> bool:
    """Return whether one side says that it was the other."""
    return bool(_goes_by(here) & there.former) or bool(_goes_by(there) & here.former)


def _goes_by(told: FirmStatement) -> set[str]:
    return {known for known in (key(told.name), code(told.uscc)) if known}
