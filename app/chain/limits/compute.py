"""
A run of the limits: from a version's leaves to every facility and every limit, in columns.

What a firm has as a whole is computed once for all firms of whom the same is known, what it has
in a chain a chain at a time. Leaves are stored beside the results; `results.py` builds trees from
them with the same formulas.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from app.chain.limits.bases import bases
from app.chain.limits.carrying import equal, standing
from app.chain.limits.firms import by_kind
from app.chain.limits.formulas import columns, facility, relation
from app.chain.limits.formulas import limit as limits
from app.chain.limits.formulas.algebra import Algebra, Term
from app.chain.limits.formulas.columns import ExactColumn
from app.chain.limits.formulas.exact import BASE_PLACES, EXACT, ZERO, written
from app.chain.limits.formulas.leaves import (
    COUNTERPARTY,
    NO_NEED,
    NO_SALES,
    ChainLeaves,
    CoreLeaves,
    HeldLeaves,
)
from app.chain.limits.formulas.limit import TERMS, ChainPosition, ChainTerms, FirmTerms
from app.chain.limits.gather import Leaves, gather
from app.chain.limits.inputs import LimitInputs
from app.chain.limits.papers import differences
from app.chain.limits.rows import CHAIN, NOT_COUNTED
from app.policy import Policy
from graph.credit import Passed

Whole = npt.NDArray[np.object_]
Rows = npt.NDArray[np.int64]
UNKNOWN, SALES, NEED = -1, 1, 2  # What is known of a firm: nothing, or a sum of the others.
RESULTS = {
    "limit_fen": pl.Int64,
    "reachable_fen": pl.Int64,
    "relation_fen": pl.Int64,
    "binding": pl.String,
    "absent": pl.String,
}


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What a run found: leaves and results in columns, ready to be stored."""

    cores: pl.DataFrame
    firms: pl.DataFrame
    members: pl.DataFrame
    claims: pl.DataFrame
    prepaid: pl.DataFrame
    passed: pl.DataFrame
    papers: pl.DataFrame
    aged: pl.DataFrame
    differences: pl.DataFrame  # Where files say other things than the platform knows.
    work: "Computation"  # What the next run of the version may take chains over from.


@dataclass(frozen=True, slots=True, eq=False)
class MemberBatch:
    """The members of one chain of whom the same is known."""

    at: Rows  # Places among all members.
    firm: Rows
    terms: FirmTerms
    base: Term


