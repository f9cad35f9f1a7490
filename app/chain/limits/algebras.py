"""The three readings of a formula: one exact figure, a column of figures, a tree of nodes."""

from collections.abc import Sequence
from decimal import Decimal

from app.chain.limits import exact, wide
from app.chain.limits.nodes import Figure, Node, Source, policy_value
from app.chain.limits.wide import Column
from app.policy import Policy
from graph.errors import InvalidInput


class Plain:
    """Reads a formula as one exact figure."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._known: dict[tuple[str, str | None], Decimal] = {}

    def input(self, code: str, unit: str, value: Figure, source: Source) -> Decimal | None:
        """Return the figure."""
        del unit, source
        return single(code, value)

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
        return exact.combined(op, unit, children)

    def subtract(self, code: str, unit: str, children: Sequence[Decimal | None]) -> Decimal | None:
        """Return the first figure less the rest."""
        del code
        return exact.subtracted(unit, children)

    def divide(
        self, code: str, unit: str, first: Decimal | None, second: Decimal | None
    ) -> Decimal | None:
        """Return the quotient."""
        del code, unit
        return exact.quotient(first, second)

    def floor(self, code: str, child: Decimal | None) -> Decimal | None:
        """Return the figure cut down to a whole fen."""
        del code
        return exact.floored(child)

    def clip(
        self, code: str, unit: str, children: tuple[Decimal | None, Decimal | None, Decimal | None]
    ) -> Decimal | None:
        """Return the first figure held between the second and the third."""
        del code, unit
        return exact.clipped(*children)

    def figure(self, term: Decimal | None) -> Decimal | None:
        """Return the figure itself."""
        return term


class Wide:
    """Reads a formula as a column of exact figures, one a place."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def input(self, code: str, unit: str, value: Figure, source: Source) -> Column:
        """Return the column, or one figure for all places."""
        del code, unit, source
        return value if isinstance(value, Column) else Column.single(value)

    def policy(self, code: str, rule: str, *, key: str | None = None) -> Column:
        """Return the policy's figure for all places."""
        del code
        return Column.single(policy_value(self._policy, rule, key))

    def absent(self, code: str, unit: str, reason: str) -> Column:
        """Return nothing for any place."""
        del code, unit, reason
        return Column(0, 0, there=False)

    def combine(self, op: str, code: str, unit: str, children: Sequence[Column]) -> Column:
        """Return the sum, product, min or max of the figures there are."""
        del code
        return wide.combined(op, unit, children)

    def subtract(self, code: str, unit: str, children: Sequence[Column]) -> Column:
        """Return the first column less the rest."""
        del code
        return wide.subtracted(unit, children)

    def divide(self, code: str, unit: str, first: Column, second: Column) -> Column:
        """Return the quotients."""
        del code, unit
        return wide.quotient(first, second)

    def floor(self, code: str, child: Column) -> Column:
        """Return the figures cut down to whole fen."""
        del code
        return wide.floored(child)

    def clip(self, code: str, unit: str, children: tuple[Column, Column, Column]) -> Column:
        """Return the first column held between the second and the third."""
        del code, unit
        return wide.clipped(*children)

    def figure(self, term: Column) -> Column:
        """Return the column itself."""
        return term


class Traced:
    """Reads a formula as a tree of nodes."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def input(self, code: str, unit: str, value: Figure, source: Source) -> Node:
        """Return a leaf with its source."""
        return Node(code, "input", unit, single(code, value), source=source)

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
        value = exact.combined(op, unit, [child.value for child in children])
        return self._step(op, code, unit, value=value, children=children)

    def subtract(self, code: str, unit: str, children: Sequence[Node]) -> Node:
        """Return the first child less the rest, absent ones being zero."""
        value = exact.subtracted(unit, [child.value for child in children])
        return self._step("subtract", code, unit, value=value, children=children)

    def divide(self, code: str, unit: str, first: Node, second: Node) -> Node:
        """Return the quotient; a divisor of zero makes the step absent."""
        value = exact.quotient(first.value, second.value)
        if first.value is not None and second.value is not None and value is None:
            return self.absent(code, unit, f"{second.code} is zero")
        return self._step("divide", code, unit, value=value, children=(first, second))

    def floor(self, code: str, child: Node) -> Node:
        """Return the child cut down to a whole fen."""
        value = exact.floored(child.value)
        return self._step("floor", code, "fen", value=value, children=(child,))

    def clip(self, code: str, unit: str, children: tuple[Node, Node, Node]) -> Node:
        """Return the first child held between the second and the third."""
        value = exact.clipped(children[0].value, children[1].value, children[2].value)
        return self._step("clip", code, unit, value=value, children=children)

    def figure(self, term: Node) -> Decimal | None:
        """Return the node's figure."""
        return term.value

    def _step(
        self, op: str, code: str, unit: str, *, value: Decimal | None, children: Sequence[Node]
    ) -> Node:
        """Return the node; one without a value is a leaf that says what is missing."""
        missing = [child for child in children if child.value is None]
        if value is None:
            reasons = dict.fromkeys(str(child.source["reason"]) for child in missing)
            return self.absent(code, unit, "; ".join(reasons))
        meaning = "zero" if op in ("sum", "subtract") else "skipped"
        source = {"absent": {child.code: meaning for child in missing}} if missing else {}
        return Node(code, op, unit, value, tuple(children), source)


def single(code: str, value: Figure) -> Decimal:
    """
    Return one exact figure.

    Raises:
        InvalidInput: A whole column was given.
    """
    if isinstance(value, Column):
        raise InvalidInput(f"{code}: a column where one figure is read")
    return Decimal(value)
