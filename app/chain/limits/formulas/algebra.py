"""
The algebra of formulas: every step gives a term, its value with the terms that it was read from.

A run hands in columns as leaves and takes columns out, a chain at a time; an explanation hands in
single figures and shows the terms as a tree. A client that knows only the operations can recompute
every value of a tree from its leaves exactly:

    sum product min max    of the children that have a value
    subtract               the first child less the rest
    divide                 the first by the second, cut towards zero at 12 places
    floor                  one child, cut down to a whole fen
    clip                   the first child held between the second and the third

Shares, ratios and rates are cut towards zero at 12 places; money is cut by `floor` only.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from app.chain.limits.formulas import columns, exact
from app.chain.limits.formulas.columns import ExactColumn
from graph.errors import InvalidInput

Source = Mapping[str, Any]
Figure = Decimal | ExactColumn
Amount = Decimal | int | ExactColumn


NO_SOURCE: Source = MappingProxyType({})
WITHHELD = "withheld"  # The operation of a term that its reader may not see.


class Term(NamedTuple):
    """One step of a derivation; a tuple, for a tree has hundreds and is built on demand."""

    code: str
    op: str
    unit: str
    value: Figure | None
    children: tuple["Term", ...] = ()
    source: Source = NO_SOURCE

    @property
    def figure(self) -> Decimal | None:
        """
        Return the one exact figure that this is; None where it is absent.

        Raises:
            InvalidInput: It is a column of figures.
        """
        if isinstance(self.value, ExactColumn):
            raise InvalidInput(f"{self.code}: a column where one figure is read")
        return self.value

    @property
    def column(self) -> ExactColumn:
        """Return the figures that this is as a column; one figure is the same at every place."""
        return self.value if isinstance(self.value, ExactColumn) else ExactColumn.single(self.value)


class FormulaRules(Protocol):
    """The dated values that formulas read, by name: a policy."""

    @property
    def version(self) -> str:
        """Return what names these values."""
        ...

    def unit(self, name: str) -> str:
        """Return the unit of a value, or of the values of a table."""
        ...

    def decimal(self, name: str) -> Decimal:
        """Return a number as an exact decimal."""
        ...

    def table(self, name: str) -> Mapping[str, Decimal]:
        """Return a table of numbers by key."""
        ...


class Algebra:
    """What a formula may do; `code` names the step, `unit` its unit."""

    def __init__(self, rules: FormulaRules, *, version: int, run: str, book: int = 0) -> None:
        self._rules = rules
        self._version = version
        self._run = run
        self._book = book
        self._policy: dict[tuple[str, str, str | None], Term] = {}  # As many as formulas name.

    def input(self, code: str, unit: str, value: Amount, source: Source) -> Term:
        """Return a leaf with its source."""
        figure = value if isinstance(value, ExactColumn) else Decimal(value)
        return Term(code, "input", unit, figure, (), source)

    def stored(self, code: str, unit: str, value: Amount, table: str) -> Term:
        """Return a leaf that a table of the version holds."""
        return self.input(code, unit, value, {"version": self._version, "table": table})

    def computed(self, code: str, unit: str, value: Amount, analysis: str, **more: object) -> Term:
        """Return a leaf that an analysis of the run computed; `more` goes into its source."""
        return self.input(code, unit, value, {"run": self._run, "analysis": analysis, **more})

    def booked(self, code: str, unit: str, value: Amount, event: int) -> Term:
        """Return a leaf that the book holds, and the event that last changed it."""
        return self.input(code, unit, value, {"book": self._book, "event": event})

    def constant(self, code: str, value: int, unit: str) -> Term:
        """Return a number that the definition itself contains."""
        return self.input(code, unit, value, {"document": "definition"})

    def policy(self, code: str, rule: str, *, key: str | None = None) -> Term:
        """
        Return a leaf that names policy version, rule and key.

        Raises:
            InvalidInput: The table has no such key.
        """
        term = self._policy.get((code, rule, key))
        if term is None:
            source = {"policy": self._rules.version, "rule": rule} | ({"key": key} if key else {})
            value = self._value(rule, key)
            term = Term(code, "policy", self._rules.unit(rule), value, (), source)
            self._policy[code, rule, key] = term
        return term

    def _value(self, rule: str, key: str | None) -> Decimal:
        if key is None:
            return self._rules.decimal(rule)
        table = self._rules.table(rule)
        if key not in table:
            raise InvalidInput(f"policy {self._rules.version}: {rule} has no value for {key!r}")
        return table[key]

    def absent(self, code: str, unit: str, reason: str) -> Term:
        """Return a leaf without a value, and why."""
        return Term(code, "absent", unit, None, (), {"reason": reason})

    def sum(self, code: str, *children: Term, unit: str = "fen") -> Term:
        """Return the sum of the children that have a value."""
        return self._step("sum", code, unit, children)

    def product(self, code: str, *children: Term, unit: str = "fen") -> Term:
        """Return the product of the children that have a value."""
        return self._step("product", code, unit, children)

    def least(self, code: str, *children: Term, unit: str = "fen") -> Term:
        """Return the smallest of the children that have a value."""
        return self._step("min", code, unit, children)

    def most(self, code: str, *children: Term, unit: str = "fen") -> Term:
        """Return the largest of the children that have a value."""
        return self._step("max", code, unit, children)

    def not_below_zero(self, code: str, term: Term, *, unit: str = "fen") -> Term:
        """Return the larger of zero and the term."""
        return self.most(code, self.constant("zero", 0, unit), term, unit=unit)

    def less(self, code: str, first: Term, *rest: Term, unit: str = "fen") -> Term:
        """Return the first child less the rest, absent ones being zero."""
        return self._step("subtract", code, unit, (first, *rest))

    def divide(self, code: str, first: Term, second: Term, *, unit: str = "fen") -> Term:
        """Return the quotient, cut towards zero at 12 places; absent for a zero divisor."""
        term = self._step("divide", code, unit, (first, second))
        if term.value is None and first.value is not None and second.value is not None:
            return self.absent(code, unit, f"{second.code} is zero")
        return term

    def floor(self, code: str, child: Term, *, unit: str = "fen") -> Term:
        """Return the child cut down to a whole fen, or to a whole one of another unit."""
        return self._step("floor", code, unit, (child,))

    def clip(self, code: str, term: Term, low: Term, high: Term, *, unit: str) -> Term:
        """Return the first child held between the second and the third."""
        return self._step("clip", code, unit, (term, low, high))

    def _step(self, op: str, code: str, unit: str, children: tuple[Term, ...]) -> Term:
        """Return the term; one without a value is a leaf that says what is missing."""
        values = [child.value for child in children]
        value = _evaluate(op, unit, values)
        if None not in values and value is not None:
            return Term(code, op, unit, value, children)
        missing = [child for child in children if child.value is None]
        if value is None:
            reasons = dict.fromkeys(str(child.source["reason"]) for child in missing)
            return self.absent(code, unit, "; ".join(reasons))
        meaning = "zero" if op in ("sum", "subtract") else "skipped"
        absent = {"absent": {child.code: meaning for child in missing}}
        return Term(code, op, unit, value, children, absent)


def _evaluate(op: str, unit: str, values: Sequence[Figure | None]) -> Figure | None:
    """Return what a step comes to: one figure of single figures, else a column."""
    single = [value for value in values if not isinstance(value, ExactColumn)]
    if len(single) == len(values):
        return exact.evaluate(op, unit, single)
    result = columns.evaluate(
        op, unit, [v if isinstance(v, ExactColumn) else ExactColumn.single(v) for v in values]
    )
    return None if result.there is False else result
