"""Kinds of arrays that kernels take and give."""

from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
RowArray = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Keys = npt.NDArray[np.integer[Any]]
Classes = npt.NDArray[np.int8]
Matrix = npt.NDArray[np.floating[Any]]  # A row a firm, a column a scenario.