class Computation:
    """The figures of every chain and every member, one term after the other."""

    def __init__(
        self,
        inputs: LimitInputs,
        policy: Policy,
        leaves: Leaves,
        before: "Computation | None" = None,
    ) -> None:
        self.leaves = leaves
        self._before = before  # Until what stands as it did is taken over.
        self._algebra = Algebra(policy, version=inputs.version, run=inputs.run)
        members, size = leaves.members, len(inputs.ids)
        self._core: Rows = members["core"].to_numpy()
        self.firm: Rows = members["firm"].to_numpy()
        amounts = members.select(pl.sum_horizontal("held_fen", "paid_fen", "pledged_fen"))[:, 0]
        self._held = [
            ExactColumn.whole(each.to_numpy()) for each in (amounts, *members[list(NOT_COUNTED)])
        ]
        self._loss = ExactColumn.whole(members["loss_e12"].to_numpy())
        self._arrived = ExactColumn.whole(_arrived(leaves).to_numpy())
        self.base = ExactColumn(
            bases(self._algebra, members, leaves.claims, leaves.prepaid, inputs.belonging),
            BASE_PLACES,
        )
        self.facilities = {core: self._facility(core) for core in leaves.cores}
        self._documents = _joined(len(members), self._documents_of_chains())
        self._documents_total = _by_firm(self.firm, self._documents, size)
        self._base_total = _by_firm(self.firm, self.base, size)
        totals = [self._documents_total, self._base_total]
        self._everything = columns.evaluate("sum", "fen", totals)
        self._known: Rows = np.full(size, UNKNOWN, np.int64)
        self._firms = self._terms_of_firms(size)
        self._stands = standing(before, self, leaves.cores) if before else {}
        self.chains = {core: self._chain(core) for core in leaves.cores}
        self._found: Rows = np.zeros((4, len(members)), np.int64)  # As `_fill` has them.
        self._found[3] = UNKNOWN

    def _facility(self, core: int) -> Term:
        """Return what a chain is granted; its leaves alone decide."""
        head, before = self.of_core(core), self._before
        if before is not None and before.of_core(core) == head:
            return before.facilities[core]
        return facility.facility(self._algebra, head)

    @property
    def by_member(self) -> Sequence[ExactColumn]:
        """Return what members have in their chains, by their places."""
        return (*self._held, self._loss, self._arrived, self.base, self._documents)

    @property
    def by_firm(self) -> Sequence[ExactColumn]:
        """Return what firms have in all their chains, by row."""
        known = ExactColumn.whole(self._known)
        return (self._base_total, self._everything, known, *self._firms.values())

    def of_core(self, core: int) -> CoreLeaves:
        """Return the leaves of a chain's core."""
        return self.leaves.cores[core]

    def of_chain(self, core: int) -> ChainTerms:
        """Return what all members of a chain share."""
        return self._terms(core, self.chains[core])

    def _terms(self, core: int, chain: ChainLeaves | None = None) -> ChainTerms:
        return ChainTerms(self.leaves.cores[core], self.facilities[core].value, chain)

    def places(self, core: int) -> Rows:
        """Return the places of a chain's members."""
        first = np.searchsorted(self._core, core, side="left")
        return np.arange(first, np.searchsorted(self._core, core, side="right"))

    def _documents_of_chains(self) -> Iterator[tuple[Rows, ExactColumn]]:
        """Yield what each member's documents are worth, a chain at a time."""
        for core in self.leaves.cores:
            at = self.places(core)
            documents = limits.documents(self._algebra, self._terms(core), self._held_at(at))
            yield at, documents.column

    def _held_at(self, at: Rows) -> HeldLeaves:
        amounts, paid, pledged, count = (column.take(at) for column in self._held)
        return HeldLeaves(amounts, paid, pledged, count)

    def _terms_of_firms(self, size: int) -> Mapping[str, ExactColumn]:
        """Return what all chains of each firm share, by row, and note what is known of it."""
        parts: dict[str, list[tuple[Rows, ExactColumn]]] = defaultdict(list)
        firms = self.leaves.firms
        if self._before is not None:
            same = self._same_firms(self._before)
            at = firms["row"].to_numpy()[same]
            self._known[at] = self._before._known[at]  # noqa: SLF001  # one class
            for name, column in self._before._firms.items():  # noqa: SLF001
                parts[name].append((at, column.take(at)))
            firms = firms.filter(~same)
        for rows, firm in by_kind(firms):
            documents = self._documents_total.take(rows)
            terms = limits.firm_terms(self._algebra, firm, documents)
            self._known[rows] = 0
            self._known[rows] += SALES * (terms.own_total.value is not None)
            self._known[rows] += NEED * (terms.need_total.value is not None)
            for name, term in terms._asdict().items():
                parts[name].append((rows, term.column))
        return {name: _joined(size, parts[name]) for name in FirmTerms._fields}

    def _same_firms(self, before: "Computation") -> npt.NDArray[np.bool_]:
        """Return of which listed firms the same is known as before, rows of `leaves.firms`."""
        firms, then = self.leaves.firms, before.leaves.firms
        if not firms["row"].equals(then["row"]):
            return np.zeros(len(firms), np.bool_)
        rows = firms["row"].to_numpy()
        same = equal(self._documents_total.take(rows), before._documents_total.take(rows))  # noqa: SLF001
        for name in firms.columns:
            same &= firms[name].eq_missing(then[name]).to_numpy()
        return same

    def _parts(self, core: int) -> Iterator[MemberBatch]:
        """Yield the members of a chain, together where the same is known of them."""
        inside = self.places(core)
        known = self._known[self.firm[inside]]
        for kind in np.unique(known[known != UNKNOWN]).tolist():
            at = inside[known == kind]
            firm = self.firm[at]
            absent = {} if kind & SALES else {"own_total": NO_SALES}
            absent |= {} if kind & NEED else {"need_total": NO_NEED}
            terms = {
                name: self._algebra.absent(name, "fen", absent[name])
                if name in absent
                else self._algebra.computed(name, "fen", column.take(firm), "firms")
                for name, column in self._firms.items()
            }
            base = self._algebra.computed("base", "fen", self.base.take(at), "claims")
            yield MemberBatch(at, firm, FirmTerms(**terms), base)

    def _chain(self, core: int) -> ChainLeaves | None:
        """Return what a chain's factor reads: headroom, U, V and the stress budget."""
        if self._before is not None and core in self._stands:
            return self._before.chains[core]
        granted = self.facilities[core]
        if granted.value is None:
            return None
        total, loss = ZERO, ZERO
        for part in self._parts(core):
            own = limits.unscaled(
                self._algebra, part.terms, part.base, self._base_total.take(part.firm)
            )
            if own.value is None:
                continue
            chance, share = part.terms.default_chance, self._loss.take(part.at)
            lost = relation.stressed_loss(self._algebra, chance, share, own)
            total = EXACT.add(total, _sum(own.column))
            loss = EXACT.add(loss, _sum(lost.column))
        headroom = facility.headroom(self._algebra, self.leaves.cores[core], granted)
        budget = facility.stress_budget(self._algebra, granted)
        return ChainLeaves(headroom.figure or ZERO, total, loss, budget.figure or ZERO)

    def results(self) -> pl.DataFrame:
        """
        Return limit, reachable amount, relation, binding term and absence of every member.

        Chains that stand as they did are taken over; from here on what was before is forgotten.
        """
        before, self._before = self._before, None
        for core in self.leaves.cores:
            was = self._stands.get(core)
            if before is None or was is None:
                self._fill(core)
            else:
                self._found[:, self.places(core)] = before._found[:, was]  # noqa: SLF001  # one class
        limit, reachable, relation, binding = self._found
        known = pl.Series(self._known[self.firm] != UNKNOWN)
        words = dict(enumerate(TERMS)) | {UNKNOWN: None}
        reasons = {True: None, False: COUNTERPARTY}
        return pl.DataFrame(
            {
                "limit_fen": pl.Series(limit).set(~known, None),
                "reachable_fen": pl.Series(reachable).set(~known, None),
                "relation_fen": pl.Series(relation).set(~known, None),
                "binding": pl.Series(binding).replace_strict(words, return_dtype=pl.String),
                "absent": known.replace_strict(reasons, return_dtype=pl.String),
            },
            schema=RESULTS,
        )

    def _fill(self, core: int) -> None:
        """Find limit, reachable amount, relation and binding term of a chain's members."""
        chain = self.of_chain(core)
        for part in self._parts(core):
            found = limits.limit(self._algebra, part.terms, chain, self._holding(part), part.base)
            arrived = {"all": self._arrived.take(part.at)}
            passed = limits.reachable(self._algebra, chain, arrived)
            self._found[0, part.at] = found.column.values
            self._found[1, part.at] = passed.column.values
            self._found[2, part.at] = self._relation(found)
            self._found[3, part.at] = _binding(found.children[0], len(part.at))

    def _relation(self, found: Term) -> Whole | int:
        """Return what the relation of a limit comes to in whole fen; 0 where it is absent."""
        smallest = found.children[0]
        funding = next(each for each in smallest.children if each.code == "funding")
        credit = funding.children[-1]
        if credit.value is None:
            return 0
        whole: Whole = self._algebra.floor("relation", credit).column.values
        return whole

    def _holding(self, part: MemberBatch) -> ChainPosition:
        return ChainPosition(
            held=self._held_at(part.at),
            documents_fen=self._documents.take(part.at),
            base_total_fen=self._base_total.take(part.firm),
            everything_fen=self._everything.take(part.firm),
        )


