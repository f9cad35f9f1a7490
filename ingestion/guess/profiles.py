"""What the cells of a column are: amounts, days, codes, names, words, and in how many rows."""

import re
from dataclasses import dataclass, field, replace

import polars as pl

from ingestion.days import ZONE
from ingestion.descriptions import amounts, days, parties
from ingestion.descriptions.shares import exact_share
from ingestion.guess.vocabulary import plain, vocabulary

_EPOCHS = {"ms": r"^[1-9][0-9]{12}$", "s": r"^[1-9][0-9]{9}$"}
_SERIAL = r"^[3-6][0-9]{4}(?:\.[0-9]+)?$"
_ORDERS = ("ymd", "dmy", "mdy")
_WORDS_MAX = 30  # A column of words of a state has no more of them,
_WORD_LENGTH_MAX = 40  # and none is longer.
_FEW = 0.5


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column: its texts, and how many of those that are filled are of each kind."""

    name: str
    texts: pl.Series
    filled: int
    distinct: int
    amounts: int = 0
    signed: int = 0
    codes: int = 0
    called: int = 0  # Names of firms.
    shares: int = 0
    whole: int = 0  # Digits alone.
    days: dict[str, int] = field(default_factory=dict)
    epoch: str | None = None
    serials: int = 0  # Whole numbers that are days of this age where a workbook keeps them so.
    points: int = 0  # Amounts that only a decimal point reads,
    commas: int = 0  # and those that only a decimal comma does.
    repeats: bool = False  # Several texts in a row.

    def share(self, count: int) -> float:
        """Return which share of the filled cells a count is."""
        return count / self.filled if self.filled else 0.0

    @property
    def is_day(self) -> float:
        """Return which share of the cells are days, in the order that reads most of them."""
        return self.share(max(self.days.values(), default=0))

    @property
    def words(self) -> list[str] | None:
        """Return its words, where it has a few that come again."""
        if not 0 < self.distinct <= _WORDS_MAX:
            return None
        found = self.texts.drop_nulls().unique(maintain_order=True).to_list()
        return found if all(len(text) <= _WORD_LENGTH_MAX for text in found) else None

    @property
    def unique(self) -> float:
        """Return how many of its cells are the only ones with their text."""
        return self.distinct / self.filled if self.filled else 0.0


def profile(name: str, texts: pl.Series, *, repeats: bool = False) -> ColumnProfile:
    """
    Return what the cells of a column are.

    Args:
        name: Its name.
        texts: Its cells, null where blank.
        repeats: Whether a row has several texts, of which these are the first.
    """
    found = texts.drop_nulls().alias("text")  # No header can be in the way of counts.
    plain = ColumnProfile(
        name, texts, len(found), found.n_unique(), called=_called(found), repeats=repeats
    )
    return _with_figures(plain, found) if found.str.contains("[0-9０-９]").any() else plain


def _with_figures(plain: ColumnProfile, found: pl.Series) -> ColumnProfile:
    """Return what the cells of a column are of which some have figures."""
    point, comma = (amounts.fen(_no_dashes(found), "yuan", sign) for sign in (".", ","))
    numbers = {sign: _numbers(found, sign) for sign in (".", ",")}
    read = numbers["."].is_not_null() | numbers[","].is_not_null()
    return replace(
        plain,
        amounts=_amounts(found, read & ~_long_digits(found)),
        signed=int(((point.fill_null(0) < 0) | (comma.fill_null(0) < 0)).sum()),
        codes=int(parties.codes(found).is_not_null().sum()),
        shares=_shares(found),
        whole=int(found.str.contains(r"^[0-9]+$").sum()),
        days=_days(found),
        epoch=_epoch(found),
        points=int((numbers["."].is_not_null() & numbers[","].is_null()).sum()),
        commas=int((numbers[","].is_not_null() & numbers["."].is_null()).sum()),
        serials=int(found.str.contains(_SERIAL).sum()),
    )


def _no_dashes(texts: pl.Series) -> pl.Series:
    dash = texts.str.contains(amounts.DASHES)
    return pl.select(pl.when(~dash).then(texts)).to_series()


def _numbers(texts: pl.Series, sign: str) -> pl.Series:
    """Return what texts are as numbers of any places; null where they are none."""
    return amounts.written_plainly(texts, "," if sign == "," else ".")


def _amounts(texts: pl.Series, read: pl.Series) -> int:
    """Return how many cells are amounts; a dash beside amounts is nought."""
    count = int(read.sum())
    return count + int(texts.str.contains(amounts.DASHES).sum()) if count else 0


def _long_digits(texts: pl.Series) -> pl.Series:
    """Return which texts are numbers of things rather than amounts: long, or with noughts first."""
    return texts.str.contains(r"^(?:[0-9]{15,}|0[0-9]+)$")


def _days(texts: pl.Series) -> dict[str, int]:
    distinct = texts.value_counts()
    name = texts.name
    values, counts = distinct[name], distinct["count"]
    digits = values.str.contains("[0-9]")
    if not digits.any():
        return {}
    blank = values.str.contains(days.BLANK)
    found = {}
    for order in _ORDERS:
        read = days.ordered(values, order, zone=ZONE).is_not_null() | (blank & digits)
        found[order] = int(counts.filter(read).sum())
    return found if max(found.values()) > int(counts.filter(blank & digits).sum()) else {}


def _epoch(texts: pl.Series) -> str | None:
    for unit, pattern in _EPOCHS.items():
        if len(texts) and texts.str.contains(pattern).all():
            counted = days.counted(texts, unit, "Asia/Shanghai")
            if counted.is_not_null().all() and counted.dt.year().is_between(1990, 2100).all():
                return unit
    return None


def _called(texts: pl.Series) -> int:
    endings = vocabulary().lists["firms_called"]
    pattern = "(?i)" + "|".join(re.escape(ending) + r"(?:\b|)" for ending in endings)
    return int(texts.str.contains(pattern).sum())


def _shares(texts: pl.Series) -> int:
    counts = texts.value_counts()
    return sum(
        count
        for text, count in counts.rows()
        if "%" in text.replace("％", "%") and exact_share(text, per_cent=False) is not None
    )


def is_total(text: str | None) -> bool:
    """
    Return whether a cell says that its row adds up others.

    Example:
        >>> is_total("合 计"), is_total("支出合计"), is_total("合计：5张"), is_total("乙公司")
        (True, True, True, False)
    """
    if not text:
        return False
    words = vocabulary().words("totals")
    bare = plain(re.split(r"[：:（(\d]", text, maxsplit=1)[0])
    whole = bare.replace(" ", "")
    return (
        bare in words
        or whole in words
        or (len(whole) <= 8 and whole.endswith(("合计", "总计", "小计")))  # noqa: PLR2004
        or (bool(text.strip("* ")) is False and "*" in text)
    )


__all__ = ["ColumnProfile", "is_total", "profile"]
