"""
A tree as a reader may see it: what is not theirs is withheld, and cannot be worked out.

A node that is not on the reader's list becomes `{code, label, op: withheld}`. That alone would
not do: a sum that is shown, with all of its parts but one, tells the last part. So a step of
`sum product subtract divide` with exactly one child withheld is withheld itself; so are `min` and
`max` whose value can only be that of the one child withheld, and `clip` and `floor` over one;
all the way up. A number may be given up instead: withheld as well, so that the step above tells
neither. The root of a limit is known anyway, and so is the minimum that its `floor` cuts:
they stay, and `binding` names the smallest child.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.chain.limits.allowed import Allowed
from app.chain.limits.formulas.algebra import NO_SOURCE, WITHHELD, Source, Term

INVERTIBLE = frozenset({"sum", "product", "subtract", "divide"})
ORDERED = frozenset({"min", "max"})
TOLD = frozenset(
    {"version", "table", "run", "analysis", "document", "count", "estimated", "book", "event"}
    | {"policy", "rule", "key"}
)


@dataclass(frozen=True, slots=True)
class ShownTree:
    """A tree as it is shown, and what is the reader's own below steps that are not."""

    tree: Term
    own: tuple[Term, ...]


def seen(tree: Term, allowed: Allowed, run: str) -> ShownTree:
    """
    Return what a reader may see of a tree.

    Args:
        tree: The whole tree.
        allowed: The reader's list.
        run: The run that the tree is of, the source of numbers that stand alone.
    """
    reading = _TreeReading(allowed, run)
    shown = reading.node(tree, above="", known=True)
    return ShownTree(shown, tuple(reading.own.values()))


@dataclass(slots=True)
class _TreeReading:
    allowed: Allowed
    run: str
    own: dict[str, Term] = field(default_factory=dict)

    def node(self, node: Term, *, above: str, known: bool) -> Term:
        """Return one node as it is shown; `known` where its value is public to the reader."""
        if (analysis := self.allowed.numbers.get(node.code)) is not None:
            return self._number(node, analysis)
        if not self.allowed.shows(above, node.code):
            return self._withheld(node)
        if node.op == "absent":
            reason = self.allowed.reason(str(node.source["reason"]))
            return node._replace(source={"reason": reason})
        kept = dict(self.own)
        children = [
            self.node(child, above=node.code, known=known and node.op == "floor")
            for child in node.children
        ]
        children = _without_what_gives_way(node, children, self.allowed)
        if _tells(node, children, known=known):
            self.own = kept
            return self._withheld(node)
        shown = tuple(_neutral(children))
        return node._replace(children=shown, source=_told(node.source, shown))

    def _number(self, node: Term, analysis: str) -> Term:
        if node.value is None:
            reason = self.allowed.reason(str(node.source["reason"]))
            return Term(node.code, "absent", node.unit, None, source={"reason": reason})
        source = {"run": self.run, "analysis": analysis}
        return Term(node.code, "input", node.unit, node.value, source=source)

    def _withheld(self, node: Term) -> Term:
        for above, each in _below(node, self.allowed):
            self.own.setdefault(each.code, self.node(each, above=above, known=False))
        word, _, _ = node.code.partition(":")  # Without the firm that a code may be about.
        return Term(word, WITHHELD, "", None)


def _below(node: Term, allowed: Allowed) -> Iterator[tuple[str, Term]]:
    """Yield what is the reader's own below a withheld node, with the code above it."""
    for child in node.children:
        if (node.code, child.code) in allowed.own and child.value is not None:
            yield node.code, child
        else:
            yield from _below(child, allowed)


def _without_what_gives_way(node: Term, children: list[Term], allowed: Allowed) -> list[Term]:
    """Return the children; beside the only one withheld, also those that are given up for it."""
    hidden = sum(child.op == WITHHELD for child in children)
    if node.op not in INVERTIBLE or hidden != 1:
        return children
    return [
        Term(child.code, WITHHELD, "", None) if child.code in allowed.gives_way else child
        for child in children
    ]


def _tells(node: Term, children: Sequence[Term], *, known: bool) -> bool:
    """Return whether a step, shown with these children, tells one that is withheld."""
    hidden = sum(child.op == WITHHELD for child in children)
    if not hidden:
        return False
    if node.op in INVERTIBLE:
        return hidden == 1
    if known:
        return False
    if node.op in ORDERED:
        return hidden == 1 and all(child.value != node.value for child in children)
    return True


def _told(source: Source, children: Sequence[Term]) -> Source:
    """Return a source without firms, and of absent children only those that are shown."""
    kept = {name: value for name, value in source.items() if name in TOLD}
    there = {child.code for child in children if child.op == "absent"}
    missing = {code: word for code, word in source.get("absent", {}).items() if code in there}
    if missing:
        kept["absent"] = missing
    return kept or NO_SOURCE


def _neutral(children: Sequence[Term]) -> Iterator[Term]:
    """Yield the children, withheld ones numbered where several have the same word."""
    taken = {child.code for child in children if child.op != WITHHELD}
    for child in children:
        if child.op != WITHHELD:
            yield child
            continue
        code, number = child.code, 1
        while code in taken:
            number += 1
            code = f"{child.code}:{number}"
        taken.add(code)
        yield child._replace(code=code)
