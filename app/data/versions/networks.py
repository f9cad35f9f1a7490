"""Networks of versions: built once, kept as files, opened memory-mapped."""

from collections.abc import Callable
from pathlib import Path

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
    """

    def build() -> Network:
        read = reader()
        trades = read.columns("trades", ["supplier", "buyer", "amount_fen", "count"])
        return Network.build(read.columns("firms"), trades)

    return saved_or_built(networks / str(version), build)


def saved_or_built(
    place: Path, build: Callable[[], Network], *, fits: Callable[[Network], bool] = lambda _: True
) -> Network:
    """
    Return the network that is saved in a place; built and saved where it is not there yet.

    Whoever asks for the same network shares it, until another is saved in its place. Of several
    processes that ask for one that is not there, one builds it and the others wait. One that is of
    another form is built again; one whose files are not as they were saved is set apart first.

    Args:
        place: The network's folder in the folder of networks.
        build: Builds the network; called where none of use is there.
        fits: Whether a saved network is the one that is wanted; else it is built again.

    Raises:
        Unready: Another process has been building it for longer than any should.
    """
    found = _saved(place)
    if isinstance(found, Network) and fits(found):
        return found
    home = place.parent.parent
    with locked(home / LOCKS / f"network-{place.name}.lock"):
        found = _saved(place)  # Another may have built it meanwhile.
        if isinstance(found, Network) and fits(found):
            return found
        if isinstance(found, Damaged):
            set_apart(place, home / DAMAGED, str(found))
        build().save(place)
        return _opened(place)


def _saved(place: Path) -> Network | Damaged | None:
    """Return the network in a folder, or what is wrong with it; None where it is of no use."""
    try:
        return _opened(place)
    except Damaged as error:
        return error
    except (NotFound, InvalidInput):
        return None


def _opened(place: Path) -> Network:
    return OPEN.made((place, stamp(place)), lambda: Network.open(place))
