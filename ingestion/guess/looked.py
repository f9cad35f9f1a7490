"""The rows that one proposal is made of: what was looked at, and what its columns hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import polars as pl

from ingestion.guess.profiles import ColumnProfile, is_total, profile
from ingestion.guess.vocabulary import vocabulary
from ingestion.guess.writing import usable
from ingestion.sets.batch import RESERVED

COLUMNS_MAX = 200  # Looked at of some rows.
_MAY_TOTAL = r"计|(?i:total|summe|saldo)|余额|承前|过次|^[* ]+$"
_SPARSE = 0.4  # Rows with fewer cells than this share of the usual ones hold no fact.
_FEW_ROWS = 3


@dataclass(frozen=True)
class LookedAt:
    """Rows of one kind, out of one file, or of all that are alike."""

    paths: tuple[Path, ...]
    frame: pl.DataFrame  # A text a cell; of cells with several the first.
    sheet: str = ""
    above: tuple[str, ...] = ()
    header_lines: tuple[int, ...] = ()
    repeats: frozenset[str] = frozenset()  # Columns with several texts in a row.
    labels: tuple[str, ...] = ()  # What else the file says of itself: its name, its root.
    whole: bool = True
    spoken: Mapping[str, tuple[tuple[str, float], ...]] = field(default_factory=dict)
    roots: tuple[str, ...] = ()  # Of documents.

    def said(self, name: str) -> tuple[tuple[str, float], ...]:
        """Return the words that the name of a column speaks, each with how surely."""
        return self.spoken.get(name, ((name, 1.0),))

    @cached_property
    def names(self) -> list[str]:
        """Return the names of the columns that are looked at: of very many those that are known."""
        every = [name for name in self.frame.columns if name not in RESERVED and usable(name)]
        if len(every) <= COLUMNS_MAX:
            return every
        known = [name for name in every if vocabulary().knows(name)]
        kept = set([*known, *every][:COLUMNS_MAX])
        return [name for name in every if name in kept]

    @property
    def columns_left(self) -> int:
        """Return how many columns are not looked at."""
        every = [name for name in self.frame.columns if name not in RESERVED]
        return len(every) - len(self.names)

    @cached_property
    def totals(self) -> pl.Series:
        """Return which rows add up others, or are no row of the table at all."""
        frame, none = self.frame, pl.Series([False]).new_from_index(0, self.frame.height)
        found, begun = none, none
        for name in self.names:
            texts = frame[name]
            maybe = texts.filter(texts.str.contains(_MAY_TOTAL).fill_null(value=False)).unique()
            adds = [text for text in maybe if is_total(text)]
            if adds:
                said = texts.is_in(adds).fill_null(value=False)
                found = found | (said & (~begun | self._fewer(1.0)))
            begun = begun | texts.is_not_null()
        return found | (self._fewer(_SPARSE) if frame.height >= _FEW_ROWS else none)

    @cached_property
    def _filled(self) -> pl.Series:
        """Return how many cells of each row are filled."""
        counts = pl.Series([0], dtype=pl.Int32).new_from_index(0, self.frame.height)
        for name in self.names:
            counts = counts + self.frame[name].is_not_null().cast(pl.Int32)
        return counts

    def _fewer(self, share: float) -> pl.Series:
        """Return which rows have fewer cells than a share of those that rows usually have."""
        usual = self._filled.median()
        most = float(usual) if isinstance(usual, float | int) else 0.0
        return self._filled < (most if share == 1 else min(share * most, most - 1))

    @cached_property
    def body(self) -> pl.DataFrame:
        """Return the rows that hold facts, as far as can be told."""
        found = self.frame.filter(~self.totals)
        return found if found.height else self.frame

    @cached_property
    def profiles(self) -> dict[str, ColumnProfile]:
        """Return what the columns hold, by their names."""
        return {
            name: profile(name, self.body[name], repeats=name in self.repeats)
            for name in self.names
        }

    @cached_property
    def decimal(self) -> str:
        """Return the sign before decimals that all amounts of the rows read best with."""
        points = sum(each.points for each in self.profiles.values())
        commas = sum(each.commas for each in self.profiles.values())
        return "," if commas > points else "."

    @cached_property
    def order(self) -> str | None:
        """Return the order of days that reads all of them; None where several do."""
        every: dict[str, int] = {}
        for each in self.profiles.values():
            if each.is_day >= 0.9 and not each.epoch:  # noqa: PLR2004  # a few may be spoilt
                for order, count in each.days.items():
                    every[order] = every.get(order, 0) + count
        most = max(every.values(), default=0)
        best = [order for order, count in every.items() if count == most]
        return best[0] if len(best) == 1 or "ymd" in best else None
