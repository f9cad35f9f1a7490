"""Which rows hold facts: totals, titles of groups and last lines are left out."""

from typing import Any

import polars as pl

from ingestion.forms import form
from ingestion.guess import questions, trying
from ingestion.guess.profiles import is_total
from ingestion.guess.proposing import Proposal
from ingestion.guess.writing import usable, words_of

# Words that stand for one another: where one is met the others may come.
_STANDARD = (("合计", "总计", "小计"), ("*", "**", "***"), ("Total", "Subtotal"), ("Summe",))


def keep_facts(proposal: Proposal) -> None:
    """Add the conditions that leave out what is no row of the table, and how cells hold down."""
    looked = proposal.looked
    said = proposal.rows.get("keep", [])
    left = looked.totals
    if said:
        left = left & trying.holds(looked, said)
    if not left.any():
        return
    condition = _by_words(proposal, left) or _by_blanks(proposal, left)
    if condition is not None:
        proposal.rows["keep"] = [condition, *said]


def _by_words(proposal: Proposal, left: pl.Series) -> dict[str, Any] | None:
    """Return a column in which every row that is left out has a word for adding up."""
    looked = proposal.looked
    rows = looked.frame.filter(left)
    for name in filter(usable, looked.names):
        texts = rows[name].to_list()
        if all(is_total(text) for text in texts):
            words = words_of(dict.fromkeys(texts))
            standard = next((same for same in _STANDARD if set(same) & set(words)), ())
            return {name: {"not": [*words, *(word for word in standard if word not in words)]}}
    return None


def _by_blanks(proposal: Proposal, left: pl.Series) -> dict[str, Any] | None:
    """Return a column that is blank in every row that is left out, and in few others."""
    looked, found = proposal.looked, proposal.meanings
    required = [c.name for c in form(proposal.table or "firms").columns.values() if c.required]
    meanings = [m for name in required for m in (name, f"{name} name", f"{name} code")]
    columns = [[*found.columns[m]] for m in meanings if m in found.columns]
    best: tuple[int, list[str]] | None = None
    for names in columns:
        if not all(map(usable, names)):
            continue
        blank = pl.Series([True]).new_from_index(0, looked.frame.height)
        for name in names:
            blank = blank & looked.frame[name].is_null()
        if bool((left & ~blank).any()):
            continue
        others = int((blank & ~left).sum())
        if best is None or others < best[0]:
            best = (others, names)
    if best is None:
        return None
    others, names = best
    if others:
        proposal.ask(questions.kept(names[0]))
    tests: list[dict[str, Any]] = [{name: {"blank": False}} for name in names]
    return tests[0] if len(tests) == 1 else {"any": tests}
