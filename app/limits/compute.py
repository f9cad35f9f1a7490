"""
A run of the limits: from a version's leaves to every facility and every limit, in columns.

Leaves are stored beside the results; `results.py` builds trees from them with the same formulas.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from app.limits.columns import core_columns, firm_columns, passed_columns, text
from app.limits.facility import Facility, Origin
from app.limits.formulas import Case, Everywhere, Limit
from app.limits.gather import Leaves, gather
from app.limits.inputs import Inputs
from app.limits.leaves import (
    COUNTERPARTY,
    ChainLeaves,
    ClaimLeaves,
    MemberLeaves,
    PrepaidLeaves,
)
from app.limits.nodes import EXACT, ZERO, Plain, exact_sum
from app.limits.relation import Relation
from app.policy import Policy

BINDING = ("need", "funding", "product_cap", "single_borrower")
NO_CHAIN = ChainLeaves(None, None, None, None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run found: leaves and results in columns, ready to be stored."""

    cores: pl.DataFrame
    firms: pl.DataFrame
    members: pl.DataFrame
    claims: pl.DataFrame
    prepaid: pl.DataFrame
    passed: pl.DataFrame


def _claim_leaves(row: Mapping[str, int], ids: tuple[str, ...]) -> ClaimLeaves:
    return ClaimLeaves(
        buyer=ids[row["buyer"]],
        rows_fen=row["rows_fen"],
        estimated_fen=row["estimated_fen"],
        contra_fen=row["contra_fen"],
        blue_fen=row["blue_fen"],
        red_fen=row["red_fen"],
        disputed_fen=row["disputed_fen"],
        delivered_fen=row["delivered_fen"],
    )


