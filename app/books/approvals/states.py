"""The states of an approval."""

from typing import Literal, get_args

State = Literal["open", "approved", "rejected", "expired"]
STATES: tuple[State, ...] = get_args(State)
