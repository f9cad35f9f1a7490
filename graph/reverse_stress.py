"""
The fewest, or the likeliest, first failures that cost at least so much, and what is excluded.

`find` takes a `Question` and returns a set that breaks the threshold, of which nobody can be left
out, and either the proof that none is smaller or how far the search could exclude smaller ones.
"""

from graph.stress.reverse.question import Question
from graph.stress.reverse.search import ReverseStress, find

__all__ = ["Question", "ReverseStress", "find"]
