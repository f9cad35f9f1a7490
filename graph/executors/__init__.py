"""
Where chunks of work run: threads of this process, or the workers of a Dask scheduler.

What runs is a `Work`: every lane of it takes one piece after another in a workspace of its own. An
executor gives pieces to lanes and hands the answers back in the order of the pieces, holding few
at a time. What a piece gives depends on nothing but the piece, so any executor gives the same.
"""

from graph.executors.dask import Dask
from graph.executors.threads import Threads, executor_of
from graph.executors.work import AHEAD, Executor, Recipe, Work

__all__ = ["AHEAD", "Dask", "Executor", "Recipe", "Threads", "Work", "executor_of"]
