"""Arithmetic that says what amounts mean, whatever their headers do."""

from dataclasses import dataclass
from itertools import permutations

import polars as pl

from ingestion.descriptions import amounts
from ingestion.guess.evidence import ENOUGH, Evidence
from ingestion.guess.looked import LookedAt

COLUMNS_MAX = 12  # Columns of amounts that are tried with one another.
_ROWS_MIN = 2
_RATES = (0.13, 0.09, 0.06, 0.03, 0.01, 0.05, 0.17, 0.16, 0.11, 0.10, 0.19, 0.07, 0.20, 0.25, 0.08)
_TAX_MAX = 0.35


@dataclass(frozen=True, slots=True)
class AmountColumns:
    """The columns of amounts of some rows, in fen."""

    fen: dict[str, pl.Series]

    @classmethod
    def of(cls, looked: LookedAt) -> "AmountColumns":
        """Return those in which most cells are amounts and some differ."""
        found = {}
        for name, each in looked.profiles.items():
            if name in looked.repeats:
                continue
            if each.filled and each.share(each.amounts) >= 0.9 and each.is_day < 0.9:  # noqa: PLR2004
                values = amounts.fen(_no_dashes(looked.body[name]), "yuan", looked.decimal)
                if values.is_not_null().any():
                    found[name] = values
        return cls(dict(list(found.items())[:COLUMNS_MAX]))

    def sums(self) -> list[tuple[tuple[str, str, str], Evidence]]:
        """Return which two columns add up to a third in nearly all rows, the larger one first."""
        found = []
        for one, other, total in permutations(self.fen, 3):
            first, second, whole = self.fen[one], self.fen[other], self.fen[total]
            asked = (whole.fill_null(0) != 0) & (first.is_not_null() | second.is_not_null())
            parts = (first.fill_null(0) != 0) & (second.fill_null(0) != 0)
            larger = float(first.abs().sum()) >= float(second.abs().sum())
            if not larger or int((asked & parts).sum()) < 1:
                continue
            off = (first.fill_null(0) + second.fill_null(0) - whole).abs() <= 1
            holds = Evidence("amount_tax_total", int((asked & off).sum()), int(asked.sum()))
            if holds.of >= 1 and holds.share >= ENOUGH:
                found.append(((one, other, total), holds))
        return found

    def inside(self, amount: str, tax: str) -> Evidence | None:
        """Return whether tax is part of an amount or comes on top; None where neither is told."""
        whole, part = self.fen.get(amount), self.fen.get(tax)
        if whole is None or part is None:
            return None
        asked = (whole.fill_null(0) != 0) & (part.fill_null(0) != 0)
        count = int(asked.sum())
        on_top = int((asked & _at_a_rate(whole, part)).sum())
        within = int((asked & _at_a_rate(whole - part, part)).sum())
        if count < _ROWS_MIN or on_top == within:
            return None
        kind, rows = ("net_of_tax", on_top) if on_top > within else ("gross_of_tax", within)
        return Evidence(kind, rows, count)

    def is_tax_of(self, amount: str, tax: str) -> bool:
        """Return whether an amount is small enough to be the tax of another one."""
        whole, part = self.fen[amount].abs(), self.fen[tax].abs()
        return float(part.sum()) <= _TAX_MAX * float(whole.sum())


def _at_a_rate(whole: pl.Series, part: pl.Series) -> pl.Series:
    found = pl.repeat(value=False, n=len(whole), dtype=pl.Boolean, eager=True)
    for rate in _RATES:
        found |= ((whole * rate - part).abs() <= 1.0).fill_null(value=False)
    return found


def _no_dashes(texts: pl.Series) -> pl.Series:
    dash = texts.str.contains(amounts.DASHES).fill_null(value=False)
    return pl.select(pl.when(~dash).then(texts)).to_series()


def balance(
    fen: dict[str, pl.Series], balance_of: str, credit: str, debit: str | None
) -> Evidence | None:
    """Return in how many rows a balance moves by what comes in less what goes out."""
    if balance_of not in fen or credit not in fen or (debit is not None and debit not in fen):
        return None
    moved = fen[credit].fill_null(0)
    if debit is not None:
        moved = moved - fen[debit].fill_null(0)
    after = fen[balance_of]
    before = after.shift(1)
    count = int(before.is_not_null().sum())
    held = int(((before + moved - after).abs() <= 1).fill_null(value=False).sum())
    # Statements are written from the first day on, or from the last.
    later = int(((after.shift(-1) + moved - after).abs() <= 1).fill_null(value=False).sum())
    return Evidence("running_balance", max(held, later), count) if count else None


def sums_to_totals(looked: LookedAt, name: str) -> Evidence | None:
    """Return whether the rows of a column sum to what a line of totals says."""
    texts = _no_dashes(looked.frame[name])
    values = amounts.fen(texts, "yuan", looked.decimal)
    said = values.filter(looked.totals).drop_nulls()
    if not len(said) or not looked.whole:
        return None
    total = int(values.filter(~looked.totals).fill_null(0).sum())
    return Evidence("sum_of_totals", int(total in said.to_list()), 1)
