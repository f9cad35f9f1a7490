"""The sectors of the demo economy and which buys from which."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_FILE = Path(__file__).parent / "sectors.yml"


@dataclass(frozen=True, slots=True)
class Sectors:
    """Every sector's figures as columns; `buys[i, j]` is the share i spends on sector j."""

    codes: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]
    goods: tuple[tuple[str, ...], ...]
    core: FloatArray
    purchases: FloatArray
    margin: FloatArray
    tax: IntArray
    sells_down: FloatArray
    season: FloatArray
    days: FloatArray
    buys: FloatArray


@cache
def sectors() -> Sectors:
    """
    Return the sectors.

    Example:
        >>> read = sectors()
        >>> read.codes[0], float(read.buys.sum(axis=1).round(9).max())
        ('A01', 1.0)
    """
    read = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    codes = tuple(entry["code"] for entry in read)
    season = np.array([entry["season"] for entry in read], dtype=np.float64)
    return Sectors(
        codes=codes,
        words=tuple(tuple(entry["words"]) for entry in read),
        goods=tuple(tuple(entry["goods"]) for entry in read),
        core=np.array([entry["core"] for entry in read], dtype=np.float64),
        purchases=np.array([entry["purchases"] for entry in read]),
        margin=np.array([entry["margin"] for entry in read]),
        tax=np.array([entry["tax"] for entry in read], dtype=np.int64),
        sells_down=np.array([entry["sells_down"] for entry in read], dtype=np.float64),
        season=season / season.mean(axis=1, keepdims=True),
        days=np.array([entry["days"] for entry in read], dtype=np.float64),
        buys=np.array([[entry["buys"].get(code, 0.0) for code in codes] for entry in read]),
    )
