"""Parties that change sides: the other party buys or sells by the kind of document."""

from typing import Any

from ingestion.guess.choice import OWNED
from ingestion.guess.proposing import Proposal
from ingestion.guess.vocabulary import plain, tokens_of, vocabulary
from ingestion.guess.writing import usable

_ENDS = ("seller", "buyer")


def change(proposal: Proposal, columns: dict[str, Any]) -> None:
    """
    Let the owner and the other party change sides where a column of kinds says so.

    Args:
        proposal: The proposal, of which one side alone is told by a column.
        columns: What is proposed for the columns of its table; its sides are changed.
    """
    found = proposal.meanings
    told = [end for end in _ENDS if found.party(end)]
    if OWNED.get(proposal.table or "") != _ENDS or len(told) != 1 or proposal.owner is None:
        return
    kinds = _kinds(proposal)
    if kinds is None:
        return
    column, bought = kinds
    if found.meaning(column) is None:
        found.give("=side of the parties", column)
    other = columns[told[0]]
    owner = proposal.owner.value
    where = {column: bought[0] if len(bought) == 1 else bought}
    for end, there, else_ in (("seller", other, owner), ("buyer", owner, other)):
        columns[end] = {"when": [{"if": where, "then": there}], "else": else_}


def _kinds(proposal: Proposal) -> tuple[str, list[str]] | None:
    """Return a column whose words are of both sides, and those by which the owner buys."""
    looked = proposal.looked
    for name in filter(usable, looked.names):
        words = looked.profiles[name].words
        if not words or len(words) < 2 or not all(map(usable, words)):  # noqa: PLR2004
            continue
        sides = [_side(word) for word in words]
        if all(sides) and len(set(sides)) > 1:
            return name, [w for w, side in zip(words, sides, strict=True) if side == "bought"]
    return None


def _side(word: str) -> str | None:
    """Return whether a kind of document is one of what is sold or of what is bought."""
    tokens = {plain(word), *tokens_of(word)}
    found = []
    for side in ("sold", "bought"):
        known = vocabulary().lists[side]
        if any(w in tokens if w.isascii() else w in word for w in known):
            found.append(side)
    return found[0] if len(found) == 1 else None
