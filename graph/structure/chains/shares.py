"""Where each firm's sales end."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from graph.arrays.dtypes import IntArray, RowArray
from graph.network import Network
from graph.structure.chains.arguments import Rows, check_steps, core_rows_of
from graph.structure.chains.kernels import belonging as kernel
from graph.structure.chains.results import Belonging
from graph.structure.chains.search import TIERS_MAX

NO_SHARES = (np.empty(0, np.int32), np.empty(0, np.int64))


def belonging(
    network: Network, core_rows: Rows, *, steps_max: int = TIERS_MAX, threads: int | None = None
) -> Belonging:
    """
    Return the share of every firm's sales that ends at each core.

    Each sale is followed from buyer to buyer, in proportion to their own positive net sales, at
    most `steps_max` steps, and stops at the first core it meets. A core belongs wholly to itself
    and to no other. A firm's shares sum to at most 1.

    Args:
        network: Who supplies whom.
        core_rows: Rows of all cores, or their ids.
        steps_max: Steps after which a sale is followed no further.
        threads: Threads to use; as many as the machine has by default. The result is the same.

    Raises:
        InvalidInput: A row is no firm, or `steps_max` is out of its range.
        NotFound: A core is not in the network.

    Example:
        >>> from graph.testing.networks import toy
        >>> network = toy({("s", "c"): 1, ("s", "k"): 3, ("k", "d"): 2, ("k", "x"): 1})
        >>> found = belonging(network, network.rows(["c", "d"]))
        >>> {network.ids[core]: str(share) for core, share in found.of(network.row("s")).items()}
        {'c': '0.250000000000', 'd': '0.500000000000'}
    """
    cores = np.unique(core_rows_of(network, core_rows))
    check_steps(steps_max, "steps_max")
    stops = np.zeros(len(network), np.bool_)
    stops[cores] = True
    totals = kernel.row_totals(network.out_indptr, network.out_amount_fen)
    parts: list[tuple[RowArray, IntArray]] = [NO_SHARES] * len(cores)
    workers = max(1, min(threads or os.cpu_count() or 1, len(cores)))
    rows = (network.in_indptr, network.in_indices, network.in_amount_fen, totals, stops)

    def work(first: int) -> None:
        """Follow the sales to every so-manieth core."""
        space = [np.zeros(len(network)) for _ in range(3)]
        for place in range(first, len(cores), workers):
            core = int(cores[place])
            parts[place] = kernel.shares(*rows, core, steps_max, *space)

    with ThreadPoolExecutor(max_workers=workers) as pool:
        list(pool.map(work, range(workers)))
    return replace(_by_firm(parts, cores, len(network)), ids=network.ids)


def _by_firm(parts: list[tuple[RowArray, IntArray]], cores: RowArray, firms: int) -> Belonging:
    """Return the entries of all cores as rows of firms; each part is given up once placed."""
    offsets = np.zeros(firms + 1, np.int64)
    for part in parts:
        kernel.count(part[0], offsets)
    np.cumsum(offsets, out=offsets)
    free = offsets[:-1].copy()
    core_rows = np.empty(offsets[-1], np.int32)
    share_e12 = np.empty(offsets[-1], np.int64)
    for place, core in enumerate(cores):
        rows, units = parts[place]
        parts[place] = (rows[:0], units[:0])
        kernel.place(rows, units, core, free, core_rows, share_e12)
    return Belonging(offsets, core_rows, share_e12)
