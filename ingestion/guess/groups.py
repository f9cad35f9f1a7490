"""Parties that are not told in every row: once for a block of rows, or on a line above them."""

import re

import polars as pl

from ingestion.guess.choice import OWNED
from ingestion.guess.patterns import literally
from ingestion.guess.proposing import Proposal
from ingestion.guess.questions import OpenQuestion
from ingestion.guess.vocabulary import vocabulary

_BLANK_MIN = 0.3  # Blocks leave so many of their cells blank.
_COLUMNS_MAX = 3  # A title stands in one of the first columns.


def told_once(proposal: Proposal) -> None:
    """Let a party that is told once for several rows hold for all of them."""
    roles = OWNED.get(proposal.table or "", ())
    if "hold" in proposal.rows or not roles or not proposal.looked.header_lines:
        return
    for role in roles:
        if proposal.meanings.party(role):
            _blocks(proposal, role)
    if not any(proposal.meanings.party(role) for role in roles):
        _titles(proposal, roles)


def _blocks(proposal: Proposal, role: str) -> None:
    """Hold the cells of a party down where the rows below a first one leave them blank."""
    looked, found = proposal.looked, proposal.meanings
    name = found.column(f"{role} name") or found.column(f"{role} code") or ""
    number = found.column("number")
    blank = looked.body[name].is_null()
    if number is None or blank[0] or int(blank.sum()) < _BLANK_MIN * len(blank):
        return
    if bool((blank & looked.body[number].is_null()).any()):
        return
    at = looked.names.index(name)
    held = [
        each
        for each in looked.names[max(0, at - 2) : at + 3]
        if each != number and not bool((blank & looked.body[each].is_not_null()).any())
    ]
    proposal.rows["hold"] = {"by": name, "columns": held}
    proposal.ask(
        OpenQuestion(
            f"blank cells in {name!r} are read as the {role} of the rows above; is it right?",
            f"列 {name!r} 的空白按上方各行的 {role} 读取；是否正确？",
        )
    )


def _titles(proposal: Proposal, roles: tuple[str, ...]) -> None:
    """Read a party from lines between the rows: a word for it, a colon and its name."""
    looked = proposal.looked
    rows = looked.frame.filter(looked.totals)
    for column in looked.names[:_COLUMNS_MAX]:
        for label in vocabulary().lists["groups"]:
            pattern = rf"{literally(label)}(?:名称)?[：:]\s*(\S.*)"
            begins = re.compile(pattern, re.IGNORECASE)
            texts = rows[column].drop_nulls().to_list()
            told = [text for text in texts if begins.fullmatch(text)]
            if not told or not _holds(looked.body[column], pattern):
                continue
            role = _role(label, roles)
            proposal.rows["hold"] = {"by": column, "columns": [column]}
            proposal.grouped[role] = {"from": column, "matching": f"(?i){pattern}"}
            proposal.meanings.take(column)
            return


def _holds(cells: pl.Series, pattern: str) -> bool:
    """Return whether no row of its own has a cell where titles stand."""
    return bool((cells.is_null() | cells.str.contains(f"^(?i:{pattern})$")).all())


def _role(label: str, roles: tuple[str, ...]) -> str:
    sells = any(sign in label for sign in ("供应", "vendor", "supplier", "liefer", "kredit"))
    wanted = "seller" if sells else "buyer"
    return wanted if wanted in roles else roles[0]
