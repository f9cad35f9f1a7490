"""Everything around one core, or around many at a time."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from graph.arrays.dtypes import IntArray
from graph.errors import InvalidInput
from graph.network.firms import FirmRows, rows_of
from graph.structure.chains.search import TIERS_MAX
from graph.structure.single_points.articulations import Articulations, articulations
from graph.structure.single_points.cuts import FirmCut, TradeCut, cut_firms, cut_trades
from graph.structure.single_points.shared import TOP, Shared, shared
from graph.structure.single_points.supply import Supply, region

AHEAD = 2  # Cores a thread may be ahead of who reads.


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """
    The single points of failure around a core.

    Attributes:
        core_row: The core.
        tiers_max: Trades up to which chains were followed.
        firms: Firms upstream of it.
        trades: Trades among them and with the core.
        raw_inputs: How many of them are raw inputs.
        purchases_fen: What the core buys of all suppliers.
        articulations: Firms that supply cannot go around.
        shared: Common suppliers of the first tier.
        trade_cut: The least money on trades between raw inputs and the core.
        firm_cut: The fewest firms between raw inputs and the core.
    """

    core_row: int
    tiers_max: int
    firms: int
    trades: int
    raw_inputs: int
    purchases_fen: int
    articulations: Articulations
    shared: Shared
    trade_cut: TradeCut
    firm_cut: FirmCut


def around(
    supply: Supply, core: int | str, *, tiers_max: int = TIERS_MAX, top: int = TOP
) -> Around:
    """
    Return articulations, common suppliers and least cuts around one core.

    Args:
        supply: Who supplies whom.
        core: The core, by row or id.
        tiers_max: Trades up to which a chain is followed, 1 to 100.
        top: How many common suppliers to list.

    Raises:
        InvalidInput: The core is no firm, or an argument is out of its range.
        NotConverged: A cut took more steps than are allowed.

    Example:
        >>> supply = Supply.build(
        ...     4, suppliers=[1, 2, 3, 3], buyers=[0, 0, 1, 2], amount_fen=[50, 40, 9, 8]
        ... )
        >>> found = around(supply, 0)
        >>> found.articulations.starved_fen.tolist(), found.trade_cut.value_fen
        ([90], 17)
    """
    upstream = region(supply, core, tiers_max=tiers_max)
    return Around(
        upstream.core_row,
        tiers_max,
        len(upstream) - 1,
        len(upstream.trades.sold.others),
        int(upstream.raw.sum()),
        upstream.purchases_fen,
        articulations(upstream),
        shared(upstream, top=top),
        cut_trades(upstream),
        cut_firms(upstream),
    )


def around_each(
    supply: Supply,
    cores: Sequence[int] | Sequence[str] | IntArray,
    *,
    tiers_max: int = TIERS_MAX,
    top: int = TOP,
    threads: int = 1,
) -> Iterator[Around]:
    """
    Yield what `around` returns for every core, in the order given.

    Args:
        supply: Who supplies whom.
        cores: The cores, by row or id.
        tiers_max: As of `around`.
        top: As of `around`.
        threads: How many cores run at a time; the results are the same.

    Raises:
        InvalidInput: A core is no firm, or an argument is out of its range.
        NotConverged: A cut took more steps than are allowed.

    Example:
        >>> supply = Supply.build(3, suppliers=[2, 1], buyers=[1, 0], amount_fen=[60, 90])
        >>> [found.trade_cut.value_fen for found in around_each(supply, [0, 1, 2])]
        [60, 60, 0]
    """
    if threads < 1:
        raise InvalidInput(f"threads {threads} is not at least 1")
    firms = FirmRows(len(supply), supply.ids)
    rows = rows_of(cores, firms, "cores").tolist()
    return _each(supply, rows, tiers_max, top, threads)


def _each(
    supply: Supply, core_rows: list[int], tiers_max: int, top: int, threads: int
) -> Iterator[Around]:
    waiting: deque[Future[Around]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for row in core_rows:
            waiting.append(pool.submit(around, supply, row, tiers_max=tiers_max, top=top))
            if len(waiting) >= threads * AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
