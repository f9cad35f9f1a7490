"""
Compile every kernel before anybody waits for it: `python -m graph.warm`, once after installing.

Compiled code is kept beside the modules, or in NUMBA_CACHE_DIR, for this machine's processor.
Every analysis runs once on a small economy; the first call of a user then only loads.

`python -m graph.warm FOLDER` takes from a folder what another checkout has compiled from the same
text on this machine, and keeps there what had to be compiled: two parts at a time where it
found nothing.
"""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from graph import (
    attribution,
    chains,
    clearing,
    contagion,
    credit,
    dependence,
    diffusion,
    groups,
    replay,
    rescue,
    scenarios,
    single_points,
)
from graph.arrays.kept import fetch, keep
from graph.contagion import Economy, Exposures, Rules, Scenarios
from graph.errors import InvalidInput
from graph.live import Claims, Live
from graph.network import Network
from graph.spread import fsri
from graph.spread.production import fixed_point

FIRMS = 12
SUPPLIERS, BUYERS = np.arange(FIRMS - 1), np.arange(1, FIRMS)
AMOUNTS = np.full(FIRMS - 1, 8.0)
EVERYBODY = np.arange(FIRMS)
AT_ONCE = 2  # Parts compiled at once.
Said = Callable[[str], object]


def warm(said: Said = lambda _part: None) -> None:
    """Run every analysis once; `said` is told what each part is called before it runs."""
    for name, part in PARTS.items():
        said(name)
        part()


def _economy(**more: Any) -> Economy:
    classes = np.arange(FIRMS - 1) % 3
    sectors = EVERYBODY % 4
    return Economy(FIRMS, SUPPLIERS, BUYERS, AMOUNTS, classes, sectors, **more)


def _network() -> Network:
    return Network.from_edges(
        [f"{row:02d}" for row in EVERYBODY],
        supplier_rows=SUPPLIERS,
        buyer_rows=BUYERS,
        amount_fen=AMOUNTS.astype(np.int64),
        columns=pa.table({}),
    )


def _chains() -> None:
    network = _network()
    cores = np.array([3, FIRMS - 1])
    found = chains.find_chains(network, cores)
    chains.strengths(network, found.chain(0))
    chains.belonging(network, cores)
    ties = diffusion.Ties.of(network)
    diffusion.spread(ties, np.ones(FIRMS))
    diffusion.spread_all(diffusion.Walk.prepare(ties), diffusion.Sources.alone(EVERYBODY))


def _rounds() -> None:
    scenarios, few = Scenarios.alone(EVERYBODY), Scenarios.alone([0, 5])
    for production in (
        contagion.prepare(_economy()),
        contagion.prepare(_economy(revenue=np.full(FIRMS, 16.0)), replaceability=False),
    ):
        contagion.esri(production, scenarios, precision="single")
        contagion.esri(production, scenarios)
        contagion.esri(production, few, precision="single")
        contagion.esri(production, few)
        contagion.esri(production, scenarios, rules=Rules(dead_sector="unit"))
        replay.record(production, Scenarios.together([0]))


def _bracket() -> None:
    production = contagion.prepare(_economy(leakage=0.5))
    contagion.bracket(production, Scenarios.alone(EVERYBODY), width=1e-3)
    two_of_a_market = Economy(
        3, [0, 1, 2, 1], [1, 2, 0, 0], [8.0, 8.0, 8.0, 2.0], [2, 2, 2, 2], [0, 0, 1], leakage=0.5
    )
    contagion.bracket(contagion.prepare(two_of_a_market), Scenarios.alone([0]))
    for columns in fixed_point.column_bounds(production, 1e-3):
        columns.worker()(Scenarios.alone(EVERYBODY).shocks(FIRMS))


def _equity() -> None:
    exposures = Exposures.build(
        np.full(FIRMS, 10.0), creditors=SUPPLIERS, debtors=BUYERS, amounts=AMOUNTS
    )
    kinds: tuple[contagion.Kind, ...] = ("linear", "single-hit", "nonlinear")
    for kind in kinds:
        contagion.spread_equity(exposures, Scenarios.together([FIRMS - 1]), kind=kind)
    contagion.bracket_equity(exposures, Scenarios.alone(EVERYBODY), width=1e-3)


