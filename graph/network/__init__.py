"""The network that every analysis reads."""

from graph.network.ids import Ids
from graph.network.snapshot import Network, TradeRows

__all__ = ["Ids", "Network", "TradeRows"]
