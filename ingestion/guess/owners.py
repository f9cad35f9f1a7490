"""Whose a file is: the party in every row, a column that is the same in all, a line above."""

import re
from collections import Counter

from ingestion.descriptions import patterns
from ingestion.descriptions.parties import code_in
from ingestion.forms import form
from ingestion.guess.choice import OWNED
from ingestion.guess.evidence import ENOUGH, Evidence
from ingestion.guess.looked import LookedAt
from ingestion.guess.meanings import ColumnMeanings, party_keys
from ingestion.guess.patterns import literally
from ingestion.guess.proposing import FoundOwner
from ingestion.guess.vocabulary import vocabulary
from ingestion.notes import Note, note

_ROWS_MIN = 2
_BETWEEN, _COLON = r"[：:]?\s*", r"[：:]\s*"
_NAMED = r"([^\s，,；;：:]+)"
_LATIN = r"([A-Z][^，,；;：:]{1,78}?(?:GmbH|AG|KG|Ltd\.?|Limited|Inc\.?|LLC|Corp\.?|plc|SE|S\.A\.))"
_COMPANY = r"([^\s，,；;：:（(]{2,30}(?:公司|集团|厂)(?:[（(][^\s（）()]{1,10}[)）])?)"
_UNITS = re.compile("(?:人民币)?(?:百|千|万|亿|百万)?[元分]|[A-Z]{3}|人民币")
_TEXT_MAX = 120


def of(looked: LookedAt, table: str, found: ColumnMeanings) -> FoundOwner | None:
    """Return whose some rows are; None where nothing tells it."""
    return _in_column(looked, found) or _in_every_row(looked, table, found) or _above(looked)


def _in_column(looked: LookedAt, found: ColumnMeanings) -> FoundOwner | None:
    name = found.column("=account")
    if name is None:
        return None
    profile = looked.profiles[name]
    texts = profile.texts.drop_nulls().unique()
    if len(texts) != 1 or looked.body.height - profile.filled > 0:
        return None
    evidence = Evidence("in_every_row", profile.filled, looked.body.height)
    found.evidence[name].append(evidence)
    return FoundOwner(texts[0], note("owner_in_column", name=name), name, None, evidence)


def _in_every_row(looked: LookedAt, table: str, found: ColumnMeanings) -> FoundOwner | None:
    """Return the one party that is on either side of all rows."""
    ends = OWNED.get(table, ())
    sides = [keys for role in ends if (keys := party_keys(looked, found, role)) is not None]
    if table in ("vouchers", "holdings", "registrations") or not sides:
        return None
    counts: Counter[str] = Counter()
    for row in zip(*sides, strict=True):
        counts.update({key for key in row if key is not None})
    rows = looked.body.height
    most = counts.most_common(2)
    if not most or len(sides) < 2 or rows < _ROWS_MIN:  # noqa: PLR2004  # both sides
        return None
    key, count = most[0]
    if count < ENOUGH * rows or (len(most) > 1 and most[1][1] == count):
        return None
    role = next(role for role in ends if key in (party_keys(looked, found, role) or ()))
    evidence = Evidence("in_every_row", count, rows)
    for each in ends:
        for column in (
            *found.columns.get(f"{each} name", ()),
            *found.columns.get(f"{each} code", ()),
        ):
            if key in (party_keys(looked, found, each) or ()):
                found.evidence[column].append(evidence)
    name, code = _named(looked, found, role, key)
    columns = form(table).columns
    either = Note(" or ".join(ends), "或".join(columns[end].zh[0] for end in ends))
    why = note("owner_in_rows", ends=either, count=count, rows=rows)
    return FoundOwner(name, why, const(name, code), code, evidence)


def _named(looked: LookedAt, found: ColumnMeanings, role: str, key: str) -> tuple[str, str | None]:
    code = code_in(key)
    column = found.column(f"{role} name")
    keys = party_keys(looked, found, role) or []
    names = looked.body[column].to_list() if column else keys
    name = next((n for n, k in zip(names, keys, strict=True) if k == key and n), key)
    return name, code


def const(name: str, code: str | None = None) -> dict[str, dict[str, str]]:
    """Return a party as a description says it that knows it."""
    told = {"code": {"const": code}} if code else {}
    return {**told, "name": {"const": name}}


def _above(looked: LookedAt) -> FoundOwner | None:
    lines = tuple(line[:4000] for line in looked.above)
    for label in vocabulary().lists["owners"]:
        for value in (_BETWEEN + _LATIN, _BETWEEN + _COMPANY, _COLON + _NAMED):
            pattern = f"{_label(label)}{value}"
            name = patterns.above(lines, pattern)
            simple = f"{_label(label)}{_COLON}{_NAMED}"
            pattern = simple if patterns.above(lines, simple) == name else pattern
            if name and len(name) <= _TEXT_MAX and not _UNITS.fullmatch(name) and _is_name(name):
                return FoundOwner(name, note("owner_above", label=label), {"above": pattern})
    for value in (_COMPANY, _LATIN):
        pattern = rf"^{value}"
        name = patterns.above(lines[:3], pattern)
        if name:
            return FoundOwner(name, note("owner_in_title"), {"above": pattern})
    return None


def _label(label: str) -> str:
    return f"(?i:{literally(label)})" if label.isascii() else literally(label)


def _is_name(name: str) -> bool:
    words = vocabulary().lists["firms_called"]
    return len(name) >= 2 and (any(w in name.lower() for w in words) or not name.isascii())  # noqa: PLR2004


__all__ = ["FoundOwner", "const", "of"]