def _banks() -> None:
    production = contagion.prepare(_economy(leakage=0.5))
    banks = fsri.Banks.build([50.0], banks=[0, 0], firms=[0, 5], amounts=[9.0, 9.0])
    plenty = np.full(FIRMS, 16.0)
    books = fsri.Books(plenty, plenty / 2, plenty, plenty)
    fsri.fsri(production, Scenarios.alone(EVERYBODY), fsri.Lending(books, banks))


def _payments() -> None:
    nothing = np.zeros(FIRMS)
    debts = clearing.Debts(FIRMS, SUPPLIERS, BUYERS, AMOUNTS, nothing, nothing)
    clearing.clear(debts)
    clearing.clear(debts, recovery_external=0.5, recovery_internal=0.5)
    clearing.stop_paying(debts, [FIRMS - 1])
    losses = clearing.AssetLosses.alone([FIRMS - 1, FIRMS - 1], [1.0, 6.0])
    clearing.clear_many(clearing.prepare(debts), losses, changes=True)
    owed = {(row, row + 1): 8 for row in range(FIRMS - 1)}
    held = credit.Held.of({(FIRMS - 1, FIRMS - 1): 100})
    owing = credit.Debts.of(credit.Claims.of(owed))
    rules = credit.Rules(Fraction(4, 5), 4, 0)
    credit.pass_on(held, owing, rules)
    credit.pass_each(held, owing, rules)


def _dependencies() -> None:
    network, whole = _network(), AMOUNTS.astype(np.int64)
    built = single_points.Supply.build(FIRMS, suppliers=SUPPLIERS, buyers=BUYERS, amount_fen=whole)
    for supply in (single_points.Supply.of(network), built):
        single_points.around(supply, FIRMS - 1)
    dealings = dependence.Dealings(SUPPLIERS, BUYERS, whole, whole)
    links = dependence.Links.build(np.full(FIRMS, 10), dealings)
    shares = np.linspace(0.01, 0.1, FIRMS)
    dependence.chains(dependence.dependence(links, shares, shares[::-1]))


def _live() -> None:
    owed = Claims(np.full(FIRMS, 10.0), SUPPLIERS, BUYERS, AMOUNTS / 4)
    live = Live.build(_economy(leakage=0.5), owed)
    live.change_trade(0, 1, 9.0)
    live.change_trade(0, 5, 2.0)
    live.change_trade(0, 5, 0.0)
    live.change_firm(1, sector=3)
    live.change_firm(1, revenue=40.0, equity=11.0)
    live.change_exposure(0, 1, 3.0)


def _refused() -> None:
    """Run what is wanted only where there is no solution, to say so and to put all back."""
    circle = Economy(2, [0, 1], [1, 0], [10.0, 10.0], revenue=[20.0, 10.0], cost=[40.0, 40.0])
    open_now = Live.build(circle, Claims([3.0, 3.0], [0], [1], [1.0]))
    closed = contagion.prepare(Economy(2, [0, 1], [1, 0], [10.0, 10.0]))
    for refused in (
        lambda: contagion.bracket(closed, Scenarios.alone([0])),
        lambda: open_now.change_trade(0, 1, 20.0),
        lambda: open_now.change_exposure(1, 0, 1e4),
    ):
        with contextlib.suppress(InvalidInput):
            refused()


def _support() -> None:
    stress = rescue.Stress(contagion.prepare(_economy(leakage=0.5)), Scenarios.alone([0, 5]), 10**9)
    rows, floor = np.array([0, 5]), np.array([0.5, 0.5])
    candidates = rescue.Candidates(rows, np.array([1, 1]), floor, "output")
    rescue.choose(stress, candidates, budget_fen=2)


