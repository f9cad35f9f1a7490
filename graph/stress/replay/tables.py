"""The changes of a recording as columns of one table."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.arrays.dtypes import FloatArray
from graph.network.firms import firm_column
from graph.stress.replay.kernels.reasons import E4, NOBODY
from graph.stress.replay.tracks import Reason, Track


def changes(tracks: tuple[Track, Track], ids: Sequence[str] | None) -> dict[str, Any]:
    """
    Return a row a change, in order of rounds, down before up, then by row of the firm.

    Args:
        tracks: Changes down and up.
        ids: What firms are called, by row; None: rows stand for them.
    """
    both = zip(*map(_columns, tracks), strict=True)
    rounds, rows, codes, before, after, through, shares, movers = map(np.concatenate, both)
    channel = np.repeat([0, 1], [len(track) for track in tracks])
    order = np.lexsort((rows, channel, rounds))
    words = pa.array([each.name.lower() for each in Reason])
    return {
        "round": rounds[order],
        "firm": firm_column(ids, rows[order]),
        "channel": pa.array(["down", "up"]).take(channel[order]),
        "reason": words.take(pa.array(codes[order])),
        "before": before[order],
        "after": after[order],
        "through": _known(through[order], ids),
        "share": shares[order] / E4,
        "mover": _known(movers[order], ids),
    }


def _columns(track: Track) -> tuple[npt.NDArray[Any], ...]:
    rounds = np.repeat(np.arange(len(track.offsets) - 1), np.diff(track.offsets))
    after = 1.0 - track.left
    return (
        rounds,
        track.rows,
        track.reasons,
        _before(track, after),
        after,
        track.through,
        track.shares_e4,
        track.movers,
    )


def _before(track: Track, after: FloatArray) -> FloatArray:
    """Return what each firm had lost by its last change, 0 before its first."""
    order = np.argsort(track.rows, kind="stable")
    rows = track.rows[order]
    last = np.concatenate([[0.0], after[order][:-1]])[: len(rows)]
    last[np.diff(rows, prepend=-1) != 0] = 0.0
    before = np.zeros(len(rows))
    before[order] = last
    return before


def _known(rows: npt.NDArray[Any], ids: Sequence[str] | None) -> pa.Array:
    """Return firms where there is one, null where there is nobody."""
    firms = firm_column(ids, np.maximum(rows, 0))
    return pc.if_else(pa.array(rows != NOBODY), firms, None)
