"""Networks of versions: built once, kept as files, opened memory-mapped."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from app.deps import Resources
from graph.errors import InvalidInput, NotFound
from graph.network import Network
from graph.stores.base import Reader

OPEN_MAX = 4


def network_of(resources: Resources, version: int) -> Network:
    """Return a version's network; it is built and saved where it is not there yet."""
    return network_in(resources.networks, version, lambda: resources.store.reader(version))


def network_in(networks: Path, version: int, reader: Callable[[], Reader]) -> Network:
    """
    Return a version's network from the folder of all; built and saved where it is not there yet.

    Whoever asks for the same network shares it, until another is saved in its place. One that
    cannot be read (of another form, damaged) is built again.

    Args:
        networks: The folder of saved networks.
        version: The version's number.
        reader: Opens the version in the store; called only where the network is built.
    """
    place = networks / str(version)
    try:
        return _opened(place, _stamp(place))
    except (NotFound, InvalidInput):
        read = reader()
        trades = read.columns("trades", ["supplier", "buyer", "amount_fen", "count"])
        Network.build(read.columns("firms"), trades).save(place)
        return _opened(place, _stamp(place))


def _stamp(place: Path) -> tuple[int, int]:
    """Return what changes when another network is saved there."""
    try:
        found = place.stat()
    except FileNotFoundError:
        return 0, 0
    return found.st_ino, found.st_mtime_ns


@lru_cache(maxsize=OPEN_MAX)
def _opened(place: Path, _: tuple[int, int]) -> Network:
    return Network.open(place)