def _arrived(leaves: Leaves) -> pl.Series:
    """Return what can arrive at each member over all steps."""
    passed = leaves.passed
    frame = pl.DataFrame({"core": passed.core, "firm": passed.taker, "arrived": passed.amount_fen})
    sums = frame.group_by("core", "firm").agg(pl.col("arrived").sum())
    pairs = leaves.members.select("core", "firm")
    joined = pairs.join(sums, on=["core", "firm"], how="left", maintain_order="left")
    return joined["arrived"].fill_null(0)


def _joined(size: int, parts: Iterable[tuple[Rows, ExactColumn]]) -> ExactColumn:
    """Return one column of many, each with its places; what is missing is zero."""
    known = list(parts)
    scale = max((column.scale for _, column in known), default=0)
    values: Whole = np.zeros(size, object)
    for at, column in known:
        values[at] = column.at(scale)
    return ExactColumn(values, scale)


def _by_firm(firm: Rows, amounts: ExactColumn, size: int) -> ExactColumn:
    totals: Whole = np.zeros(size, object)
    there = np.flatnonzero(amounts.values != 0)
    np.add.at(totals, firm[there], amounts.values[there])
    return ExactColumn(totals, amounts.scale)


def _sum(column: ExactColumn) -> Decimal:
    values = column.values
    total = int(values.sum()) if isinstance(values, np.ndarray) else int(values)
    return Decimal(total).scaleb(-column.scale, EXACT)


