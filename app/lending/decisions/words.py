"""Words of decisions, by the formula that made them: they are part of what was decided."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from app.lending.decisions.forms import LoanReason
from graph.model import Label, declared


@cache
def _words(formula: int) -> Mapping[str, Label]:
    before = _words(formula - 1) if formula > 1 else {}
    path = Path(__file__).parent / f"words_{formula}.yml"
    read = declared(path.read_text(encoding="utf-8"))
    return {**before, **{str(code): Label(**entry) for code, entry in read.items()}}


def reason(formula: int, code: str) -> LoanReason:
    """Return a code with its words."""
    words = _words(formula)[code]
    return LoanReason(code, words.zh, words.en)
