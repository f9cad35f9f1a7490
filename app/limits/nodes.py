"""
The derivation tree, and the two readings of one formula.

A formula is written once against `Algebra`. `Plain` reads it as exact decimals, quickly, for a
run; `Traced` reads it as a tree of nodes, for an explanation. A client that knows only the
operations can recompute every value of the tree from its leaves exactly:

    sum product min max    of the children that have a value
    subtract               the first child less the rest
    divide                 the first by the second, cut towards zero at 12 places
    floor                  one child, cut down to a whole fen
    clip                   the first child held between the second and the third

Shares, ratios and rates are cut towards zero at 12 places; money is cut by `floor` only.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, ROUND_FLOOR, Context, Decimal, Inexact
from typing import Any, Generic, Protocol, TypeVar

from app.policy import Policy
from graph.errors import InvalidInput

PLACES = Decimal(1).scaleb(-12)
ZERO = Decimal(0)
ONE = Decimal(1)
SHARES = ("share", "ratio", "rate")
WHOLE = ("days", "count")
LARGEST = 20
DIGITS = 200
Source = Mapping[str, Any]
V = TypeVar("V")

# Exact by construction: nothing may be rounded but where a quotient or a share is cut.
EXACT = Context(prec=DIGITS, traps=[Inexact])
CUTTING = Context(prec=DIGITS, rounding=ROUND_DOWN)


@dataclass(frozen=True, slots=True)
class Node:
    """One step of a derivation."""

    code: str
    op: str
    unit: str
    value: Decimal | None
    children: tuple["Node", ...] = ()
    source: Source = field(default_factory=dict)


class Algebra(Protocol[V]):
    """What a formula may do; `code` names the step, `unit` its unit."""

    def input(self, code: str, unit: str, value: Decimal | int | None, source: Source) -> V:
        """Return a leaf that was read or computed by a run."""
        ...

    def policy(self, code: str, rule: str, *, key: str | None = None) -> V:
        """Return a leaf that the policy sets."""
        ...

    def absent(self, code: str, unit: str, reason: str) -> V:
        """Return a leaf without a value, and why."""
        ...

    def combine(self, op: str, code: str, unit: str, children: Sequence[V]) -> V:
        """Return the sum, product, min or max of the children that have a value."""
        ...

    def subtract(self, code: str, unit: str, children: Sequence[V]) -> V:
        """Return the first child less the rest."""
        ...

    def divide(self, code: str, unit: str, first: V, second: V) -> V:
        """Return the quotient, cut towards zero at 12 places; absent for a zero divisor."""
        ...

    def floor(self, code: str, child: V) -> V:
        """Return the child cut down to a whole fen."""
        ...

    def clip(self, code: str, unit: str, children: tuple[V, V, V]) -> V:
        """Return the first child held between the second and the third."""
        ...

    def largest(self, code: str, unit: str, children: Sequence[V]) -> V:
        """Return the sum of many children, of which a tree shows the largest twenty."""
        ...

    def value(self, term: V) -> Decimal | None:
        """Return the figure of a step."""
        ...


class Plain:
    """Reads a formula as figures alone."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._known: dict[tuple[str, str | None], Decimal] = {}

    def input(
        self, code: str, unit: str, value: Decimal | int | None, source: Source
    ) -> Decimal | None:
        """Return the figure."""
        del code, unit, source
        return None if value is None else Decimal(value)

    def policy(self, code: str, rule: str, *, key: str | None = None) -> Decimal | None:
        """Return the policy's figure."""
        del code
        found = self._known.get((rule, key))
        if found is None:
            found = policy_value(self._policy, rule, key)
            self._known[rule, key] = found
        return found

    def absent(self, code: str, unit: str, reason: str) -> Decimal | None:
        """Return nothing."""
        del code, unit, reason
        return None

    def combine(
        self, op: str, code: str, unit: str, children: Sequence[Decimal | None]
    ) -> Decimal | None:
        """Return the sum, product, min or max of the figures there are."""
        del code
        return combined(op, unit, children)

    def subtract(self, code: str, unit: str, children: Sequence[Decimal | None]) -> Decimal | None:
        """Return the first figure less the rest."""
        del code
        return subtracted(unit, children)

    def divide(
        self, code: str, unit: str, first: Decimal | None, second: Decimal | None
    ) -> Decimal | None:
        """Return the quotient."""
        del code, unit
        return quotient(first, second)

    def floor(self, code: str, child: Decimal | None) -> Decimal | None:
        """Return the figure cut down to a whole fen."""
        del code
        return None if child is None else child.to_integral_value(ROUND_FLOOR)

    def clip(
        self, code: str, unit: str, children: tuple[Decimal | None, Decimal | None, Decimal | None]
    ) -> Decimal | None:
        """Return the first figure held between the second and the third."""
        del code, unit
        return clipped(*children)

    def largest(self, code: str, unit: str, children: Sequence[Decimal | None]) -> Decimal | None:
        """Return the sum."""
        return self.combine("sum", code, unit, children)

    def value(self, term: Decimal | None) -> Decimal | None:
        """Return the figure itself."""
        return term


