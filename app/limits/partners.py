"""
The partners behind a base and behind what can arrive: the largest twenty, and the others as one.

A firm may have thousands of claims; a tree lists the largest and says what the rest come to.
"""

from decimal import Decimal

import numpy as np
import numpy.typing as npt
import polars as pl

from app.limits.algebras import Wide
from app.limits.bases import AMOUNTS, KINDS, claim_columns
from app.limits.exact import EXACT, PLACES_OF_SHARES
from app.limits.leaves import ClaimKind, ClaimLeaves, PrepaidLeaves
from app.limits.nodes import Origin, Others
from app.limits.relation import Relation
from app.limits.stored import Lookup, Stored
from app.limits.wide import Column

LARGEST = 20
Rows = npt.NDArray[np.int64]


class Partners:
    """Finds the leaves of a firm's base and of what can arrive at it."""

    def __init__(self, stored: Stored) -> None:
        self._s = stored
        origin = Origin(stored.head.version, stored.head.run)
        self._relation: Relation[Column] = Relation(Wide(stored.policy), origin)
        self._claims = Lookup(stored.claims["seller"].to_numpy())
        self._prepaid = Lookup(stored.prepaid["buyer"].to_numpy())
        self._passed = Lookup(stored.passed["taker"].to_numpy())

    def base(
        self, firm_row: int, core_row: int
    ) -> tuple[list[ClaimLeaves], list[PrepaidLeaves], Others | None]:
        """Return the leaves of a firm's base in a chain, and what the rest come to."""
        claims, shares = self._claims_of(firm_row, core_row)
        prepaid = self._s.prepaid[self._prepaid.of(firm_row)]
        prepaid = prepaid.filter(pl.col("core") == core_row)
        if len(claims) + len(prepaid) <= LARGEST:
            return self._claim_leaves(claims, shares), self._prepaid_leaves(prepaid), None
        amounts = [*self._claim_amounts(claims, shares), *self._prepaid_amounts(prepaid)]
        codes = [f"claim:{self._s.ids[row]}" for row in claims["buyer"]]
        codes += [f"prepaid:{self._s.ids[row]}" for row in prepaid["seller"]]
        ranked = sorted(range(len(codes)), key=lambda at: (-amounts[at], codes[at]))
        shown, rest = sorted(ranked[:LARGEST]), ranked[LARGEST:]
        first = np.array([at for at in shown if at < len(claims)], np.int64)
        second = np.array([at - len(claims) for at in shown if at >= len(claims)], np.int64)
        total = Decimal(sum(amounts[at] for at in rest)).scaleb(-2 * PLACES_OF_SHARES, EXACT)
        return (
            self._claim_leaves(claims[first], shares[first]),
            self._prepaid_leaves(prepaid[second]),
            Others(len(rest), total),
        )

    def arrived(self, firm_row: int, core_row: int) -> tuple[dict[str, int], Others | None]:
        """Return what can arrive at a firm by who passes it on, and what the rest come to."""
        passed = self._s.passed[self._passed.of(firm_row)].filter(pl.col("core") == core_row)
        sums = passed.group_by("giver").agg(pl.col("amount_fen").sum())
        amounts = {self._s.ids[giver]: amount for giver, amount in sums.iter_rows()}
        ranked = sorted(amounts, key=lambda firm: (-amounts[firm], firm))
        listed = {firm: amounts[firm] for firm in ranked[:LARGEST]}
        rest = ranked[LARGEST:]
        if not rest:
            return listed, None
        return listed, Others(len(rest), Decimal(sum(amounts[firm] for firm in rest)))

    def _claims_of(self, firm_row: int, core_row: int) -> tuple[pl.DataFrame, Rows]:
        """Return the firm's claims on buyers that belong to the core, and how far they do."""
        claims = self._s.claims[self._claims.of(firm_row)]
        shares = self._s.shares(claims["buyer"].to_numpy(), core_row)
        belonging = np.flatnonzero(shares)
        return claims[belonging], shares[belonging]

    def _claim_amounts(self, claims: pl.DataFrame, shares: Rows) -> list[int]:
        found = np.zeros(len(claims), object)
        for kind, part in claims.with_row_index("at").partition_by(KINDS, as_dict=True).items():
            at = part["at"].to_numpy()
            leaves = claim_columns(part, ClaimKind(*kind), Column.whole(shares[at]))
            found[at] = self._relation.claim(leaves).at(2 * PLACES_OF_SHARES)
        return list(found)

    def _prepaid_amounts(self, prepaid: pl.DataFrame) -> list[int]:
        entry = PrepaidLeaves(
            seller="",
            purchases_fen=Column.whole(prepaid["purchases_fen"].to_numpy()),
            chains=Column.whole(prepaid["chains"].to_numpy()),
        )
        return list(self._relation.prepaid(entry).at(2 * PLACES_OF_SHARES))

    def _claim_leaves(self, claims: pl.DataFrame, shares: Rows) -> list[ClaimLeaves]:
        rows = zip(claims.iter_rows(named=True), shares, strict=True)
        return [
            ClaimLeaves(
                buyer=self._s.ids[row["buyer"]],
                **{name: row[name] for name in AMOUNTS},
                kind=ClaimKind(*(row[name] for name in KINDS)),
                belonging_e12=int(share),
            )
            for row, share in rows
        ]

    def _prepaid_leaves(self, prepaid: pl.DataFrame) -> list[PrepaidLeaves]:
        return [
            PrepaidLeaves(self._s.ids[row["seller"]], row["purchases_fen"], row["chains"])
            for row in prepaid.iter_rows(named=True)
        ]
