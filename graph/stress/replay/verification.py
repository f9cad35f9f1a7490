"""A recording computed again and held, bit for bit, against what was kept."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.errors import InvalidInput
from graph.spread.production.economy import Production
from graph.stress.replay.kernels.reasons import RoundChanges
from graph.stress.replay.recording import Recording, fingerprint, record
from graph.stress.replay.tracks import CHANNELS, Reason

Pair = tuple[npt.NDArray[Any], npt.NDArray[Any]]


def replay(recording: Recording, production: Production) -> Recording:
    """
    Compute a recording again and return it once every bit is what was recorded.

    Raises:
        InvalidInput: The network is another one, or a round differs: the first firm is named.
        NotConverged: The scenario does not settle by the rules that were recorded.

    Example:
        >>> from graph.contagion import Economy, Scenarios, prepare
        >>> production = prepare(Economy(2, suppliers=[0], buyers=[1], amounts=[4.0]))
        >>> len(replay(record(production, Scenarios.together([0])), production))
        2
    """
    found = fingerprint(production)
    if recording.network != found:
        raise InvalidInput(
            f"the recording is of network {recording.network} ({recording.firms} firms), "
            f"this is {found} ({len(production)} firms)"
        )
    again = record(production, recording.scenario, rules=recording.rules, network=found)
    differs = _first_difference(recording, again)
    if differs:
        raise InvalidInput(
            f"{differs} (recorded with {recording.versions}; computed with {again.versions})"
        )
    return again


def _first_difference(one: Recording, other: Recording) -> str:
    """Return in words where two recordings differ first, empty where they do not."""
    for number in range(max(len(one), len(other)) + 1):
        for channel in CHANNELS:
            a, b = (each.track(channel).of_round(number) for each in (one, other))
            if not _equal(a, b):
                return f"round {number}, {channel}: {_first_firm(a, b)}"
        if number > min(len(one), len(other)):
            return f"{len(one)} rounds recorded, {len(other)} computed"
        if one.indices[number].tobytes() != other.indices[number].tobytes():
            return f"round {number}: indices {one.indices[number]} and {other.indices[number]}"
    return ""


def _equal(one: RoundChanges, other: RoundChanges) -> bool:
    pairs: Iterator[Pair] = zip(one, other, strict=True)
    return all(a.tobytes() == b.tobytes() for a, b in pairs)


def _first_firm(one: RoundChanges, other: RoundChanges) -> str:
    size = min(len(one.rows), len(other.rows))
    differ = np.zeros(size, np.bool_)
    pairs: Iterator[Pair] = zip(one, other, strict=True)
    for a, b in pairs:
        differ |= a[:size] != b[:size]
    place = int(np.argmax(differ)) if differ.any() else size
    rows = [int(each.rows[place]) for each in (one, other) if place < len(each.rows)]
    row = min(rows)
    return f"firm {row}, {_told(one, place, row)} recorded, {_told(other, place, row)} computed"


def _told(changes: RoundChanges, place: int, row: int) -> str:
    if place >= len(changes.rows) or changes.rows[place] != row:
        return "no change"
    reason = Reason(int(changes.reasons[place])).name.lower()
    return (
        f"{float(changes.left[place])!r} left ({reason} through {changes.through[place]}, "
        f"mover {changes.movers[place]}, {changes.shares_e4[place]}e-4)"
    )
