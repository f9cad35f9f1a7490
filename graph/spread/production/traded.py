"""What an economy reads of a network: sectors, classes of inputs, stated totals."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from graph.arrays.dtypes import FloatArray, IntArray, Keys
from graph.errors import InvalidInput
from graph.network import Network
from graph.spread.production.kernels import layout

UNKNOWN = -1


def sectors_of(network: Network) -> IntArray | None:
    """Return the number of every firm's sector; None where the network knows no sectors."""
    if "sector" not in network.attributes.column_names:
        return None
    return number(network.attributes.column("sector"))


def classes_by_sector(
    network: Network, table: Mapping[tuple[str, str], int], ends: tuple[Keys, Keys]
) -> IntArray:
    """
    Return the class of every trade by the sectors of its ends.

    Raises:
        InvalidInput: The network knows no sectors, or a class is none of 0, 1, 2.
    """
    if "sector" not in network.attributes.column_names:
        raise InvalidInput("classes are given by sector, but the network knows no sectors")
    texts = network.attributes.column("sector").to_pylist()
    numbers = {sector: place for place, sector in enumerate(sorted({*texts} - {None}))}
    unknown = len(numbers)
    classes = np.zeros((unknown + 1, unknown + 1), np.int64)
    for (supplier, buyer), kind in table.items():
        if kind not in (layout.NOT_NEEDED, layout.NOT_ESSENTIAL, layout.ESSENTIAL):
            raise InvalidInput(f"sector_classes: {supplier}, {buyer}: {kind!r} is none of 0, 1, 2")
        if supplier in numbers and buyer in numbers:
            classes[numbers[supplier], numbers[buyer]] = kind
    of_firm = np.array([numbers.get(each, unknown) for each in texts], np.int64)
    return np.asarray(classes[of_firm[ends[0]], of_firm[ends[1]]])


def stated(network: Network, name: str, inside: FloatArray) -> FloatArray | None:
    """Return the larger of what firms state and trade, missing where one states nothing."""
    if name not in network.attributes.column_names:
        return None
    column = network.attributes.column(name).cast(pa.float64())
    stated = np.asarray(column.to_numpy(), np.float64)
    if np.isnan(stated).all():
        return None
    return np.where(np.isnan(stated), np.nan, np.maximum(stated, inside))


def number(values: Any) -> IntArray:
    """
    Return a number for every distinct text, from 0 in order of first appearance; null is -1.

    Example:
        >>> number(["C13", "A01", None, "C13"]).tolist()
        [0, 1, -1, 0]
    """
    column = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    return np.asarray(column.indices.fill_null(UNKNOWN).to_numpy(zero_copy_only=False), np.int64)
