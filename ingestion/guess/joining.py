"""Rows that others look into: lines of documents, lists of partners."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from ingestion.forms import form
from ingestion.guess import readings, tables, trying
from ingestion.guess.choice import TableChoice, of_table
from ingestion.guess.evidence import Evidence
from ingestion.guess.kinds import kind_of
from ingestion.guess.looked import LookedAt
from ingestion.guess.meanings import ColumnMeanings
from ingestion.guess.proposing import Proposal
from ingestion.guess.vocabulary import vocabulary
from ingestion.guess.writing import usable

_MET_MIN = 0.5  # Rows are looked into where so many keys are found there.
_UNIQUE_MIN = 0.95


@dataclass(eq=False, slots=True)
class Beside:
    """Rows of one kind, where they are, and the tables that they may give."""

    looked: LookedAt
    said: dict[str, Any]
    choices: list[TableChoice] = field(default_factory=list)


def free(name: str, taken: Sequence[str]) -> str:
    """Return a name that is none of those taken."""
    only, count = name, 1
    while only in taken:
        count += 1
        only = f"{name}_{count}"
    return only


def parted(found: Sequence[Beside]) -> tuple[list[Beside], list[Beside]]:
    """Return the rows that give facts, and those that others only look into."""
    for each in found:
        if not each.choices:
            _tell_lines(each, found)
    told = [each for each in found if each.choices]
    lookups = [
        each
        for each in told
        if any(_looks_into(other, each) for other in told if other is not each)
    ]
    main = [each for each in told if each not in lookups]
    if told and not main:  # All look into one another: none of them is left without facts.
        return told, []
    return main, lookups


def _tell_lines(one: Beside, found: Sequence[Beside]) -> None:
    """Let rows that are no table by themselves be the lines of documents beside them."""
    for other in found:
        if other.choices and "amount" in other.choices[0].lacks:
            one.choices = [of_table(one.looked, other.choices[0].table)]
            if _has_heads(one, other):
                return
            one.choices = []


def _looks_into(one: Beside, other: Beside) -> bool:
    """Return whether rows of one kind need those of another to be whole."""
    mine, theirs = one.choices[0], other.choices[0]
    if theirs.table == "firms" and mine.table not in ("firms", "holdings"):
        return bool(list(_partners(one.looked, mine.meanings, other)))
    if mine.table == theirs.table and mine.table in ("invoices", "orders"):
        return _has_lines(one, other) or _has_heads(one, other)
    return False


def _has_heads(one: Beside, other: Beside) -> bool:
    """Return whether other rows are documents, of which the rows here are the lines."""
    mine, theirs = one.choices[0], other.choices[0]
    if "amount" in mine.lacks or "amount" not in theirs.lacks or not set(mine.lacks) - {"number"}:
        return False
    ours, heads = _keys(one), _keys(other)
    if ours is None or heads is None or not len(heads.drop_nulls()):
        return False
    known = heads.drop_nulls()
    met = ours.drop_nulls().is_in(known.unique().to_list()).mean() or 0.0
    return known.n_unique() >= _UNIQUE_MIN * len(known) and float(met) >= _MET_MIN  # type: ignore[arg-type]


def _has_lines(one: Beside, other: Beside) -> bool:
    """Return whether other rows are lines of documents, each of which is one row here."""
    ours, theirs = _keys(one), _keys(other)
    if ours is None or theirs is None or "amount" in one.choices[0].lacks:
        return False
    mine, others = ours.drop_nulls(), theirs.drop_nulls()
    if not len(mine) or not len(others) or mine.n_unique() < _UNIQUE_MIN * _told(one, ours):
        return False
    more = others.n_unique() < len(others) or one.choices[0].meanings.column("goods") is None
    met = others.unique().is_in(mine.unique().to_list()).mean() or 0.0
    return (
        more
        and float(met) >= _MET_MIN  # type: ignore[arg-type]
        and other.choices[0].meanings.column("goods") is not None
        and one.choices[0].meanings.column("goods") is None
    )


def _told(one: Beside, keys: pl.Series) -> int:
    """Return how many documents rows tell; one that two files have with one amount is one."""
    amount = one.choices[0].meanings.column("amount")
    amounts = keys if amount is None else one.looked.frame.filter(~one.looked.totals)[amount]
    return pl.DataFrame({"key": keys, "amount": amounts}).drop_nulls("key").n_unique()


def _keys(each: Beside) -> pl.Series | None:
    found = each.choices[0].meanings
    if not found.columns.get("number"):
        return None
    draft = Proposal(each.looked, each.choices[0].table, found)
    keys = trying.value(each.looked, tables.number(draft))
    return keys.filter(~each.looked.totals)


def _partners(
    looked: LookedAt, found: ColumnMeanings, other: Beside
) -> "Sequence[tuple[str, str, str, bool, Evidence]]":
    """Return by role which column of ours meets which one of a list of partners."""
    ids = other.choices[0].meanings.column("=id")
    candidates = [ids] if ids else []
    candidates += [
        name
        for name, profile in other.looked.profiles.items()
        if profile.unique >= _UNIQUE_MIN
        and name not in candidates
        and other.choices[0].meanings.meaning(name) is None
    ]
    taken: list[tuple[str, str, str, bool, Evidence]] = []
    for theirs in filter(usable, candidates):
        for role, ours in _places(looked, found):
            if any(role == each[0] for each in taken) or not usable(ours):
                continue
            met = _met(looked.body[ours], other.looked.body[theirs])
            if met is not None:
                taken.append((role, ours, theirs, *met))
    return taken


def _places(looked: LookedAt, found: ColumnMeanings) -> Sequence[tuple[str, str]]:
    """Return the columns that may hold ids of partners, by the role they have."""
    words = vocabulary().tables[found.table]
    roles = form(found.table).parties
    pairs: list[tuple[str, str]] = []
    for at, name in enumerate(looked.names):
        if found.meaning(name) is not None:
            continue
        said = [
            m.rpartition(" ")[0] for m in words.meanings(name) if m.endswith((" name", " code"))
        ]
        near = [looked.names[n] for n in (at + 1, at - 1) if 0 <= n < len(looked.names)]
        said += [
            m.rpartition(" ")[0] for n in near if (m := found.meaning(n)) and m.endswith(" name")
        ]
        pairs += [(role, name) for role in dict.fromkeys(said) if role in roles]
    return [pair for pair in pairs if not found.column(f"{pair[0]} code")]


def _met(ours: pl.Series, theirs: pl.Series) -> tuple[bool, Evidence] | None:
    """Return whether keys meet without noughts before them alone, and how many do."""
    mine, others = ours.drop_nulls(), theirs.drop_nulls()
    if not len(mine) or not len(others):
        return None
    for strip in (False, True):
        if strip:
            mine, others = (each.str.replace("^0+([^0].*|0)$", "$1") for each in (mine, others))
        known = set(others.to_list())
        distinct = mine.unique()
        if sum(text in known for text in distinct) >= _MET_MIN * len(distinct):
            rows = int(mine.is_in(list(known)).sum())
            return strip, Evidence("met", rows, len(mine))
    return None


def join(proposals: Sequence[Proposal], lookups: Sequence[Beside]) -> list[Proposal]:
    """Let proposals look into other rows, and return what is proposed for these."""
    found: list[Proposal] = []
    for other in lookups:
        taken = [each.set_name for each in (*proposals, *found)]
        theirs = other.choices[0]
        kind = "documents" if "amount" in theirs.lacks else "lines"
        name = free("partners" if theirs.table == "firms" else kind, taken)
        beside = Proposal(other.looked, None, theirs.meanings, name, rows=dict(other.said))
        for proposal in proposals:
            if theirs.table == "firms":
                _join_partners(proposal, other, beside)
            elif proposal.table == theirs.table and "amount" in theirs.lacks:
                _join_heads(proposal, beside)
            elif proposal.table == theirs.table:
                _join_lines(proposal, beside)
        found.append(beside)
    return found


def _join_partners(proposal: Proposal, other: Beside, beside: Proposal) -> None:
    for role, ours, theirs, strip, proof in _partners(proposal.looked, proposal.meanings, other):
        take: dict[str, str] = {}
        for meaning, part in (("uscc", "code"), ("name", "name")):
            column = beside.meanings.column(meaning)
            if column is not None:
                take[_free_column(proposal, f"{role}_{part}")] = column
        if not take:
            continue
        said: dict[str, Any] = {
            "set": beside.set_name,
            "ours": ours,
            "theirs": theirs,
            "take": take,
        }
        if strip:
            said["strip_zeros"] = True
        proposal.rows.setdefault("joins", []).append(said)
        beside.asked += [
            column for column in (theirs, *take.values()) if column not in beside.asked
        ]
        proposal.meanings.give(f"={role} id", ours, proof)
        proposal.joined[role] = {part.rpartition("_")[2]: part for part in take}


def _free_column(proposal: Proposal, name: str) -> str:
    while name in proposal.looked.names:
        name = f"{name}_"
    return name


def _join_heads(proposal: Proposal, beside: Proposal) -> None:
    """Let lines take of their documents what they do not say themselves, but no amounts."""
    ours, theirs = tables.number(proposal), tables.number(beside)
    mine, heads = proposal.meanings, beside.meanings
    take: dict[str, str] = {}
    for column in form(proposal.table or "").columns.values():
        if column.kind == "party" and not mine.party(column.name):
            take |= _party_of_heads(proposal, heads, column.name)
        elif column.kind != "money":
            take |= _column_of_heads(proposal, beside, column.name)
    take |= _column_of_heads(proposal, beside, "currency")
    joined = {"set": beside.set_name, "ours": [ours], "theirs": [theirs], "take": take}
    proposal.rows.setdefault("joins", []).append(joined)
    known = heads.columns
    keys = [*known.get("=series", []), *known.get("number", [])]
    beside.asked = [*keys, *(each for each in take.values() if each not in keys)]


def _party_of_heads(proposal: Proposal, heads: ColumnMeanings, role: str) -> dict[str, str]:
    """Return what a join takes of a party, which is that of the proposal then."""
    told = {part: own for part in ("code", "name") if (own := heads.column(f"{role} {part}"))}
    names = {part: _free_column(proposal, f"{role}_{part}") for part in told}
    if told:
        proposal.joined[role] = names
    return {names[part]: own for part, own in told.items()}


def _column_of_heads(proposal: Proposal, beside: Proposal, meaning: str) -> dict[str, str]:
    """Return what a join takes of a column that the proposal does not have itself."""
    own = beside.meanings.column(meaning)
    if own is None or proposal.meanings.column(meaning) is not None:
        return {}
    name = _free_column(proposal, meaning)
    dated = kind_of(form(proposal.table or ""), meaning) == "date"
    day = readings.day(beside, own) if dated else name
    proposal.taken[meaning] = {**day, "from": name} if isinstance(day, dict) else name
    return {name: own}


def _join_lines(proposal: Proposal, beside: Proposal) -> None:
    ours = tables.number(proposal)
    theirs = tables.number(beside)
    goods = beside.meanings.column("goods")
    if goods is None:
        return
    name = _free_column(proposal, "goods")
    said = {"set": beside.set_name, "ours": [ours], "take": {name: goods}}
    if theirs != ours:
        said["theirs"] = [theirs]
    proposal.rows.setdefault("joins", []).append(said)
    found = beside.meanings.columns
    beside.asked = [*found.get("=series", []), *found.get("number", []), goods]
    proposal.goods = name
