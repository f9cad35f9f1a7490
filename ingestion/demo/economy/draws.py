"""Draws that several parts make: by weight, heavy-tailed, one a row."""

import numpy as np

from ingestion.demo.economy.sectors import FloatArray, IntArray


def by_weight(random: np.random.Generator, weights: FloatArray, size: int) -> IntArray:
    """
    Return places drawn with chances in proportion to the weights.

    Example:
        >>> by_weight(np.random.default_rng(1), np.array([0.0, 3.0]), 3).tolist()
        [1, 1, 1]
    """
    upto: FloatArray = np.cumsum(weights)
    drawn = np.searchsorted(upto, random.random(size) * upto[-1], side="right")
    places: IntArray = np.minimum(drawn, len(weights) - 1).astype(np.int64)
    return places


def by_row_weight(random: np.random.Generator, weights: FloatArray, rows: IntArray) -> IntArray:
    """Return one column a row of a weight table, drawn by that row's weights."""
    upto = np.cumsum(weights, axis=1)
    upto = upto / upto[:, -1:]
    spots = random.random(len(rows))
    found = (upto[rows] <= spots[:, None]).sum(axis=1)
    places: IntArray = np.minimum(found, weights.shape[1] - 1).astype(np.int64)
    return places


def heavy(random: np.random.Generator, size: int, exponent: float, most: float) -> FloatArray:
    """Return values from one up whose density falls like x to the minus `exponent`, cut at most."""
    return np.minimum(1.0 + random.pareto(exponent - 1.0, size), most)
