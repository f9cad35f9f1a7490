"""
The derivation tree, and what a formula may do.

A formula is written once against `Algebra` and read three ways: `Plain` as one exact figure,
`Wide` as a column of exact figures, quickly, for a run, and `Traced` as a tree of nodes, for an
explanation. A client that knows only the operations can recompute every value of the tree from
its leaves exactly:

    sum product min max    of the children that have a value
    subtract               the first child less the rest
    divide                 the first by the second, cut towards zero at 12 places
    floor                  one child, cut down to a whole fen
    clip                   the first child held between the second and the third

Shares, ratios and rates are cut towards zero at 12 places; money is cut by `floor` only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from app.chain.limits.wide import Column
from app.policy import Policy
from graph.errors import InvalidInput

Source = Mapping[str, Any]
Figure = Decimal | int | Column
V = TypeVar("V")


NO_SOURCE: Source = MappingProxyType({})
WITHHELD = "withheld"  # The operation of a node that its reader may not see.


class Node(NamedTuple):
    """One step of a derivation; a tuple, for a tree has hundreds and is built on demand."""

    code: str
    op: str
    unit: str
    value: Decimal | None
    children: tuple["Node", ...] = ()
    source: Source = NO_SOURCE


class Algebra(Protocol[V]):
    """What a formula may do; `code` names the step, `unit` its unit."""

    def input(self, code: str, unit: str, value: Figure, source: Source) -> V:
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

    def figure(self, term: V) -> Figure | None:
        """Return what a step comes to."""
        ...


@dataclass(frozen=True, slots=True)
class Formula(Generic[V]):
    """An algebra with shorter names for the steps that every formula takes."""

    algebra: Algebra[V]

    def sum(self, code: str, *children: V, unit: str = "fen") -> V:
        """Return the sum."""
        return self.algebra.combine("sum", code, unit, children)

    def product(self, code: str, *children: V, unit: str = "fen") -> V:
        """Return the product."""
        return self.algebra.combine("product", code, unit, children)

    def least(self, code: str, *children: V, unit: str = "fen") -> V:
        """Return the smallest."""
        return self.algebra.combine("min", code, unit, children)

    def most(self, code: str, *children: V, unit: str = "fen") -> V:
        """Return the largest."""
        return self.algebra.combine("max", code, unit, children)

    def less(self, code: str, first: V, *rest: V, unit: str = "fen") -> V:
        """Return the first less the rest."""
        return self.algebra.subtract(code, unit, [first, *rest])

    def constant(self, code: str, value: int, unit: str) -> V:
        """Return a number that the definition itself contains."""
        return self.algebra.input(code, unit, value, {"document": "definition"})

    def not_below_zero(self, code: str, term: V, *, unit: str = "fen") -> V:
        """Return the larger of nothing and the term."""
        return self.most(code, self.constant("zero", 0, unit), term, unit=unit)


@dataclass(frozen=True, slots=True)
class Others:
    """What a long sum does not list: how many parts, and what they come to."""

    count: int
    total_fen: Decimal


@dataclass(frozen=True, slots=True)
class Origin:
    """Where leaves come from: the version's tables, and the run's analyses."""

    version: int
    run: str

    def table(self, name: str) -> Source:
        """Return the source of a leaf that a table of the version holds."""
        return {"version": self.version, "table": name}

    def others(self, name: str, count: int) -> Source:
        """Return the source of a leaf that stands for the rest of a long sum."""
        return {"run": self.run, "analysis": name, "count": count}

    def analysis(self, name: str) -> Source:
        """Return the source of a leaf that the run computed."""
        return {"run": self.run, "analysis": name}


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
