"""What the columns of some rows mean for one table, by header, by content and by arithmetic."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from ingestion.descriptions.parties import code_in
from ingestion.fields.currencies import currency
from ingestion.forms import Form, form, plain_word
from ingestion.guess.evidence import ENOUGH, Evidence
from ingestion.guess.kinds import fit, kind_of
from ingestion.guess.looked import LookedAt
from ingestion.guess.profiles import ColumnProfile
from ingestion.guess.proofs import AmountColumns, balance, sums_to_totals
from ingestion.guess.vocabulary import tokens_of, vocabulary

_LEAST = 0.25  # A meaning less sure than this is none.
_NUMBERS_MAX = 2  # Columns of numbers, one of which stands where the other is blank.


@dataclass(slots=True)
class ColumnMeanings:
    """What each column of some rows means for a table, how surely, and what speaks for it."""

    table: str
    columns: dict[str, list[str]] = field(default_factory=dict)  # Meaning -> columns.
    sure: dict[str, float] = field(default_factory=dict)  # Column -> how surely.
    evidence: dict[str, list[Evidence]] = field(default_factory=dict)

    def column(self, meaning: str) -> str | None:
        """Return the column with a meaning; None for none."""
        found = self.columns.get(meaning)
        return found[0] if found else None

    def meaning(self, column: str) -> str | None:
        """Return what a column means; None for nothing."""
        return next((m for m, columns in self.columns.items() if column in columns), None)

    def give(self, meaning: str, column: str, *evidence: Evidence, sure: float = 1.0) -> None:
        """Let a column mean something, and nothing else."""
        self.take(column)
        self.columns.setdefault(meaning, []).append(column)
        self.sure[column] = sure
        self.evidence.setdefault(column, []).extend(evidence)

    def take(self, column: str) -> None:
        """Let a column mean nothing."""
        for meaning, columns in list(self.columns.items()):
            self.columns[meaning] = [each for each in columns if each != column]
            if not self.columns[meaning]:
                del self.columns[meaning]

    def party(self, role: str) -> bool:
        """Return whether a party is told by one of the columns."""
        return bool({f"{role} name", f"{role} code"} & self.columns.keys())


def of_table(looked: LookedAt, table: str) -> ColumnMeanings:
    """Return what the columns mean for a table."""
    words, known = vocabulary().tables[table], form(table)
    found = ColumnMeanings(table)
    wishes = sorted(
        (
            (how * fit(kind_of(known, meaning), looked.profiles[name]), how, -at, meaning, name)
            for at, name in enumerate(looked.names)
            for text, told in looked.said(name)
            for meaning, how in ((each, told * sure) for each, sure in words.meanings(text).items())
        ),
        reverse=True,
    )
    for sure, _, _, meaning, name in wishes:
        most = _NUMBERS_MAX if meaning == "number" else 1
        if sure < _LEAST or name in found.sure or len(found.columns.get(meaning, ())) >= most:
            continue
        if meaning == "number" and not _completes(looked, found.column("number"), name):
            continue
        found.give(meaning, name, Evidence("header_word", 1, 1), sure=sure)
    _codes_beside(looked, known, found)
    for column in found.sure:
        found.evidence[column] += _of_content(looked, known, found, column)
    return found


def _completes(looked: LookedAt, first: str | None, other: str) -> bool:
    """Return whether one column of numbers stands where another one is blank."""
    if first is None:
        return True
    blank = looked.body[first].is_null()
    return bool((blank & looked.body[other].is_not_null()).any())


def _codes_beside(looked: LookedAt, known: Form, found: ColumnMeanings) -> None:
    """Let columns of credit codes beside the names of parties be their codes."""
    names = looked.names
    for at, name in enumerate(names):
        profile = looked.profiles[name]
        if not profile.filled or profile.share(profile.codes) < ENOUGH:
            continue
        meaning = found.meaning(name)
        if meaning is not None and meaning.endswith(" code"):
            continue
        if meaning is not None and meaning.endswith(" name"):
            found.give(meaning.replace(" name", " code"), name, sure=found.sure[name])
            continue
        for near in (at - 1, at + 1):
            beside = found.meaning(names[near]) if 0 <= near < len(names) else None
            if beside is None or not beside.endswith(" name"):
                continue
            role = beside.removesuffix(" name")
            if f"{role} code" not in found.columns and role in known.parties:
                found.give(f"{role} code", name, sure=0.8)
                break


def _of_content(
    looked: LookedAt, known: Form, found: ColumnMeanings, column: str
) -> Iterator[Evidence]:
    """Yield what the cells of a column say for what it means."""
    meaning, profile = found.meaning(column) or "", looked.profiles[column]
    kind, filled = kind_of(known, meaning), profile.filled
    if kind == "money":
        yield Evidence("amounts", profile.amounts, filled)
        if profile.commas:
            yield Evidence("decimal_comma", profile.commas, profile.commas + profile.points)
    elif kind == "date":
        yield from _of_days(looked, profile)
    elif kind == "word":
        yield from _of_words(known, found.table, meaning, profile)
    elif kind == "number" and len(found.columns["number"]) > 1:
        return
    elif kind in _COUNTED:
        evidence, count = _COUNTED[kind]
        if count(profile) or kind != "name":
            yield Evidence(evidence, count(profile), filled)


_COUNTED: Mapping[str, tuple[str, Callable[[ColumnProfile], int]]] = {
    "code": ("check_characters", lambda profile: profile.codes),
    "name": ("names_of_firms", lambda profile: profile.called),
    "number": ("unique", lambda profile: profile.distinct),
    "ratio": ("shares", lambda profile: max(profile.shares, profile.amounts)),
}


def _of_days(looked: LookedAt, profile: ColumnProfile) -> Iterator[Evidence]:
    if profile.epoch:
        yield Evidence("days", profile.filled, profile.filled)
        return
    order = looked.order or max(profile.days, key=lambda each: profile.days[each], default="ymd")
    count = profile.days.get(order, 0)
    yield Evidence("days", min(count + profile.serials, profile.filled), profile.filled)
    if count > max((n for other, n in profile.days.items() if other != order), default=0):
        yield Evidence("day_order", count, profile.filled)


def _of_words(known: Form, table: str, meaning: str, profile: ColumnProfile) -> Iterator[Evidence]:
    if profile.words is None or meaning.startswith("="):
        return
    accepted = {**(known.columns[meaning].words or {}), **_states(table, meaning)}
    words = [word for word in profile.words if plain_word(word) in accepted]
    if words:
        yield Evidence("known_words", int(profile.texts.is_in(words).sum()), profile.filled)


def _states(table: str, meaning: str) -> dict[str, str]:
    return vocabulary().tables[table].states.get(meaning, {})


def _beside(looked: LookedAt, found: ColumnMeanings) -> None:
    """Let the currency be that of the amount: of several columns the one right behind it."""
    amount = found.column("amount") or found.column("=face")
    if amount is None or found.column("currency") is None:
        return
    at = looked.names.index(amount) + 1
    near = looked.names[at] if at < len(looked.names) else None
    if near is None or found.meaning(near) is not None:
        return
    texts = looked.profiles[near].texts.drop_nulls()
    known = [text for text in texts.unique() if currency(text) is not None]
    if len(texts) and texts.is_in(known).all() and found.table in vocabulary().tables:
        found.take(found.column("currency") or "")
        found.give("currency", near, Evidence("header_word", 1, 1))


def prove(looked: LookedAt, found: ColumnMeanings) -> None:
    """Let arithmetic decide what amounts mean, and keep what it proves."""
    columns = AmountColumns.of(looked)
    _beside(looked, found)
    for meaning in ("amount", "tax", "total", "=debit", "=credit", "=face"):
        column = found.column(meaning)
        proof = None if column is None else sums_to_totals(looked, column)
        if column is not None and proof is not None and proof.rows:
            found.evidence[column].append(proof)
    if found.table in ("invoices", "orders"):
        _prove_invoices(columns, found)
    elif found.table == "receivables":
        _prove_receivables(columns, found)
    elif found.table in ("events", "flows"):
        _prove_balance(looked, columns, found)
    elif found.table == "vouchers":
        _prove_range(looked, found)


def _turn(columns: AmountColumns, credit: str, sides: pl.Series) -> None:
    """Let amounts that go out be below nought, as far as words of their side are known."""
    lowers = set(vocabulary().lists["lowers"]["events"])
    out = [text for text in sides.drop_nulls().unique() if (plain_word(text) or text) in lowers]
    if credit in columns.fen and out:
        fen = columns.fen[credit]
        columns.fen[credit] = (-fen).zip_with(sides.is_in(out).fill_null(value=False), fen)


def _prove_balance(looked: LookedAt, columns: AmountColumns, found: ColumnMeanings) -> None:
    after, credit, debit = (found.column(name) for name in ("=balance", "=credit", "=debit"))
    credit = credit or found.column("amount")
    side = found.column("=side")
    if side is not None and debit is None and credit is not None:
        _turn(columns, credit, looked.body[side])
    proof = balance(columns.fen, after, credit, debit) if after and credit else None
    if proof is not None:
        for column in filter(None, (after, credit, debit)):
            found.evidence[column].append(proof)


def _prove_range(looked: LookedAt, found: ColumnMeanings) -> None:
    """Keep that a number and the range of its part tell bills apart, where the number does not."""
    own, part = found.column("number"), found.column("=range")
    if own is None or part is None:
        return
    both = pl.DataFrame({"own": looked.body[own], "part": looked.body[part]}).drop_nulls()
    kept = [each for each in found.evidence[own] if each.kind != "unique"]
    found.evidence[own] = [*kept, Evidence("unique_together", both.n_unique(), both.height)]


def _prove_invoices(columns: AmountColumns, found: ColumnMeanings) -> None:
    def rank(names: tuple[str, str, str]) -> float:
        """Return how well columns fit what their headers say."""
        wanted = zip(names, ("amount", "tax", "total"), strict=True)
        return sum(found.meaning(name) == meaning for name, meaning in wanted) - _of_lines(names)

    taxed = [
        (names, proof)
        for names, proof in columns.sums()
        if columns.is_tax_of(names[0], names[1]) and not _is_other(found, names)
    ]
    if taxed and found.table == "invoices":
        names, proof = max(taxed, key=lambda each: rank(each[0]))
        for meaning in ("amount", "tax", "total"):
            for column in list(found.columns.get(meaning, ())):
                found.take(column)
        for meaning, name in zip(("amount", "tax", "total"), names, strict=True):
            found.give(meaning, name, proof, sure=1.0)
        return
    amount, tax = found.column("amount") or found.column("total"), found.column("tax")
    if amount is None or tax is None:
        return
    inside = columns.inside(amount, tax)
    if inside is not None and inside.share >= ENOUGH:
        found.give("amount" if inside.kind == "net_of_tax" else "total", amount, inside)


def _of_lines(names: Iterable[str]) -> float:
    """Return how much the names of columns speak of lines rather than of documents."""
    tokens = [token for name in names for token in tokens_of(name)]
    return 0.1 * sum(token in ("item", "line", "detail") for token in tokens)


def _is_other(found: ColumnMeanings, names: tuple[str, str, str]) -> bool:
    """Return whether one of some columns surely means something else than an amount."""
    plain = {None, "amount", "tax", "total", "=payable", "=face"}
    return any(found.meaning(name) not in plain for name in names)


def _prove_receivables(columns: AmountColumns, found: ColumnMeanings) -> None:
    for (one, other, total), proof in columns.sums():
        meanings = {found.meaning(one), found.meaning(other)}
        if "amount" in meanings and found.meaning(total) in ("=face", None):
            told = Evidence("face_paid_open", proof.rows, proof.of)
            opened = one if found.meaning(one) == "amount" else other
            cleared = other if opened == one else one
            found.evidence[opened].append(told)
            found.give("paid", cleared, told)
            found.give("=face", total, told)
            return


def party_keys(looked: LookedAt, found: ColumnMeanings, role: str) -> list[str | None] | None:
    """Return by row the code of a party, else its name; None where no column tells it."""
    if not found.party(role):
        return None
    code, name = found.column(f"{role} code"), found.column(f"{role} name")
    blank: list[str | None] = [None] * looked.body.height
    codes = looked.body[code].to_list() if code else blank
    names = looked.body[name].to_list() if name else blank
    return [code_in(c) or n for c, n in zip(codes, names, strict=True)]