def _binding(smallest: Term, count: int) -> npt.NDArray[np.int8]:
    """Return at every place the first child that the smallest of them comes to."""
    children = enumerate(smallest.children)
    known = [(index, each.column) for index, each in children if each.value is not None]
    scale = max(smallest.column.scale, *(column.scale for _, column in known))
    least = smallest.column.at(scale)
    first = np.full(count, UNKNOWN, np.int8)
    for index, column in reversed(known):
        first[column.there & (column.at(scale) == least)] = index
    return first


def compute(inputs: LimitInputs, policy: Policy, before: Computation | None = None) -> RunOutcome:
    """
    Return every facility and every limit of a version, with the leaves they were read from.

    Args:
        inputs: The version's rows and what the analyses found in it.
        policy: The policy in force on its as-of date.
        before: The work of another run of the version by this policy, with another book: what the
            book did not touch is taken over, and the outcome is the same.
    """
    leaves = gather(inputs, policy, None if before is None else before.leaves)
    return evaluate(inputs, policy, leaves, before)


def evaluate(
    inputs: LimitInputs, policy: Policy, leaves: Leaves, before: Computation | None = None
) -> RunOutcome:
    """Return every facility and every limit of leaves that were gathered (see `compute`)."""
    work, ledger = Computation(inputs, policy, leaves, before), inputs.ledger
    base = pl.Series("base_e24", [str(value) for value in work.base.values], pl.String)
    return RunOutcome(
        cores=_core_rows(leaves.cores, work),
        firms=leaves.firms,
        members=leaves.members.with_columns(base).hstack(work.results()),
        claims=leaves.claims,
        prepaid=leaves.prepaid,
        passed=_passed_rows(leaves.passed),
        papers=leaves.papers.with_columns(amount_fen=pl.col("face_fen") + pl.col("paid_fen")).drop(
            "paid_fen"
        ),
        aged=leaves.aged,
        differences=differences(ledger.receivables, ledger.book, inputs.as_of),
        work=work,
    )


def _core_rows(cores: Mapping[int, CoreLeaves], work: Computation) -> pl.DataFrame:
    """Return one row a core: its leaves, its chain's leaves and its facility."""
    rows: list[dict[str, Any]] = []
    for row, head in sorted(cores.items()):
        chain, granted = work.chains[row], work.facilities[row].figure
        factors = {name: None if chain is None else written(getattr(chain, name)) for name in CHAIN}
        amount = None if granted is None else written(granted)
        rows.append({"row": row, **asdict(head), **factors, "facility": amount})
    names = [entry.name for entry in fields(CoreLeaves)]
    whole = [name for name in names if name.endswith(("_fen", "_event"))]
    schema = {"row": pl.Int64, "core": pl.String, "colour": pl.String, "rating": pl.String}
    schema |= dict.fromkeys(whole, pl.Int64) | dict.fromkeys((*CHAIN, "facility"), pl.String)
    return pl.DataFrame(rows, schema=schema)


def _passed_rows(passed: Passed) -> pl.DataFrame:
    """Return one row an amount that moved."""
    names = ("step", "core", "giver", "taker", "amount_fen")
    frame = pl.DataFrame({name: getattr(passed, name) for name in names})
    return frame.sort("core", "taker", "step", "giver")