class Computation:
    """The second half of a run: figures of every chain and every member."""

    def __init__(self, inputs: Inputs, policy: Policy, leaves: Leaves) -> None:
        algebra = Plain(policy)
        origin = Origin(inputs.version, inputs.run)
        self._inputs = inputs
        self._leaves = leaves
        self._facility: Facility[Decimal | None] = Facility(algebra, origin)
        self._relation: Relation[Decimal | None] = Relation(algebra, origin)
        self._limit: Limit[Decimal | None] = Limit(algebra, origin)
        self._algebra = algebra
        self.facilities = {
            core: self._facility.facility(head) for core, head in leaves.cores.items()
        }
        self._held: dict[int, dict[int, int]] = {}
        held = leaves.members.filter(pl.col("held_fen") > 0)
        for core, firm, amount in held.select("core", "firm", "held_fen").iter_rows():
            self._held.setdefault(firm, {})[core] = amount

    def bases(self) -> dict[int, dict[int, Decimal]]:
        """Return the base of every member, by firm and core."""
        ids = self._inputs.ids
        belonging: dict[int, list[tuple[int, int]]] = {}
        for firm, core, share_e12 in self._inputs.belonging.iter_rows():
            belonging.setdefault(firm, []).append((core, share_e12))
        pairs = self._leaves.members.select("firm", "core").iter_rows()
        sums: dict[int, dict[int, int]] = {}
        for firm, core in pairs:
            sums.setdefault(firm, {})[core] = 0
        for row in self._leaves.claims.iter_rows(named=True):
            chains = sums.get(row["seller"])
            if chains is None:
                continue
            claim = _claim_leaves(row, ids)
            rate = self._relation.rate(claim) or Decimal(0)
            worth = int(rate.scaleb(12)) * claim.claim_fen
            for core, share_e12 in belonging.get(row["buyer"], ()):
                if core in chains:
                    chains[core] += worth * share_e12
        for row in self._leaves.prepaid.iter_rows(named=True):
            entry = PrepaidLeaves(ids[row["seller"]], row["purchases_fen"], row["chains"])
            value = self._relation.prepaid(entry) or Decimal(0)
            sums[row["buyer"]][row["core"]] += int(value.scaleb(24))
        return {
            firm: {core: Decimal(total).scaleb(-24, EXACT) for core, total in chains.items()}
            for firm, chains in sums.items()
        }

    def everywhere(self, firm: int, bases: Mapping[int, Decimal]) -> Everywhere:
        """Return what a firm has over all its chains."""
        documents = {}
        for core, held in self._held.get(firm, {}).items():
            head = self._leaves.cores[core]
            member = MemberLeaves(head.core, "", held, 0)
            worth = self._limit.documents(head, member, self.facilities[core])
            documents[head.core] = worth or ZERO
        ids = self._inputs.ids
        return Everywhere(documents, {ids[core]: base for core, base in bases.items()})

    def chains(self, bases: Mapping[int, Mapping[int, Decimal]]) -> dict[int, ChainLeaves]:
        """Return what each chain's factor reads: room, U, V and the stress budget."""
        totals = dict.fromkeys(self._leaves.cores, ZERO)
        losses = dict.fromkeys(self._leaves.cores, ZERO)
        for core, firm, loss_e12 in self._leaves.members.select(
            "core", "firm", "loss_e12"
        ).iter_rows():
            leaves = self._leaves.firms[firm]
            if leaves is None or leaves.sales_fen is None:
                continue
            whole = exact_sum(bases[firm].values())
            unscaled = self._relation.unscaled(leaves, bases[firm][core], whole) or ZERO
            lost = self._relation.stressed_loss(leaves, loss_e12, unscaled) or ZERO
            totals[core] = EXACT.add(totals[core], unscaled)
            losses[core] = EXACT.add(losses[core], lost)
        found = {}
        for core, head in self._leaves.cores.items():
            facility = self.facilities[core]
            if not head.has_facility:
                found[core] = NO_CHAIN
                continue
            room = self._facility.room(head, facility)
            budget = self._facility.stress_budget(facility)
            found[core] = ChainLeaves(room, totals[core], losses[core], budget)
        return found

    def limits(
        self, bases: Mapping[int, Mapping[int, Decimal]], chains: Mapping[int, ChainLeaves]
    ) -> Iterator[tuple[int | None, int | None, str | None, str | None]]:
        """Yield limit, reachable amount, binding and absence of every member, in order."""
        arrived: dict[tuple[int, int], int] = {}
        for part in self._leaves.passed:
            pair = (part.taker, part.core)
            arrived[pair] = arrived.get(pair, 0) + part.amount_fen
        whole: dict[int, Everywhere] = {}
        ids = self._inputs.ids
        for core, firm, held, loss_e12 in self._leaves.members.select(
            "core", "firm", "held_fen", "loss_e12"
        ).iter_rows():
            leaves = self._leaves.firms[firm]
            if leaves is None:
                yield None, None, None, COUNTERPARTY
                continue
            if firm not in whole:
                whole[firm] = self.everywhere(firm, bases[firm])
            moved = {"all": arrived[firm, core]} if (firm, core) in arrived else {}
            member = MemberLeaves(ids[core], ids[firm], held, loss_e12, arrived=moved)
            head = self._leaves.cores[core]
            case = Case(leaves, member, head, chains[core])
            yield self._one(case, whole[firm], bases[firm][core], self.facilities[core])

    def _one(
        self, case: Case, everywhere: Everywhere, base: Decimal, facility: Decimal | None
    ) -> tuple[int | None, int | None, str | None, str | None]:
        reachable = int(self._limit.reachable(case.core, case.member, facility) or 0)
        if case.absent is not None:
            return None, reachable, None, case.absent
        terms = self._limit.terms(case, everywhere, base, facility)
        known = [(value, index) for index, value in enumerate(terms) if value is not None]
        smallest, index = min(known)
        limit = self._algebra.floor("limit", smallest)
        return int(limit or 0), reachable, BINDING[index], None


def compute(inputs: Inputs, policy: Policy) -> Outcome:
    """
    Return every facility and every limit of a version, with the leaves they were read from.

    Args:
        inputs: The version's rows and what the analyses found in it.
        policy: The policy in force on its as-of date.
    """
    leaves = gather(inputs, policy)
    work = Computation(inputs, policy, leaves)
    bases = work.bases()
    chains = work.chains(bases)
    results = list(work.limits(bases, chains))
    columns = leaves.members.select("core", "firm").iter_rows()
    found = pl.DataFrame(
        results,
        schema={
            "limit_fen": pl.Int64,
            "reachable_fen": pl.Int64,
            "binding": pl.String,
            "absent": pl.String,
        },
        orient="row",
    )
    base = pl.Series("base", [text(bases[firm][core]) for core, firm in columns], pl.String)
    return Outcome(
        cores=core_columns(leaves.cores, chains, work.facilities),
        firms=firm_columns(leaves.firms),
        members=leaves.members.with_columns(base).hstack(found),
        claims=leaves.claims,
        prepaid=leaves.prepaid,
        passed=passed_columns(leaves.passed),
    )
