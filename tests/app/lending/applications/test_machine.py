"""Whatever firms and officers do, applications stand as a plain model says, and the book holds."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.books.ledger.proof.verifying import verify
from tests.app.chain.asking import Desk
from tests.app.lending.applications.test_asking import ORDER, paper
from tests.app.lending.applications.test_people import ONE, TWO, act, desk, renew

__all__ = ["desk"]
SMALL = 1_000_000
OPEN = ("approved", "referred", "recommended", "offer_accepted")
HANDS = {SMALL: "machine", ONE: "one", TWO: "two"}
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["apply", "accept", "withdraw", "recommend", "approve", "decline", "return"]
        ),
        st.integers(0, 3),
        st.sampled_from(["ann", "ben", "cleo"]),
        st.sampled_from([SMALL, ONE, TWO]),
    ),
    min_size=4,
    max_size=14,
)


@dataclass
class Told:
    """One application, as the model has it."""

    name: str
    state: str
    amount: int
    held: bool
    said: str | None = None  # Who recommended it.


class Model:
    """What the contract says, plainly: one document, so one offer at a time."""

    def __init__(self) -> None:
        self.all: list[Told] = []

    @property
    def is_held(self) -> bool:
        return any(each.held for each in self.all)

    def asked(self, name: str, amount: int) -> str:
        """Return the state that a new application has, or the code of its refusal."""
        if sum(each.state in OPEN for each in self.all) >= 3:
            return "rule"
        if self.is_held:  # Nothing is asked on a document that is financed.
            return "wrong_state"
        state = "approved" if amount == SMALL else "referred"
        self.all.append(Told(name, state, amount, state == "approved"))
        return state

    def done(self, told: Told, what: str, who: str) -> str:
        """Return the state after an act, or the code of its refusal."""
        before = told.state
        after = getattr(self, f"_{what}")(told, who)
        if after in ("wrong_state", "same_person"):
            told.state = before
        else:
            told.state = after
            told.held = told.held and after in OPEN
        return str(after)

    def _accept(self, told: Told, _: str) -> str:
        return "offer_accepted" if told.state == "approved" else "wrong_state"

    def _withdraw(self, told: Told, _: str) -> str:
        return "withdrawn" if told.state in OPEN else "wrong_state"

    def _recommend(self, told: Told, who: str) -> str:
        if told.state not in ("referred", "approved"):
            return "wrong_state"
        told.said = who
        return "recommended"

    def _decline(self, told: Told, who: str) -> str:
        return self._judged(told, who) or "declined"

    def _approve(self, told: Told, who: str) -> str:
        if refused := self._judged(told, who):
            return refused
        if not told.held and self.is_held:
            return "wrong_state"
        told.held = True
        return "approved"

    def _return(self, told: Told, who: str) -> str:
        if told.state != "recommended":
            return "wrong_state"
        if told.said == who:
            return "same_person"
        held_by_another = self.is_held and not told.held  # Then nothing can be lent on it.
        told.held, told.said = False, None
        return "declined" if held_by_another else "referred"

    def _judged(self, told: Told, who: str) -> str:
        single = HANDS[told.amount] != "two"
        if told.state != "recommended" and not (single and told.state == "referred"):
            return "wrong_state"
        return "same_person" if told.state == "recommended" and told.said == who else ""


def answer(desk: Desk, told: Told, what: str, who: str) -> Any:
    if what in ("accept", "withdraw"):
        return desk.post("MILL", f"/applications/{told.name}/{what}")
    outcome = "declined" if what == "decline" else "approved"
    path = {"approve": "decide", "decline": "decide"}.get(what, what)
    return act(desk, who, told.name, path, outcome)


def check(desk: Desk, model: Model) -> None:
    held = sum(each.amount for each in model.all if each.held)
    assert [desk.figures(each)["pending"] for each in ("bank", "receivable:R1")] == [held, held]
    assert paper(desk) == ("financing" if held else "confirmed")
    read = desk.get("officer", "/applications?size=50").json()["items"]
    assert {each["id"]: each["state"] for each in read} == {
        each.name: each.state for each in model.all
    }
    assert verify(desk.resources.records).ok


@pytest.mark.slow
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_applications_stand_as_a_plain_model_says(desk: Desk, steps: list[Any]) -> None:
    renew(desk)
    model = Model()
    for what, place, who, amount in steps:
        if what == "apply" or place >= len(model.all):
            body = ORDER | {"amount_fen": amount}
            read = desk.post("MILL", "/applications", body).json()
            assert model.asked(read.get("id", ""), amount) == read.get("code", read.get("state"))
            continue
        told = model.all[place]
        read = answer(desk, told, what, who).json()
        assert model.done(told, what, who) == read.get("code", read.get("state")), (what, told)
    check(desk, model)