def _carried() -> None:
    production = contagion.prepare(_economy(leakage=0.5))
    stakes = scenarios.Stakes.build(np.full(FIRMS, 16))
    attribution.carried_by(production, Scenarios.together([0, 5]), stakes)


def _groups() -> None:
    shares = np.linspace(0.0, 1.0, FIRMS - 1)
    held = groups.control(FIRMS, groups.Holdings(SUPPLIERS, BUYERS, shares, shares == 1.0))
    groups.groups(held, groups.reliances(_network()))


def _kept() -> None:
    """Run what takes columns that nobody may write to, as stores and files give them."""
    suppliers, buyers = _frozen(SUPPLIERS.astype(np.int32)), _frozen(BUYERS.astype(np.int32))
    amounts, whole = _frozen(AMOUNTS), _frozen(AMOUNTS.astype(np.int64))
    classes, sectors = _frozen(np.arange(FIRMS - 1) % 3), _frozen(EVERYBODY % 4)
    network = Network.from_edges(
        [f"{row:02d}" for row in EVERYBODY],
        supplier_rows=suppliers,
        buyer_rows=buyers,
        amount_fen=whole,
        columns=pa.table({}),
    )
    network.amounts_fen(suppliers, buyers)
    network.amounts_fen(SUPPLIERS, BUYERS)
    single_points.Supply.build(FIRMS, suppliers=suppliers, buyers=buyers, amount_fen=whole)
    Economy.of(network)
    economy = Economy(FIRMS, suppliers, buyers, amounts, classes, sectors, leakage=0.5)
    contagion.prepare(economy)
    live = Live.build(economy, Claims(_frozen(np.full(FIRMS, 10.0)), suppliers, buyers, amounts))
    with contextlib.suppress(InvalidInput):
        live.change_trade(0, 1, 9.0)
    owned = _frozen(np.linspace(0.0, 1.0, FIRMS - 1))
    groups.control(FIRMS, groups.Holdings(suppliers, buyers, owned, _frozen(owned == 1.0)))


def _frozen(values: Any) -> Any:
    """Return a copy that nobody may write to."""
    found = values.copy()
    found.flags.writeable = False
    return found


PARTS: dict[str, Callable[[], None]] = {  # The dearest first.
    "production by rounds": _rounds,
    "production at the fixed point": _bracket,
    "live": _live,
    "chains": _chains,
    "single points and dependence": _dependencies,
    "payments and credit": _payments,
    "support": _support,
    "equity": _equity,
    "parts of losses": _carried,
    "groups": _groups,
    "banks": _banks,
    "what is refused": _refused,
    "columns as they are kept": _kept,
}


def _compile_part(name: str) -> None:
    _say(name)
    PARTS[name]()


def _say(part: str) -> None:
    sys.stderr.write(f"compiling: {part}\n")


def _nothing(_: str) -> None:
    pass


def _compile_in_processes() -> None:
    """Compile in processes of their own; what two of them wanted at once may be kept by neither."""
    with ProcessPoolExecutor(AT_ONCE, mp_context=get_context("spawn")) as pool:
        list(pool.map(_compile_part, PARTS))


def main(folder: Path | None = None) -> int:
    """
    Compile, say what is being compiled, and how long it took.

    Args:
        folder: Where compiled code outlives this checkout, if anywhere.
    """
    began = time.perf_counter()
    package = Path(__file__).parent
    if os.environ.get("NUMBA_CACHE_DIR"):
        folder = None  # It is not beside the modules.
    say: Said = _say
    if folder is not None:
        found = 0
        with _told():
            found = fetch(package, folder)
            sys.stderr.write(f"compiled before: {found} files of kernels\n")
        if found == 0:
            _compile_in_processes()
            say = _nothing  # Each was said as it was compiled.
    warm(say)
    if folder is not None:
        with _told():
            keep(package, folder)
    sys.stderr.write(f"compiled in {time.perf_counter() - began:.0f} s\n")
    return 0


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Say what a folder that cannot be used is, and go on without it."""
    try:
        yield
    except OSError as error:
        sys.stderr.write(f"nothing is kept: {error}\n")


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:2])))
