"""
A run of the limits: from a version's leaves to every facility and every limit, in columns.

Terms that a firm or a chain has once are figures; what a firm has in a chain is read by the same
formulas a chain at a time, as columns. Leaves are stored beside the results; `results.py` builds
trees from them with the same formulas.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import polars as pl

from app.chain.limits.algebras import Plain, Wide
from app.chain.limits.bases import bases
from app.chain.limits.columns import core_columns, firm_columns, passed_columns
from app.chain.limits.exact import BASE_PLACES, EXACT, PLACES_OF_SHARES, ZERO
from app.chain.limits.formulas import TERMS, ChainTerms, FirmTerms, Holding, Limit
from app.chain.limits.gather import Leaves, gather
from app.chain.limits.inputs import Inputs
from app.chain.limits.leaves import COUNTERPARTY, ChainLeaves
from app.chain.limits.nodes import Origin
from app.chain.limits.wide import Column, places
from app.policy import Policy

Whole = npt.NDArray[np.object_]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
NOTHING: FirmTerms[Decimal | None] = FirmTerms(None, None, None, None)
RESULTS = {
    "limit_fen": pl.Int64,
    "reachable_fen": pl.Int64,
    "binding": pl.String,
    "absent": pl.String,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run found: leaves and results in columns, ready to be stored."""

    cores: pl.DataFrame
    firms: pl.DataFrame
    members: pl.DataFrame
    claims: pl.DataFrame
    prepaid: pl.DataFrame
    passed: pl.DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The members of one chain for whom the same terms are known."""

    core: int
    at: Rows  # Places among all members.
    firm: Rows
    held_fen: Column
    base: Column
    loss_e12: Column


class Computation:
    """The figures of every chain and every member, one term after the other."""

    def __init__(self, inputs: Inputs, policy: Policy, leaves: Leaves) -> None:
        origin = Origin(inputs.version, inputs.run)
        self.leaves = leaves
        self._plain: Limit[Decimal | None] = Limit(Plain(policy), origin)
        self._wide: Limit[Column] = Limit(Wide(policy), origin)
        members = leaves.members
        self._core: Rows = members["core"].to_numpy()
        self._firm: Rows = members["firm"].to_numpy()
        self._held: Rows = members["held_fen"].to_numpy()
        self._loss: Rows = members["loss_e12"].to_numpy()
        self.bases = bases(
            self._wide.relation, members, leaves.claims, leaves.prepaid, inputs.belonging
        )
        self.facilities = {
            core: self._plain.facility.facility(head) for core, head in leaves.cores.items()
        }
        self.document_places = places(policy.decimal("a_confirmed")) + PLACES_OF_SHARES
        self._documents = self._all_documents()
        size = len(inputs.ids)
        self._documents_total = _by_firm(self._firm, self._documents, size)
        self._base_total = _by_firm(self._firm, self.bases, size)
        self._firm_terms = self._terms_of_firms()
        self._chances = self._default_chances()
        self._known = self._knowledge(size)
        self._arrived = self._all_arrived()
        self.chains = {core: self._chain(core) for core in leaves.cores}

    def _terms(self, core: int, chain: ChainLeaves | None = None) -> ChainTerms:
        return ChainTerms(self.leaves.cores[core], self.facilities[core], chain)

    def _places(self, core: int) -> slice:
        first = np.searchsorted(self._core, core, side="left")
        return slice(int(first), int(np.searchsorted(self._core, core, side="right")))

    def _all_documents(self) -> Whole:
        """Return what each member's documents are worth, at the places of documents."""
        found: Whole = np.zeros(len(self._core), object)
        for core in self.leaves.cores:
            part = self._places(core)
            worth = self._wide.documents(self._terms(core), Column.whole(self._held[part]))
            found[part] = worth.at(self.document_places)
        return found

    def _terms_of_firms(self) -> FirmTerms[Column]:
        """Return what all chains of each firm share, by firm row."""
        found = []
        for firm, total in zip(self.leaves.firms, self._documents_total, strict=True):
            if firm is None:
                found.append(NOTHING)
            else:
                documents = Decimal(total).scaleb(-self.document_places, EXACT)
                found.append(self._plain.firm(firm, documents))
        return FirmTerms(
            need_total=Column.of([terms.need_total for terms in found]),
            own_total=Column.of([terms.own_total for terms in found]),
            resilience=Column.of([terms.resilience for terms in found]),
            borrower_total=Column.of([terms.borrower_total for terms in found]),
        )

    def _default_chances(self) -> Column:
        """Return the probability of default of each firm, by row."""
        chance = self._plain.relation.default_chance
        return Column.of([None if firm is None else chance(firm) for firm in self.leaves.firms])

    def _knowledge(self, size: int) -> Rows:
        """Return what is known of each firm: -1 nothing, else 1 for its sales + 2 for its need."""
        found = np.full(size, -1, np.int64)
        for row, firm in enumerate(self.leaves.firms):
            if firm is not None:
                found[row] = firm.has_sales + 2 * firm.has_need
        return found

    def _all_arrived(self) -> Rows:
        """Return what can arrive at each member over all steps."""
        passed = self.leaves.passed
        frame = pl.DataFrame(
            {"core": passed.core, "firm": passed.taker, "arrived": passed.amount_fen}
        )
        sums = frame.group_by("core", "firm").agg(pl.col("arrived").sum())
        pairs = self.leaves.members.select("core", "firm")
        joined = pairs.join(sums, on=["core", "firm"], how="left", maintain_order="left")
        return joined["arrived"].fill_null(0).to_numpy()

    def _parts(self, core: int) -> Iterator[tuple[Part, FirmTerms[Column]]]:
        """Yield the members of a chain, together where the same terms are known."""
        inside = self._places(core)
        known = self._known[self._firm[inside]]
        for kind in np.unique(known):
            if kind < 0:
                continue
            at = np.flatnonzero(known == kind) + inside.start
            firm = self._firm[at]
            all_terms = self._firm_terms
            terms = FirmTerms(
                need_total=_taken(all_terms.need_total, firm) if kind & 2 else None,
                own_total=_taken(all_terms.own_total, firm) if kind & 1 else None,
                resilience=all_terms.resilience.take(firm),
                borrower_total=all_terms.borrower_total.take(firm),
            )
            yield self._part(core, at), terms

    def _part(self, core: int, at: Rows) -> Part:
        return Part(
            core,
            at,
            self._firm[at],
            held_fen=Column.whole(self._held[at]),
            base=Column(self.bases[at], BASE_PLACES),
            loss_e12=Column.whole(self._loss[at]),
        )

    def _chain(self, core: int) -> ChainLeaves | None:
        """Return what a chain's factor reads: room, U, V and the stress budget."""
        facility = self.facilities[core]
        if facility is None:
            return None
        total, loss = ZERO, ZERO
        for part, terms in self._parts(core):
            if terms.own_total is None:
                continue
            whole = Column(self._base_total[part.firm], BASE_PLACES)
            unscaled = self._wide.unscaled(terms, part.base, whole)
            chance = self._chances.take(part.firm)
            lost = self._wide.relation.stressed_loss(chance, part.loss_e12, unscaled)
            total = EXACT.add(total, _sum(unscaled))
            loss = EXACT.add(loss, _sum(lost))
        plain = self._plain.facility
        room = plain.room(self.leaves.cores[core], facility)
        budget = plain.stress_budget(facility)
        return ChainLeaves(room or ZERO, total, loss, budget or ZERO)

    def results(self) -> pl.DataFrame:
        """Return limit, reachable amount, binding term and absence of every member, in order."""
        count = len(self._core)
        limit, reachable = np.zeros(count, np.int64), np.zeros(count, np.int64)
        binding = np.full(count, -1, np.int8)
        for core in self.leaves.cores:
            for part, terms in self._parts(core):
                chain = self._terms(core, self.chains[core])
                found = self._wide.terms(terms, chain, self._holding(part), part.base)
                limit[part.at], binding[part.at] = _smallest(found, len(part.at))
                arrived = {"all": Column.whole(self._arrived[part.at])}
                reachable[part.at] = self._wide.reachable(chain, arrived).values
        known = pl.Series(self._known[self._firm] >= 0)
        words = dict(enumerate(TERMS)) | {-1: None}  # -1: no term, for there is no limit.
        reasons = {True: None, False: COUNTERPARTY}
        return pl.DataFrame(
            {
                "limit_fen": pl.Series(limit).set(~known, None),
                "reachable_fen": pl.Series(reachable).set(~known, None),
                "binding": pl.Series(binding).replace_strict(words, return_dtype=pl.String),
                "absent": known.replace_strict(reasons, return_dtype=pl.String),
            },
            schema=RESULTS,
        )

    def _holding(self, part: Part) -> Holding:
        documents = Column(self._documents[part.at], self.document_places)
        scale = max(BASE_PLACES, self.document_places)
        papers = Column(self._documents_total[part.firm], self.document_places)
        whole = Column(self._base_total[part.firm], BASE_PLACES)
        everything = Column(papers.at(scale) + whole.at(scale), scale)
        return Holding(part.held_fen, documents, whole, everything)


