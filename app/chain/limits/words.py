"""Words for codes, and a tree as the document that clients read."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from app.chain.limits.formulas.algebra import WITHHELD, Term
from app.chain.limits.formulas.exact import SHARES, written
from graph.model import Label, declared

PAPERS = (
    "receivable_document",
    "voucher_document",
)  # Words of codes that are about a document, not a firm.
_LABELS = Path(__file__).parent / "labels.yml"


@cache
def labels() -> Mapping[str, Label]:
    """Return the word for every code."""
    read = declared(_LABELS.read_text(encoding="utf-8"))
    return {str(code): Label(**entry) for code, entry in read.items()}


def label(code: str, name_of: Callable[[str], str]) -> Label:
    """
    Return the words for a code; a firm behind a colon is told by its name and id.

    Example:
        >>> label("claim:F7", lambda firm: "Yunqi Ltd").en
        'Eligible claim: Yunqi Ltd (F7)'
    """
    found = labels().get(code)
    if found is not None:
        return found
    word, _, firm = code.partition(":")
    found = labels()[word]
    name = firm if word in PAPERS else name_of(firm)
    if name == firm:
        return Label(zh=f"{found.zh}：{firm}", en=f"{found.en}: {firm}")
    return Label(zh=f"{found.zh}：{name}（{firm}）", en=f"{found.en}: {name} ({firm})")


def figure(value: Decimal | None, unit: str) -> int | str | None:
    """
    Return a figure as clients read it: whole numbers as numbers, the rest as exact text.

    Example:
        >>> figure(Decimal("250.00"), "fen"), figure(Decimal("0.50"), "share")
        (250, '0.5')
    """
    if value is None:
        return None
    if unit in SHARES or value != value.to_integral_value():
        return written(value)
    return int(value)


def document(
    node: Term,
    name_of: Callable[[str], str],
    label_of: Callable[[str, Callable[[str], str]], Label] = label,
) -> dict[str, Any]:
    """
    Return the tree as a document: of a withheld node its code, words and `withheld` only.

    Args:
        node: The root.
        name_of: The name of a firm by its id, for nodes that are about a firm.
        label_of: The words for a code, where the tree is none of a limit.
    """
    if node.op == WITHHELD:
        words = labels()[node.code.partition(":")[0]]
        return {
            "code": node.code,
            "label": {"zh": words.zh, "en": words.en},
            "op": node.op,
        }
    words = label_of(node.code, name_of)
    return {
        "code": node.code,
        "label": {"zh": words.zh, "en": words.en},
        "op": node.op,
        "value": figure(node.figure, node.unit),
        "unit": node.unit,
        "children": [document(child, name_of, label_of) for child in node.children],
        "source": dict(node.source),
    }


def binding(root: Term) -> str:
    """Return the code of the smallest child of the first `min` at or below a node."""
    node = root
    while node.op != "min":
        node = next(child for child in node.children if child.code == "smallest")
    known = [child for child in node.children if child.value is not None]
    return min(known, key=lambda child: child.figure or Decimal(0)).code
