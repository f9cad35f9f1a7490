"""Networks of versions: built once, kept as files, opened memory-mapped."""

from functools import lru_cache
from pathlib import Path

from app.deps import Resources
from graph.network import Network

OPEN_MAX = 4


def network_of(resources: Resources, version: int) -> Network:
    """Return a version's network; it is built and saved where it is not there yet."""
    place = resources.networks / str(version)
    if not place.is_dir():
        reader = resources.store.reader(version)
        trades = reader.columns("trades", ["supplier", "buyer", "amount_fen", "count"])
        Network.build(reader.columns("firms"), trades).save(place)
    return _opened(place)


@lru_cache(maxsize=OPEN_MAX)
def _opened(place: Path) -> Network:
    return Network.open(place)
