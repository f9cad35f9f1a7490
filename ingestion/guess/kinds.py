"""Of what kind the cells of a meaning are, and how well those of a column are of a kind."""

from collections.abc import Callable, Mapping

from ingestion.forms import Form
from ingestion.guess.evidence import ENOUGH
from ingestion.guess.profiles import ColumnProfile

_HELPERS: Mapping[str, str] = {
    "=face": "money", "=debit": "money", "=credit": "money", "=balance": "money",
    "=payable": "money", "=moment": "date", "=due_on": "date", "=side": "word", "=type": "word",
    "=state": "word", "=account": "name",
}  # fmt: skip
_OF_FIRMS = {"uscc": "code", "name": "name"}
_UNIQUE_FLOOR, _CALLED = 0.3, 0.3


def kind_of(form: Form, meaning: str) -> str:
    """Return of what kind the cells of a meaning are."""
    if meaning in _HELPERS:
        return _HELPERS[meaning]
    if meaning.endswith((" code", " name")):
        return meaning.rpartition(" ")[2]
    if form.name == "firms" and meaning in _OF_FIRMS:
        return _OF_FIRMS[meaning]
    column = form.columns.get(meaning)
    if column is None:
        return meaning if meaning == "currency" else "text"
    if column.identity and meaning == "number":
        return "number"
    return "word" if column.words is not None else column.kind


def fit(kind: str, profile: ColumnProfile) -> float:
    """Return how well the cells of a column are of a kind, from nought to one."""
    if not profile.filled:
        return 0.5
    return _FITS.get(kind, _text)(profile)


def _day(profile: ColumnProfile) -> float:
    return max(profile.is_day, float(profile.epoch is not None))


def _dated(profile: ColumnProfile) -> float:
    told = max(profile.days.values(), default=0) + profile.serials
    return max(_day(profile), min(1.0, profile.share(told)))


def _money(profile: ColumnProfile) -> float:
    day = _day(profile)
    return profile.share(profile.amounts) * (1 - day if day >= ENOUGH else 1.0)


def _code(profile: ColumnProfile) -> float:
    return 0.0 if _day(profile) else 0.4 + 0.6 * profile.share(profile.codes)


def _name(profile: ColumnProfile) -> float:
    counts = (profile.amounts, profile.codes, profile.whole)
    other = max(_day(profile), *map(profile.share, counts))
    called = min(1.0, _CALLED + profile.share(profile.called))
    return (1 - other) * (0.5 + 0.5 * called)


def _number(profile: ColumnProfile) -> float:
    apart = _UNIQUE_FLOOR + (1 - _UNIQUE_FLOOR) * profile.unique
    return apart * (0.2 if _day(profile) >= ENOUGH and not profile.whole else 1.0)


def _ratio(profile: ColumnProfile) -> float:
    return max(profile.share(profile.shares), profile.share(profile.amounts))


def _word(profile: ColumnProfile) -> float:
    other = max(profile.share(profile.amounts), _day(profile))
    return (1.0 if profile.words is not None else 0.3) * (1 - other * 0.8)


def _text(profile: ColumnProfile) -> float:
    counts = (0.5 * profile.share(profile.amounts), 0.5 * _day(profile))
    return 1 - max(profile.share(profile.codes), *counts)


_FITS: Mapping[str, Callable[[ColumnProfile], float]] = {
    "money": _money,
    "date": _dated,
    "code": _code,
    "name": _name,
    "number": _number,
    "ratio": _ratio,
    "word": _word,
    "currency": _word,
}
