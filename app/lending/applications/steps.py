"""Where an application stands, for people: its states with their days, and whose turn it is."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from app.lending.applications.states import State
from app.platform.documents import Document
from app.platform.web.texts import Texts

Turn = Literal["firm", "bank", "machine", ""]
PASSED_AT_ONCE = ("screening", "assessing", "signing")  # In one order with what follows them.
AHEAD: Mapping[str, Sequence[State]] = {
    "referred": ("approved", "offer_accepted", "signed", "active"),
    "recommended": ("approved", "offer_accepted", "signed", "active"),
    "approved": ("offer_accepted", "signed", "active"),
    "offer_accepted": ("signed", "active"),
    "signed": ("active",),
    "drawing": ("active",),
    "draw_failed": ("active",),
}
TURNS: Mapping[str, tuple[Turn, str]] = {  # Who must act, and what they do.
    "referred": ("bank", "decide"),
    "recommended": ("bank", "decide"),
    "returned": ("bank", "decide"),
    "approved": ("firm", "accept"),
    "offer_accepted": ("firm", "sign"),
    "signed": ("firm", "draw"),
    "draw_failed": ("firm", "draw"),
    "drawing": ("machine", "pay"),
}
FIRM_STATES: Sequence[State] = ("approved", "offer_accepted", "signed", "draw_failed")
ENDED_BADLY = ("declined", "expired", "withdrawn", "draw_failed", "defaulted", "written_off")


class ApplicationTurn(NamedTuple):
    """Who must act on an application, what they do, since which day and until which."""

    who: Turn
    act: str
    since: str
    until: str


def turn_of(application: Document, events: Sequence[Document]) -> ApplicationTurn:
    """
    Return whose turn an application is; nobody's where nothing waits.

    Args:
        application: As it is shown.
        events: What happened to it, the first event first.
    """
    who, act = TURNS.get(application["state"], ("", ""))
    since = str(events[-1]["day"]) if events else str(application["made_on"])
    offer = application["offer"]
    until = str(offer["until"] or "") if offer and who == "firm" else ""
    return ApplicationTurn(who, act, since, until)


def steps_of(
    application: Document, events: Sequence[Document], t: Texts
) -> Sequence[Mapping[str, Any]]:
    """
    Return the states of an application as steps in time: those that were, this one, those ahead.

    Args:
        application: As it is shown.
        events: What happened to it, the first event first.
        t: The reader's words.
    """
    turn, state = turn_of(application, events), application["state"]
    steps = [
        _step(each["after"], "done", t, at=str(each["day"]))
        for each in events
        if each["after"] not in PASSED_AT_ONCE
    ]
    if steps and steps[-1]["state_code"] != state:  # Over by the day, before its close.
        steps.append(_step(state, "now", t))
    if steps:
        looks = "refused" if state in ENDED_BADLY else "now" if turn.who else "done"
        steps[-1] = {**steps[-1], "state": looks, "note": turn_words(turn, t)}
    return [*steps, *(_step(each, "waiting", t) for each in AHEAD.get(state, ()))]


def turn_words(turn: ApplicationTurn, t: Texts) -> str:
    """Return who must act since when and by when, in words; empty where nobody must."""
    if not turn.who:
        return ""
    told = t(f"turn_{turn.who}_{turn.act}", since=turn.since)
    return told + (t("turn_until", until=turn.until) if turn.until else "")


def _step(state: str, looks: str, t: Texts, *, at: str = "") -> dict[str, Any]:
    words = t.coded("application_state", state)
    return {"state_code": state, "state": looks, "words": words, "at": at, "note": ""}