class Traced:
    """Reads a formula as a tree of nodes."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def input(self, code: str, unit: str, value: Decimal | int | None, source: Source) -> Node:
        """Return a leaf with its source."""
        number = None if value is None else Decimal(value)
        return Node(code, "input", unit, number, source=source)

    def policy(self, code: str, rule: str, *, key: str | None = None) -> Node:
        """Return a leaf that names policy version, rule and key."""
        source = {"policy": self._policy.version, "rule": rule} | ({"key": key} if key else {})
        unit = self._policy.rule(rule).unit
        return Node(code, "policy", unit, policy_value(self._policy, rule, key), source=source)

    def absent(self, code: str, unit: str, reason: str) -> Node:
        """Return a leaf without a value."""
        return Node(code, "absent", unit, None, source={"reason": reason})

    def combine(self, op: str, code: str, unit: str, children: Sequence[Node]) -> Node:
        """Return a node over the children, naming those that are absent."""
        value = combined(op, unit, [child.value for child in children])
        meaning = "zero" if op == "sum" else "skipped"
        return self._node(op, code, unit, value, children, meaning)

    def subtract(self, code: str, unit: str, children: Sequence[Node]) -> Node:
        """Return the first child less the rest, absent ones being zero."""
        value = subtracted(unit, [child.value for child in children])
        return self._node("subtract", code, unit, value, children, "zero")

    def divide(self, code: str, unit: str, first: Node, second: Node) -> Node:
        """Return the quotient; a divisor of zero makes the step absent."""
        value = quotient(first.value, second.value)
        if value is None:
            return self.absent(code, unit, "nothing to divide by")
        return Node(code, "divide", unit, value, (first, second))

    def floor(self, code: str, child: Node) -> Node:
        """Return the child cut down to a whole fen."""
        value = None if child.value is None else child.value.to_integral_value(ROUND_FLOOR)
        return Node(code, "floor", "fen", value, (child,))

    def clip(self, code: str, unit: str, children: tuple[Node, Node, Node]) -> Node:
        """Return the first child held between the second and the third."""
        value = clipped(children[0].value, children[1].value, children[2].value)
        return Node(code, "clip", unit, value, children)

    def largest(self, code: str, unit: str, children: Sequence[Node]) -> Node:
        """Return the sum of the largest twenty and of one leaf for the others."""
        if len(children) <= LARGEST:
            return self.combine("sum", code, unit, children)
        ranked = sorted(children, key=lambda child: (-(child.value or ZERO), child.code))
        rest = ranked[LARGEST:]
        total = combined("sum", unit, [child.value for child in rest])
        others = Node("others", "input", unit, total, source={"count": len(rest)})
        return self.combine("sum", code, unit, [*ranked[:LARGEST], others])

    def value(self, term: Node) -> Decimal | None:
        """Return the node's figure."""
        return term.value

    @staticmethod
    def _node(
        op: str,
        code: str,
        unit: str,
        value: Decimal | None,
        children: Sequence[Node],
        meaning: str,
    ) -> Node:
        missing = {child.code: meaning for child in children if child.value is None}
        source = {"absent": missing} if missing else {}
        return Node(code, op, unit, value, tuple(children), source)


