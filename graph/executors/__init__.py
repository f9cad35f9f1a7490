"""
Where chunks of work run: threads of this process, or those of a Dask scheduler's processes.

What runs is a `Work`: every worker of it takes one chunk after another in a workspace of its own.
An executor gives chunks to workers and hands the answers back in the order of the chunks, holding
few at a time. What a chunk gives depends on nothing but the chunk, so any executor gives the same.
"""

from graph.executors.dask import Dask
from graph.executors.threads import Threads, executor_of
from graph.executors.work import AHEAD, Executor, Work

__all__ = ["AHEAD", "Dask", "Executor", "Threads", "Work", "executor_of"]
