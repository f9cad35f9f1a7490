"""Leaves of limits as JSON keeps them: whole numbers as numbers, other figures as exact text."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any, TypeVar

from app.chain.limits.formulas.algebra import Term
from app.chain.limits.formulas.exact import written
from app.chain.limits.formulas.leaves import (
    ChainLeaves,
    ClaimKind,
    ClaimLeaves,
    CoreLeaves,
    FirmLeaves,
    HeldLeaves,
    Others,
    PaperLeaves,
    PrepaidLeaves,
)
from app.chain.limits.formulas.limit import ChainPosition, ChainTerms, LimitLeaves
from app.chain.limits.words import figure

INSIDE: Mapping[str, type] = {  # What stands in a field of leaves, or in a list of them.
    "firm": FirmLeaves,
    "chain": ChainTerms,
    "position": ChainPosition,
    "claims": ClaimLeaves,
    "prepaid": PrepaidLeaves,
    "others": Others,
    "held": HeldLeaves,
    "papers": PaperLeaves,
    "core": CoreLeaves,
    "kind": ClaimKind,
}
FIGURES = ("_fen", "_growth", "_count", "chains")  # Of figures that are no whole numbers.
Leaves = TypeVar("Leaves")


def plain(value: Any) -> Any:
    """
    Return leaves as JSON keeps them.

    Example:
        >>> plain(Others(2, Decimal("1.50")))
        {'count': 2, 'total_fen': '1.5'}
    """
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Decimal):
        whole = value == value.to_integral_value()
        return int(value) if whole else written(value)
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list | tuple) else value


def tree(term: Term) -> Any:
    """Return a tree without its words: codes, operations and figures, whole."""
    return {
        "code": term.code,
        "op": term.op,
        "unit": term.unit,
        "value": figure(term.figure, term.unit),
        "source": plain(dict(term.source)),
        **({"children": [tree(each) for each in term.children]} if term.children else {}),
    }


def term_of(told: Mapping[str, Any]) -> Term:
    """Return a tree that was kept."""
    value = None if told["value"] is None else Decimal(told["value"])
    children = tuple(term_of(each) for each in told.get("children", ()))
    return Term(told["code"], told["op"], told["unit"], value, children, told["source"])


def limit_leaves(told: Mapping[str, Any]) -> LimitLeaves:
    """Return the leaves of a limit that were kept."""
    return _of(LimitLeaves, told)


def firm_leaves(told: Mapping[str, Any]) -> FirmLeaves:
    """Return what was kept of a firm."""
    return _of(FirmLeaves, told)


def claim_leaves(told: Mapping[str, Any]) -> ClaimLeaves:
    """Return what was kept of a claim."""
    return _of(ClaimLeaves, told)


def _of(kind: type[Leaves], told: Mapping[str, Any]) -> Leaves:
    return kind(**{name: _part(kind, name, value) for name, value in told.items()})


def _part(kind: type, name: str, value: Any) -> Any:
    inside = ChainLeaves if kind is ChainTerms and name == "chain" else INSIDE.get(name)
    if isinstance(value, list):
        return tuple(each if inside is None else _of(inside, each) for each in value)
    if isinstance(value, dict):
        return _of(inside, value) if inside else {key: _figure(key, v) for key, v in value.items()}
    return _figure(name, value)


def _figure(name: str, value: Any) -> Any:
    return Decimal(value) if isinstance(value, str) and name.endswith(FIGURES) else value
