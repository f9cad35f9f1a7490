"""Documents passed on: all cores together, or each alone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import numpy as np

from graph.errors import InvalidInput
from graph.spread.credit.documents import Claims, Debts, Held, Passed, Rows, Rules, checked, summed
from graph.spread.credit.flows import Flows
from graph.spread.credit.kernels import assignment
from graph.spread.credit.kernels.division import ENOUGH

CHUNKS = 4  # Of cores a thread: reaches differ widely.
Part = TypeVar("Part", assignment.MovedAmounts, assignment.Arrived)


def pass_on(held: Held, claims: Claims | Debts, rules: Rules) -> Passed:
    """
    Return every amount that holders of documents can pass on, step by step.

    The cores share the claims: `pass_together`, in the order of steps, givers, cores and takers.

    Args:
        held: Documents by firm and core; equal pairs are added up.
        claims: What creditors may claim of debtors, laid out or not.
        rules: How much may be passed on, how often, and from which amount.

    Raises:
        InvalidInput: An amount is negative, a pair of firms stands twice among the claims, or a
            sum reaches 2^62 fen.

    Example:
        >>> from fractions import Fraction
        >>> held = Held.of({(1, 0): 800_000_000})
        >>> claims = Claims.of({(2, 1): 200_000_000, (3, 1): 300_000_000})
        >>> passed = pass_on(held, claims, Rules(Fraction(4, 5), steps_max=5, cut_off_fen=100_000))
        >>> passed.taker.tolist(), passed.amount_fen.tolist()
        ([2, 3], [200000000, 300000000])
    """
    debts = claims if isinstance(claims, Debts) else Debts.of(claims)
    return pass_together(held, debts, rules).passed()


def pass_together(held: Held, debts: Debts, rules: Rules, *, threads: int = 1) -> Flows:
    """
    Return what can be passed on for all cores, which share what a claim can carry.

    Args:
        held: Documents by firm and core; equal pairs are added up.
        debts: What creditors may claim of debtors.
        rules: How much may be passed on, how often, and from which amount.
        threads: How many cores run at a time; the answer is the same on any number.

    Raises:
        InvalidInput: An amount is negative, a sum reaches 2^62 fen, or a column is not what it
            must be.
        NotFound: An id is none of a firm.
    """
    cores, arrived = _arranged(held, debts)
    terms, chunks = _terms(rules), _chunks(len(cores), threads)
    taken = np.zeros(len(debts.owed.amounts), np.int64)
    steps: list[list[assignment.MovedAmounts]] = []
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(rules.steps_max):
            sums = assignment.gather(arrived.firms, arrived.amounts, len(debts.firms))
            step = partial(assignment.together, debts.owed, taken, sums, arrived)
            found = _each(pool, chunks, debts, terms, step)
            for moved, _ in found:
                assignment.settle(moved.claims, moved.amounts, taken)
            arrived = _joined(assignment.Arrived, [after for _, after in found])
            steps.append([moved for moved, _ in found])
    parts = [_joined(assignment.MovedAmounts, step) for step in steps]
    return Flows(debts, rules, cores, *_by_core(parts, len(cores)))


def pass_each(held: Held, debts: Debts, rules: Rules, *, threads: int = 1) -> Flows:
    """
    Return what can be passed on for each core, were it the only one.

    What a claim can carry is there for every core anew: the most that each could do, not what all
    could do together. Arguments and errors as of `pass_together`.

    Example:
        >>> from fractions import Fraction
        >>> held = Held.of({(1, 8): 300, (1, 9): 100})
        >>> debts = Debts.of(Claims.of({(2, 1): 40}))
        >>> rules = Rules(Fraction(4, 5), steps_max=5, cut_off_fen=1)
        >>> pass_each(held, debts, rules).amount_fen.tolist()
        [40, 40]
        >>> pass_together(held, debts, rules).amount_fen.tolist()
        [30, 10]
    """
    cores, arrived = _arranged(held, debts)
    terms, chunks = _terms(rules), _chunks(len(cores), threads)

    alone = partial(assignment.alone, debts.owed, arrived)
    with ThreadPoolExecutor(threads) as pool:
        found: list[assignment.MovedAmounts] = _each(pool, chunks, debts, terms, alone)
    return Flows(debts, rules, cores, *_joined(assignment.MovedAmounts, found))


def _each(
    pool: ThreadPoolExecutor,
    chunks: list[tuple[int, int]],
    debts: Debts,
    terms: assignment.Quota,
    kernel: Callable[..., Any],
) -> list[Any]:
    """Return what a kernel gives for every chunk of cores, each in a workspace of its own."""

    def some(ends: tuple[int, int]) -> Any:
        """Return what the kernel gives for some cores."""
        space = debts.space()
        found = kernel(*ends, terms, space)
        debts.spare.put(space)
        return found

    return list(pool.map(some, chunks))


def _arranged(held: Held, debts: Debts) -> tuple[Rows, assignment.Arrived]:
    """Return the cores and, core by core, what firms that owe anything hold."""
    ends = {"firm": held.firm, "core": held.core}
    documents = checked("documents", ends, held.amount_fen, debts.ids)
    if float(documents.fen.sum(dtype=np.float64)) >= ENOUGH:
        raise InvalidInput("documents sum to 2^62 fen or more")
    firm, core, amount = summed(documents)
    cores, place = np.unique(core, return_inverse=True)
    row = np.searchsorted(debts.firms, firm)
    known = row < len(debts.firms)
    known[known] = debts.firms[row[known]] == firm[known]
    row, place, amount = row[known], place[known], amount[known]
    order = np.argsort(place, kind="stable")
    offsets = np.concatenate([[0], np.cumsum(np.bincount(place, minlength=len(cores)))])
    return cores, assignment.Arrived(offsets, row[order].astype(np.int32), amount[order])


def _terms(rules: Rules) -> assignment.Quota:
    if rules.share.denominator >= ENOUGH or rules.cut_off_fen >= ENOUGH:
        raise InvalidInput("the share to pass on or the cut-off has too many digits")
    return assignment.Quota(
        rules.share.numerator, rules.share.denominator, max(1, rules.cut_off_fen), rules.steps_max
    )


def _chunks(cores: int, threads: int) -> list[tuple[int, int]]:
    """Return what each thread takes at a time."""
    if threads < 1:
        raise InvalidInput(f"threads {threads} is not at least 1")
    size = max(1, -(-cores // (CHUNKS * threads if threads > 1 else 1)))
    return [(first, min(first + size, cores)) for first in range(0, cores, size)]


def _joined(kind: type[Part], parts: list[Part]) -> Part:
    """Return parts one after another, as one."""
    sizes = np.concatenate([_EMPTY, *(np.diff(part.offsets) for part in parts)])
    rows = np.concatenate([np.zeros(0, np.int32), *(part[1] for part in parts)])
    amounts = np.concatenate([_EMPTY, *(part.amounts for part in parts)])
    return kind(np.concatenate([[0], np.cumsum(sizes)]), rows, amounts)


def _by_core(steps: list[assignment.MovedAmounts], cores: int) -> assignment.MovedAmounts:
    """Return what moved core by core, from what moved step by step."""
    parts = [
        assignment.MovedAmounts(
            np.array([0, step.offsets[core + 1] - step.offsets[core]]),
            step.claims[step.offsets[core] : step.offsets[core + 1]],
            step.amounts[step.offsets[core] : step.offsets[core + 1]],
        )
        for core in range(cores)
        for step in steps
    ]
    return _joined(assignment.MovedAmounts, parts)


_EMPTY = np.zeros(0, np.int64)
