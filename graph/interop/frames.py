"""
Networks to and from pandas.

Columns come out with pandas' nullable types, so that integers beside missing values stay exact.
"""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from graph.errors import InvalidInput
from graph.network import Network

_NULLABLE: dict[Any, Any] = {
    pa.int64(): pd.Int64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
    pa.string(): pd.StringDtype(),
}


def firms_frame(network: Network) -> pd.DataFrame:
    """
    Return one row per firm, in row order: id, attributes, net sales and purchases.

    Sales and purchases are missing where the firm has none at all.

    Example:
        >>> from graph.testing.networks import toy
        >>> firms_frame(toy({("mill", "cars"): 90}))[["firm", "sales_fen"]].values.tolist()
        [['cars', <NA>], ['mill', 90]]
    """
    columns = {"firm": network.ids.arrow}
    columns |= {name: network.attributes[name] for name in network.attributes.column_names}
    columns["sales_fen"] = pa.array(network.sales_fen, mask=~network.sales_known)
    columns["purchases_fen"] = pa.array(network.purchases_fen, mask=~network.purchases_known)
    frame: pd.DataFrame = pa.table(columns).to_pandas(types_mapper=_NULLABLE.get)
    return frame


def trades_frame(network: Network) -> pd.DataFrame:
    """
    Return one row per edge, in (supplier, buyer) order.

    Example:
        >>> from graph.testing.networks import toy
        >>> trades_frame(toy({("mill", "cars"): 90})).values.tolist()
        [['mill', 'cars', 90]]
    """
    suppliers = np.repeat(np.arange(len(network)), np.diff(network.out_indptr))
    columns = {
        "supplier": network.ids.arrow.take(pa.array(suppliers)),
        "buyer": network.ids.arrow.take(pa.array(network.out_indices)),
        "amount_fen": pa.array(network.out_amount_fen),
    }
    frame: pd.DataFrame = pa.table(columns).to_pandas(types_mapper=_NULLABLE.get)
    return frame


def from_frames(firms: pd.DataFrame, trades: pd.DataFrame) -> Network:
    """
    Return the network of two frames with the columns that `Network.build` reads.

    Raises:
        InvalidInput: A column is missing or mixes types, or the network refuses a value.

    Example:
        >>> firms = pd.DataFrame({"firm": ["a", "b"]})
        >>> trades = pd.DataFrame({"supplier": ["a"], "buyer": ["b"], "amount_fen": [5]})
        >>> from_frames(firms, trades).edges
        1
    """
    return Network.build(_table(firms, "firms"), _table(trades, "trades"))


def _table(frame: pd.DataFrame, name: str) -> pa.Table:
    try:
        return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    except pa.ArrowException as error:
        raise InvalidInput(f"frame {name}: {error}") from error
