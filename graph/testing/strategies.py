"""Hypothesis strategies: edge lists and networks small enough for slow oracles."""

from hypothesis import strategies as st

from graph.network import Network
from graph.testing.networks import toy

Amounts = dict[tuple[str, str], int]

NAMES = tuple("abcdefgh")
AMOUNT_MAX = 10_000


def amounts(
    *, least: int = 1, most: int = AMOUNT_MAX, loops: bool = False
) -> st.SearchStrategy[Amounts]:
    """Return a strategy of (supplier, buyer) -> amount over up to eight firms."""
    firm = st.sampled_from(NAMES)
    pairs = st.tuples(firm, firm)
    kept = pairs if loops else pairs.filter(lambda pair: pair[0] != pair[1])
    return st.dictionaries(kept, st.integers(least, most), max_size=30)


def networks(
    *, least: int = 1, most: int = AMOUNT_MAX, loops: bool = False
) -> st.SearchStrategy[Network]:
    """Return a strategy of networks over the same eight firms, whether they trade or not."""
    return amounts(least=least, most=most, loops=loops).map(lambda found: toy(found, alone=NAMES))
