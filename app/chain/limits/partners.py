"""
The partners behind a base and behind what can arrive: the largest twenty, and the others as one.

A firm may have thousands of claims; a tree lists the largest and says what the rest come to.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np

from app.chain.limits.formulas import relation
from app.chain.limits.formulas.algebra import Algebra
from app.chain.limits.formulas.columns import ExactColumn
from app.chain.limits.formulas.exact import BASE_PLACES, EXACT
from app.chain.limits.formulas.leaves import ClaimKind, ClaimLeaves, Others, PrepaidLeaves
from app.chain.limits.rows import AMOUNTS, KINDS, IndexedRows, Lookup, Places, claim_columns
from app.chain.limits.stored import Stored

LARGEST = 20


@dataclass(frozen=True, slots=True)
class AgedClaim:
    """
    A claim that does not count while too much of what its buyer owes is overdue.

    `more_fen` is the most that other firms' own credit in the chain would gain together if claims
    on the buyer counted again.
    """

    claim: ClaimLeaves
    unpaid_fen: int
    overdue_fen: int
    more_fen: int


class Partners:
    """Finds the leaves of a firm's base and of what can arrive at it."""

    def __init__(self, stored: Stored, algebra: Algebra) -> None:
        self._s = stored
        self._algebra = algebra

    @cached_property
    def _claims(self) -> Lookup:
        return Lookup(self._s.claims["seller"])

    @cached_property
    def _prepaid(self) -> Lookup:
        return Lookup(self._s.prepaid["buyer"])

    @cached_property
    def _passed(self) -> Lookup:
        return Lookup(self._s.passed["taker"])

    def base(
        self, firm_row: int, core_row: int
    ) -> tuple[list[ClaimLeaves], list[PrepaidLeaves], Others | None]:
        """Return the leaves of a firm's base in a chain, and what the rest come to."""
        claims, shares = self._claims_of(firm_row, core_row)
        prepaid = self._s.prepaid.take(self._prepaid.of(firm_row))
        prepaid = prepaid.take(prepaid["core"] == core_row)
        if len(claims) + len(prepaid) <= LARGEST:
            return self._claim_leaves(claims, shares), self._prepaid_leaves(prepaid), None
        amounts = [*self._claim_amounts(claims, shares), *self._prepaid_amounts(prepaid)]
        codes = [f"claim:{self._s.ids[row]}" for row in claims["buyer"]]
        codes += [f"prepaid:{self._s.ids[row]}" for row in prepaid["seller"]]
        ranked = sorted(range(len(codes)), key=lambda at: (-amounts[at], codes[at]))
        shown, rest = sorted(ranked[:LARGEST]), ranked[LARGEST:]
        first = np.array([at for at in shown if at < len(claims)], np.int64)
        second = np.array([at - len(claims) for at in shown if at >= len(claims)], np.int64)
        total = Decimal(sum(amounts[at] for at in rest)).scaleb(-BASE_PLACES, EXACT)
        return (
            self._claim_leaves(claims.take(first), shares[first]),
            self._prepaid_leaves(prepaid.take(second)),
            Others(len(rest), total),
        )

    def aged(self, firm_row: int, core_row: int) -> list[AgedClaim]:
        """Return the firm's claims in a chain that its buyers' overdue rows keep from counting."""
        rows = self._s.aged
        if rows is None:
            return []
        own = rows.take(rows["seller"] == firm_row)
        shares = self._s.shares(own["buyer"], core_row)
        found = []
        leaves = self._claim_leaves(own.take(shares > 0), shares[shares > 0])
        for claim, row in zip(leaves, own.take(shares > 0).each(), strict=True):
            others = rows.take((rows["buyer"] == row["buyer"]) & (rows["seller"] != firm_row))
            same = np.full(len(others), claim.belonging_e12, np.int64)
            gained = Decimal(sum(self._claim_amounts(others, same))).scaleb(-BASE_PLACES, EXACT)
            contra = int(others["contra_fen"].sum()) + row["contra_fen"]
            more = int(gained) + 1 + contra
            found.append(AgedClaim(claim, row["unpaid_fen"], row["overdue_fen"], more))
        return found

    def arrived(self, firm_row: int, core_row: int) -> tuple[dict[str, int], Others | None]:
        """Return what can arrive at a firm by who passes it on, and what the rest come to."""
        passed = self._s.passed.take(self._passed.of(firm_row))
        passed = passed.take(passed["core"] == core_row)
        amounts: dict[str, int] = {}
        for giver, amount in zip(passed["giver"], passed["amount_fen"], strict=True):
            firm = self._s.ids[giver]
            amounts[firm] = amounts.get(firm, 0) + int(amount)
        ranked = sorted(amounts, key=lambda firm: (-amounts[firm], firm))
        listed = {firm: amounts[firm] for firm in ranked[:LARGEST]}
        rest = ranked[LARGEST:]
        if not rest:
            return listed, None
        return listed, Others(len(rest), Decimal(sum(amounts[firm] for firm in rest)))

    def _claims_of(self, firm_row: int, core_row: int) -> tuple[IndexedRows, Places]:
        """Return the firm's claims on buyers that belong to the core, and how far they do."""
        claims = self._s.claims.take(self._claims.of(firm_row))
        shares = self._s.shares(claims["buyer"], core_row)
        belonging = np.flatnonzero(shares)
        return claims.take(belonging), shares[belonging]

    def _claim_amounts(self, claims: IndexedRows, shares: Places) -> list[int]:
        found = np.zeros(len(claims), object)
        kinds = np.stack([claims[name] for name in KINDS])
        for kind in np.unique(kinds, axis=1).T:
            at = np.flatnonzero((kind == kinds.T).all(axis=1))
            share = ExactColumn.whole(shares[at])
            leaves = claim_columns(claims.take(at), ClaimKind(*kind.tolist()), share)
            found[at] = relation.claim_part(self._algebra, leaves).column.at(BASE_PLACES)
        return list(found)

    def _prepaid_amounts(self, prepaid: IndexedRows) -> list[int]:
        entry = PrepaidLeaves(
            seller="",
            purchases_fen=ExactColumn.whole(prepaid["purchases_fen"]),
            chains=ExactColumn.whole(prepaid["chains"]),
        )
        return list(relation.prepaid_part(self._algebra, entry).column.at(BASE_PLACES))

    def _claim_leaves(self, claims: IndexedRows, shares: Places) -> list[ClaimLeaves]:
        return [
            ClaimLeaves(
                buyer=self._s.ids[row["buyer"]],
                **{name: row[name] for name in AMOUNTS},
                kind=ClaimKind(*(row[name] for name in KINDS)),
                belonging_e12=share,
            )
            for row, share in zip(claims.each(), shares.tolist(), strict=True)
        ]

    def _prepaid_leaves(self, prepaid: IndexedRows) -> list[PrepaidLeaves]:
        return [
            PrepaidLeaves(self._s.ids[row["seller"]], row["purchases_fen"], row["chains"])
            for row in prepaid.each()
        ]
