"""
What the book tells the graph: exposures beside the trade graph.

Every event is in the outbox, since it is in the book; what has been passed on is kept by the graph
store itself, in the transaction that changes exposures. So a store that is gone for minutes loses
nothing, and what is passed on twice changes nothing.
"""

from app.books.outbox.service import OutboxLag, ShownTable, lag_of, pass_on

__all__ = ["OutboxLag", "ShownTable", "lag_of", "pass_on"]
