"""States and arrows: what leads where, and the one function that goes along them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.books.errors import WrongState
from app.lending.applications.moves import check_arrow
from app.lending.applications.states import ARROWS, DRAWABLE, RESERVED, STATES, State, into

ENDS = {
    "declined",
    "withdrawn",
    "expired",
}  # What is closed is owed again where money is taken back.
BEFORE_ACTIVE = {
    *("draft", "submitted", "screening", "assessing", "referred", "recommended", "returned"),
    *("approved", "offer_accepted", "signing", "signed", "draw_failed"),
}
KNOWN_PATHS = [
    "draft submitted screening declined",
    "draft submitted screening assessing referred recommended returned assessing approved",
    "assessing approved offer_accepted signing signed drawing draw_failed drawing active",
    "active overdue defaulted restructured active repaid closed",
    "overdue defaulted written_off closed",
    "active suspended active",
    "active suspended overdue active suspended repaid closed",
]


def test_every_state_of_the_contract_has_its_arrows() -> None:
    assert len(STATES) == 24
    assert set(ARROWS) == set(STATES)
    assert {each for each in STATES if not ARROWS[each]} == ENDS


@pytest.mark.parametrize("path", KNOWN_PATHS)
def test_the_life_cycle_is_led_by_arrows(path: str) -> None:
    states = path.split()
    for before, after in pairwise(states):
        assert after in ARROWS[before]  # type: ignore[index]  # words of the contract


def test_whatever_is_not_drawn_may_be_withdrawn_or_end_by_time() -> None:
    assert set(into("withdrawn")) == set(into("expired")) == BEFORE_ACTIVE
    assert set(RESERVED) <= set(DRAWABLE)
    assert set(DRAWABLE) == BEFORE_ACTIVE | {"drawing"}


def test_every_state_is_reached_from_a_draft() -> None:
    seen, left = {"draft"}, ["draft"]
    while left:
        for each in ARROWS[left.pop()]:  # type: ignore[index]  # a state
            if each not in seen:
                seen.add(each)
                left.append(each)
    assert seen == set(STATES)


@given(st.sampled_from(STATES), st.sampled_from(STATES))
def test_a_move_without_an_arrow_is_refused_with_what_allows_it(before: State, to: State) -> None:
    row = {"application": "a", "state": before}
    if to in ARROWS[before]:
        check_arrow(row, to)
        return
    with pytest.raises(WrongState) as refused:
        check_arrow(row, to)
    assert refused.value.further == {"state": before, "allowed": list(into(to))}
