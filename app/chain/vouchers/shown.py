"""
Vouchers as a reader may see them.

The bank reads all. A core reads all of what it issued, but the name of a holder only in the first
tiers and of whoever holds now. A firm reads what it holds or held and the part below, and of its
holders those to whom it passed the voucher itself.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.chain.vouchers.nodes import LEFT_OUT
from app.platform.auth.sight import Sight
from app.platform.documents import Document

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class VoucherSight:
    """Who reads vouchers, and in how many tiers a core learns who the holders are."""

    who: Sight
    named_tiers: int

    @property
    def firm(self) -> str | None:
        """Return the firm whose vouchers alone are read; None for the bank."""
        return None if self.who.is_whole else self.who.firm

    def reaches(self, row: Row, tree: Sequence[Row]) -> bool:
        """Return whether a node of a tree is there for the reader."""
        if self.who.is_whole or self.who.is_own(row["issuer"]):
            return True
        by_id = {each["voucher"]: each for each in tree}
        above: Row | None = row
        while above is not None:
            if self.who.is_own(above["holder"]):
                return True
            above = by_id.get(above["parent"])
        return False

    def names(self, row: Row) -> bool:
        """Return whether the reader learns who holds a node."""
        if self.who.is_whole or self.who.is_own(row["holder"]) or self.who.is_own(row["giver"]):
            return True
        if not self.who.is_own(row["issuer"]):
            return False
        holds = row["accepted"] and row["held_fen"] + row["financed_fen"] > 0
        return bool(row["tier"] <= self.named_tiers or (holds and row["state"] not in LEFT_OUT))

    def is_party(self, row: Row) -> bool:
        """Return whether the reader is the bank, the issuer, or the holder of a node."""
        own = self.who.is_own
        return self.who.is_whole or own(row["issuer"]) or own(row["holder"])


def document(row: Row, sight: VoucherSight, *, parent: str | None = None) -> Document:
    """
    Return a node as the reader may see it.

    Args:
        row: The node.
        sight: Who reads.
        parent: The node that it is a part of, where the reader of a tree sees that too.
    """
    named = sight.names(row)
    whole = sight.who.is_whole or sight.who.is_own(row["issuer"]) or sight.who.is_own(row["giver"])
    given = named and (sight.is_party(row) or sight.who.is_own(row["giver"]))
    root = row["parent"] is None
    return {
        "id": row["voucher"],
        "issuer": row["issuer"],
        "holder": row["holder"] if named else None,
        "giver": row["giver"] if given and _knows_giver(row, sight) else None,
        "amount_fen": row["amount_fen"],
        "held_fen": row["held_fen"],
        "financed_fen": row["financed_fen"],
        "state": row["state"],
        "issued_on": row["issued_on"],
        "due_on": row["due_on"],
        "accept_by": row["accept_by"] or None,
        "parent": row["parent"] if whole or parent else None,
        "tier": row["tier"],
        "recourse": bool(row["recourse"]),
        "receivables": json.loads(row["receivables"]) if root and sight.is_party(row) else [],
    }


def _knows_giver(row: Row, sight: VoucherSight) -> bool:
    """Return whether the reader learns who issued or passed a node to its holder."""
    own = sight.who.is_own
    if sight.who.is_whole or own(row["holder"]) or own(row["giver"]):
        return True
    return bool(row["tier"] - 1 <= sight.named_tiers)


def nested(row: Row, tree: Sequence[Row], sight: VoucherSight) -> Document:
    """
    Return a node with all below it, each with its `children` in order of their ids.

    Args:
        row: The node that is the top.
        tree: Nodes of its tree, those nearer to the root first.
        sight: Who reads.
    """
    top = {**document(row, sight), "children": []}
    shown = {row["voucher"]: top}
    for each in tree:
        above = shown.get(each["parent"])
        if above is not None:
            node = {**document(each, sight, parent=each["parent"]), "children": []}
            shown[each["voucher"]] = node
            above["children"].append(node)
    return top
