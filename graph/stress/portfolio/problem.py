"""What may be lent, under which caps, and what is lost in scenarios: columns of whole numbers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import IntArray
from graph.errors import InvalidInput

E6 = 10**6
E12 = 10**12
AMOUNT_FEN_MAX = 10**13  # Of one candidate: with these bounds no sum of products passes 63 bits.
LENDABLE_MAX = 500_000
ROOM_FEN_MAX = 10**17
LOAD_E6_MAX = 1000 * E6
NO_CAP = -1


@dataclass(frozen=True, slots=True)
class Lendable:
    """
    What could be lent: an entry each core, firm and product.

    Args:
        gain_e12: What a fen lent for a year earns after all that it costs, in 10^-12 fen.
        most_fen: At most so much.
        ticket_fen: At least so much, where anything is lent.
    """

    gain_e12: IntArray
    most_fen: IntArray
    ticket_fen: IntArray

    def __len__(self) -> int:
        return len(self.most_fen)


@dataclass(frozen=True, slots=True)
class Entries:
    """Parts of sums: of each row, the weight of a candidate in it, in 10^-12 of the amount lent."""

    row: IntArray
    candidate: IntArray
    weight_e12: IntArray

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True, slots=True)
class Caps:
    """
    Caps on weighted sums of what is lent.

    Args:
        room_fen: How much of each cap is left.
        entries: Which candidates count in it, and at what weight.
    """

    room_fen: IntArray
    entries: Entries


@dataclass(frozen=True, slots=True)
class LossTail:
    """
    What is lost in scenarios, all equally likely: first single ones, then those of factors.

    In a scenario of factors a candidate loses its expected loss times the load of its factor, so
    that each candidate is written once, not once a scenario.

    Args:
        alone: What a candidate loses in single scenarios; the row is the scenario.
        factor: The factor of each candidate.
        expected_e12: The expected loss of each candidate.
        load_e6: A row a scenario of factors, a column a factor.
        base_fen: What is lost on what is lent already, in each scenario.
        cap_fen: What may be lost in each scenario; `NO_CAP` for as much as there is.
        worst_e6: Which part of the scenarios is the tail, in 10^-6.
        tail_cap_fen: What may be lost over the tail on average; `NO_CAP` for any.
    """

    alone: Entries
    factor: IntArray
    expected_e12: IntArray
    load_e6: IntArray
    base_fen: IntArray
    cap_fen: IntArray
    worst_e6: int
    tail_cap_fen: int

    def __len__(self) -> int:
        return len(self.base_fen)

    @property
    def singles(self) -> int:
        """Return how many scenarios are not of factors."""
        return len(self.base_fen) - len(self.load_e6)


@dataclass(frozen=True, slots=True)
class LendingProblem:
    """
    What may be lent, the caps over it, and what may be lost.

    Every weight is at or above nothing, so that lending nothing is always allowed, and lending less
    of anything never breaks a cap.

    Raises:
        InvalidInput: Columns do not belong together, or a figure is out of its bounds.
    """

    lendable: Lendable
    caps: Caps
    tail: LossTail

    def __post_init__(self) -> None:
        _check_lendable(self.lendable)
        count = len(self.lendable)
        check_within("room_fen", self.caps.room_fen, ROOM_FEN_MAX)
        _check_entries("caps", self.caps.entries, len(self.caps.room_fen), count)
        _check_tail(self.tail, count)


def check_within(what: str, values: npt.NDArray[np.integer], most: int, least: int = 0) -> None:
    """
    Raise where a column holds a number out of its bounds.

    Raises:
        InvalidInput: It does; the first is named.
    """
    outside = np.flatnonzero((values < least) | (values > most))
    if len(outside):
        at = int(outside[0])
        found = int(values.flat[at])
        raise InvalidInput(f"{what}[{at}] is {found}; it must be from {least} to {most}")


def _check_lendable(lendable: Lendable) -> None:
    count = len(lendable)
    if count > LENDABLE_MAX:
        raise InvalidInput(f"{count} candidates are more than {LENDABLE_MAX}")
    _check_length("gain_e12", lendable.gain_e12, count)
    _check_length("ticket_fen", lendable.ticket_fen, count)
    check_within("gain_e12", lendable.gain_e12, E12, -E12)
    check_within("most_fen", lendable.most_fen, AMOUNT_FEN_MAX)
    check_within("ticket_fen", lendable.ticket_fen, AMOUNT_FEN_MAX)


def _check_tail(tail: LossTail, count: int) -> None:
    if tail.load_e6.ndim != 2 or tail.singles < 0:  # noqa: PLR2004  # scenarios by factors
        raise InvalidInput("load_e6 must have a row for each of the last scenarios of base_fen")
    _check_length("factor", tail.factor, count)
    _check_length("expected_e12", tail.expected_e12, count)
    _check_length("cap_fen", tail.cap_fen, len(tail))
    check_within("factor", tail.factor, tail.load_e6.shape[1] - 1)
    check_within("expected_e12", tail.expected_e12, E12)
    check_within("load_e6", tail.load_e6, LOAD_E6_MAX)
    check_within("base_fen", tail.base_fen, ROOM_FEN_MAX)
    check_within("cap_fen", tail.cap_fen, ROOM_FEN_MAX, NO_CAP)
    _check_entries("alone", tail.alone, tail.singles, count)
    if not 0 < tail.worst_e6 <= E6:
        raise InvalidInput(f"worst_e6 is {tail.worst_e6}; it must be above 0 and at most {E6}")
    if not NO_CAP <= tail.tail_cap_fen <= ROOM_FEN_MAX:
        raise InvalidInput(f"tail_cap_fen is {tail.tail_cap_fen}")


def _check_entries(what: str, entries: Entries, rows: int, count: int) -> None:
    _check_length(f"{what}.candidate", entries.candidate, len(entries))
    _check_length(f"{what}.weight_e12", entries.weight_e12, len(entries))
    check_within(f"{what}.row", entries.row, rows - 1)
    check_within(f"{what}.candidate", entries.candidate, count - 1)
    check_within(f"{what}.weight_e12", entries.weight_e12, E12)


def _check_length(what: str, values: npt.NDArray[np.integer], count: int) -> None:
    if values.shape != (count,):
        raise InvalidInput(f"{what} has shape {values.shape}; it must have {count} entries")
