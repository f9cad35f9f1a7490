"""
Money, shares and counts as a reader of one language expects them.

Chinese readers count in 万 (ten thousand) and 亿 (hundred million) yuan, English ones in
thousands and millions of CNY. A figure is rounded for the eye only; the exact amount stands
beside it (`exact`).
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from app.platform.web.texts import Language

FEN = Decimal(100)
UNITS: dict[Language, tuple[tuple[Decimal, str], ...]] = {
    "zh": ((Decimal(10**8), "亿元"), (Decimal(10**4), "万元"), (Decimal(1), "元")),
    "en": (
        (Decimal(10**9), "bn"),
        (Decimal(10**6), "m"),
        (Decimal(10**3), "k"),
        (Decimal(1), ""),
    ),
}
PLACES_WHOLE_FROM = 100
PLACES_ONE_FROM = 10
NONE = "–"
DIGITS_MAX = 6  # Of a whole number that is typed.
_TYPED = re.compile(r"([0-9]{1,16})(?:\.([0-9]{1,2}))?")


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount ready to be shown: figure, what stands before and after it, the exact yuan."""

    figure: str
    before: str
    after: str
    exact: str
    fen: int

    def __str__(self) -> str:
        """Return the amount as plain text."""
        space = " " if self.after in {"万元", "亿元", "元"} else ""
        return f"{self.before}{self.figure}{space}{self.after}"


def amount(fen: int | str | Decimal, language: Language) -> Amount:
    """
    Return an amount in the unit that suits its size, with three figures or more.

    Example:
        >>> str(amount(1_386_000_000, "zh")), str(amount(1_386_000_000, "en"))
        ('1,386 万元', 'CNY 13.9m')
    """
    yuan = Decimal(fen) / FEN
    units = UNITS[language]
    size, word = next(((s, w) for s, w in units if abs(yuan) >= s), units[-1])
    scaled = yuan / size
    before = "CNY " if language == "en" else ""
    exact = f"{yuan.quantize(Decimal('0.01'), ROUND_HALF_EVEN):,}"
    return Amount(_rounded(scaled, _places(scaled)), before, word, exact, int(Decimal(fen)))


def _places(scaled: Decimal) -> int:
    if abs(scaled) >= PLACES_WHOLE_FROM or not scaled:
        return 0
    return 1 if abs(scaled) >= PLACES_ONE_FROM else 2


def _rounded(figure: Decimal, places: int) -> str:
    """Return a figure rounded to some places, a bound where nothing would be left of it."""
    step = Decimal(1).scaleb(-places)
    shown = figure.quantize(step, ROUND_HALF_EVEN)
    if figure and not shown:
        return f"<{step}" if figure > 0 else f">-{step}"
    return f"{shown:,}" if shown else "0"


def fen_of(text: str) -> int | None:
    """
    Return the fen of a positive amount of yuan as somebody types it; None where it is none.

    Example:
        >>> fen_of(" 1,234.5 "), fen_of("0"), fen_of("1e3"), fen_of("1.005")
        (123450, None, None, None)
    """
    typed = _TYPED.fullmatch(text.strip().replace(",", ""))
    return (int(typed[1]) * 100 + int((typed[2] or "").ljust(2, "0")) or None) if typed else None


def whole_of(text: str) -> int | None:
    """
    Return a whole number as somebody types it: None where nothing is, 0 where it is none.

    Example:
        >>> whole_of(" 90 "), whole_of(""), whole_of("-1"), whole_of("1234567")
        (90, None, 0, 0)
    """
    typed = text.strip()
    if not typed:
        return None
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= DIGITS_MAX else 0


@dataclass(frozen=True, slots=True)
class Scale:
    """One unit for a whole column, so that its figures can be compared by eye."""

    unit: str
    fen: Decimal
    places: int

    def __call__(self, fen: int | None) -> str:
        """
        Return an amount in this unit, or a dash.

        Example:
            >>> scale([5_000_000], "zh")(390_000_00)
            '39.0'
        """
        return NONE if fen is None else _rounded(Decimal(fen) / self.fen, self.places)


def scale(amounts_fen: Iterable[int | None], language: Language) -> Scale:
    """Return the unit that suits the largest of some amounts."""
    largest = max((abs(fen) for fen in amounts_fen if fen is not None), default=0) / FEN
    if language == "zh":
        if largest >= 10**10:
            return Scale("亿元", Decimal(10**10), 2)
        return Scale("万元", Decimal(10**6), 0 if largest >= 10**8 else 1)
    if largest >= 10**8:
        return Scale("CNY m", Decimal(10**8), 1 if largest >= 10**10 else 2)
    return Scale("CNY k", Decimal(10**5), 0)


def percent(share: float | str | Decimal | None, places: int = 1) -> str:
    """
    Return a share in per cent.

    Example:
        >>> percent("0.822033898305")
        '82.2%'
    """
    if share is None:
        return NONE
    if share == math.inf:
        return "∞"
    return _rounded(Decimal(str(share)) * 100, places) + "%"


def count(number: int | None) -> str:
    """Return a whole number with its thousands apart, or a dash."""
    return NONE if number is None else f"{number:,}"