@dataclass(frozen=True, slots=True)
class Formula(Generic[V]):
    """An algebra with shorter names for the steps that every formula takes."""

    algebra: Algebra[V]

    def sum(self, code: str, *children: V) -> V:
        """Return the sum, in fen."""
        return self.algebra.combine("sum", code, "fen", children)

    def product(self, code: str, *children: V, unit: str = "fen") -> V:
        """Return the product."""
        return self.algebra.combine("product", code, unit, children)

    def least(self, code: str, *children: V, unit: str = "fen") -> V:
        """Return the smallest."""
        return self.algebra.combine("min", code, unit, children)

    def most(self, code: str, *children: V, unit: str = "fen") -> V:
        """Return the largest."""
        return self.algebra.combine("max", code, unit, children)

    def constant(self, code: str, value: int, unit: str) -> V:
        """Return a number that the definition itself contains."""
        return self.algebra.input(code, unit, value, {"document": "definition"})


def policy_value(policy: Policy, rule: str, key: str | None) -> Decimal:
    """
    Return a policy's figure.

    Raises:
        InvalidInput: The table has no such key.
    """
    if key is None:
        return policy.decimal(rule)
    table = policy.table(rule)
    if key not in table:
        raise InvalidInput(f"policy {policy.version}: {rule} has no value for {key!r}")
    return table[key]


def cut(value: Decimal) -> Decimal:
    """
    Return the figure cut towards zero at 12 places.

    Example:
        >>> cut(Decimal("0.66666666666666"))
        Decimal('0.666666666666')
    """
    return value.quantize(PLACES, rounding=ROUND_DOWN, context=CUTTING)


def combined(op: str, unit: str, values: Sequence[Decimal | None]) -> Decimal | None:
    """Return the sum, product, min or max of the figures there are; None where there is none."""
    there = [value for value in values if value is not None]
    if not there:
        return None
    result = OPERATIONS[op](there)
    return cut(result) if unit in SHARES and op in ("sum", "product") else result


def subtracted(unit: str, values: Sequence[Decimal | None]) -> Decimal | None:
    """Return the first figure less the rest."""
    if values[0] is None:
        return None
    taken = exact_sum([value for value in values[1:] if value is not None])
    result = EXACT.subtract(values[0], taken)
    return cut(result) if unit in SHARES else result


def quotient(first: Decimal | None, second: Decimal | None) -> Decimal | None:
    """Return the first by the second, cut towards zero at 12 places; None for nothing or zero."""
    if first is None or second is None or second == 0:
        return None
    return CUTTING.divide(first, second).quantize(PLACES, rounding=ROUND_DOWN, context=CUTTING)


def clipped(value: Decimal | None, low: Decimal | None, high: Decimal | None) -> Decimal | None:
    """Return the figure held between two bounds."""
    if value is None or low is None or high is None:
        return None
    return min(max(value, low), high)


def _product(values: Sequence[Decimal]) -> Decimal:
    result = ONE
    for value in values:
        result = EXACT.multiply(result, value)
    return result


def exact_sum(values: Iterable[Decimal]) -> Decimal:
    """Return the sum of figures, every digit kept."""
    result = ZERO
    for value in values:
        result = EXACT.add(result, value)
    return result


OPERATIONS: Mapping[str, Callable[[Sequence[Decimal]], Decimal]] = {
    "sum": exact_sum,
    "product": _product,
    "min": min,
    "max": max,
}
