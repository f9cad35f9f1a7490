"""Networks of versions: built once, kept as files, opened memory-mapped."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa

from app.platform.deps import Resources
from app.platform.process.kept import Kept
from app.platform.process.locks import DAMAGED, LOCKS, locked
from graph.digests import set_apart
from graph.errors import Damaged, InvalidInput, NotFound
from graph.network import Network
from graph.network.files import stamp
from graph.stores.base import Reader

OPEN_MAX = 4  # Networks that stay open; they are read from their files as they are touched.
OPEN: Kept[Network] = Kept(OPEN_MAX, lambda _: 1)


def network_of(resources: Resources, version: int) -> Network:
    """Return a version's network; it is built and saved where it is not there yet."""
    return network_in(resources.networks, version, lambda: resources.store.reader(version))


def network_in(networks: Path, version: int, reader: Callable[[], Reader]) -> Network:
    """
    Return a version's network from the folder of all; built and saved where it is not there yet.

    Args:
        networks: The folder of saved networks.
        version: The version's number.
        reader: Opens the version in the store; called only where the network is built.

    Raises:
        Unready: Another process has been building it for longer than any should.
    """

    def build() -> Network:
        """Return the network, built from the rows of the version."""
        read = reader()
        trades = read.columns("trades", ["supplier", "buyer", "amount_fen", "count"])
        return Network.build(read.columns("firms"), trades)

    return saved_or_built(networks / str(version), build)


def network_of_tables(networks: Path, version: int, firms: pa.Table, trades: pa.Table) -> Network:
    """
    Return the network of a version whose firms and trades have been read.

    A saved network of other firms or trades (of another store with the same number) is replaced.
    """
    amounts = pl.Series(trades.column("amount_fen").combine_chunks())
    sum_fen = int(amounts.filter(amounts > 0).sum())

    def fits(network: Network) -> bool:
        """Return whether a kept network has the firms and the money of the version."""
        same = bool(network.ids.arrow.equals(firms.column("firm").combine_chunks()))
        return same and int(network.out_amount_fen.sum()) == sum_fen

    return saved_or_built(networks / str(version), lambda: Network.build(firms, trades), fits)


def saved_or_built(
    folder: Path, build: Callable[[], Network], fits: Callable[[Network], bool] = lambda _: True
) -> Network:
    """
    Return the network that is saved in a folder; built and saved where none that fits is there.

    Whoever asks for the same network shares it, until another is saved there. Of several
    processes that ask for one that is not there, one builds it and the others wait. One that is of
    another form is built again; one whose files are not as they were saved is set apart first.
    """
    found = _saved(folder)
    if isinstance(found, Network) and fits(found):
        return found
    home = folder.parent.parent
    with locked(home / LOCKS / f"network-{folder.name}.lock"):
        found = _saved(folder)  # Another may have built it meanwhile.
        if isinstance(found, Network) and fits(found):
            return found
        if isinstance(found, Damaged):
            set_apart(folder, home / DAMAGED, str(found))
        build().save(folder)
        return _opened(folder)


def _saved(folder: Path) -> Network | Damaged | None:
    """Return the network in a folder, or what is wrong with it; None where it is of no use."""
    try:
        return _opened(folder)
    except Damaged as error:
        return error
    except (NotFound, InvalidInput):
        return None


def _opened(folder: Path) -> Network:
    return OPEN.made((folder, stamp(folder)), lambda: Network.open(folder))