def _taken(column: Column | None, firm: Rows) -> Column | None:
    """Return the figures of these firms, all of whom have one."""
    if column is None:
        return None
    found = column.take(firm)
    return Column(found.values, found.scale)


def _by_firm(firm: Rows, amounts: Whole, size: int) -> Whole:
    totals: Whole = np.zeros(size, object)
    there = np.flatnonzero(amounts != 0)
    np.add.at(totals, firm[there], amounts[there])
    return totals


def _sum(column: Column) -> Decimal:
    values = column.values
    total = int(values.sum()) if isinstance(values, np.ndarray) else int(values)
    return Decimal(total).scaleb(-column.scale, EXACT)


def _smallest(terms: tuple[Column, ...], count: int) -> tuple[Whole, npt.NDArray[np.int8]]:
    """Return the smallest term cut down to whole fen, and the first term that is the smallest."""
    least = np.zeros(count, object)
    first = np.full(count, -1, np.int8)
    scale = max(term.scale for term in terms)
    for index, term in enumerate(terms):
        if term.there is False:
            continue
        values = np.broadcast_to(np.asarray(term.at(scale), object), count)
        smaller = (first < 0) | (values < least)
        smaller &= np.broadcast_to(np.asarray(term.there), count)
        least[smaller] = values[smaller]
        first[smaller] = index
    return least // 10**scale, first


def compute(inputs: Inputs, policy: Policy) -> Outcome:
    """
    Return every facility and every limit of a version, with the leaves they were read from.

    Args:
        inputs: The version's rows and what the analyses found in it.
        policy: The policy in force on its as-of date.
    """
    leaves = gather(inputs, policy)
    work = Computation(inputs, policy, leaves)
    base = pl.Series("base_e24", [str(value) for value in work.bases], pl.String)
    return Outcome(
        cores=core_columns(leaves.cores, work.chains, work.facilities),
        firms=firm_columns(leaves.firms),
        members=leaves.members.with_columns(base).hstack(work.results()),
        claims=leaves.claims,
        prepaid=leaves.prepaid,
        passed=passed_columns(leaves.passed),
    )
