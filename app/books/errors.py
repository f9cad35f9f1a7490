"""
Refusals of what would move money or state: 409, each with a stable code and what stands against it.

BookRefusal
├── LimitExceeded   limit_exceeded   an account lacks: which, what it has, what was asked
├── WrongState      wrong_state      the thing is in a state in which this cannot be done
├── RuleBroken      rule             a rule forbids it: which, by what source, in words
├── AlreadyDecided  already_decided  it was decided before
├── SamePerson      same_person      who made it may not check it
├── NotAuthorised   not_authorised   the authority of who asks does not reach so far
└── Stale           stale            it is no longer as who asks has read it
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from app.platform.errors import Conflict


class BookRefusal(Conflict):
    """A refusal that is kept under its key and told again, word for word."""

    def __init__(self, detail: str, *, code: str, further: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.code = code  # type: ignore[misc]  # told again, it is the code of then
        self.further = dict(further or {})

    def kept(self) -> str:
        """Return what is kept of it."""
        return json.dumps([self.code, str(self), self.further], ensure_ascii=False)

    @classmethod
    def told_again(cls, kept: str) -> "BookRefusal":
        """Return the refusal of which this was kept."""
        code, detail, further = json.loads(kept)
        found = BookRefusal(detail, code=code, further=further)
        found.replayed = True
        return found


class LimitExceeded(BookRefusal):
    """Accounts of the path lack."""

    def __init__(self, accounts: Sequence[Mapping[str, Any]]) -> None:
        told = ", ".join(map(self._told, accounts))
        super().__init__(told, code="limit_exceeded", further={"accounts": list(accounts)})

    @staticmethod
    def _told(each: Mapping[str, Any]) -> str:
        if "layer" in each:  # Of somebody else: its layer alone.
            return f"an account of the layer {each['layer']} lacks"
        return f"{each['account']} has {each['available_fen']} fen of {each['asked_fen']}"


class WrongState(BookRefusal):
    """The thing is in a state in which this cannot be done."""

    def __init__(self, what: str, state: str, allowed: Sequence[str]) -> None:
        words = " or ".join(allowed) or "no state"
        super().__init__(
            f"{what} is {state}; this needs {words}",
            code="wrong_state",
            further={"state": state, "allowed": list(allowed)},
        )


class RuleBroken(BookRefusal):
    """A rule forbids it."""

    def __init__(self, rule: str, source: str, *, zh: str, en: str) -> None:
        super().__init__(
            en,
            code="rule",
            further={"rule": rule, "source": source, "zh": zh, "en": en},
        )


class AlreadyDecided(BookRefusal):
    """It was decided before."""

    def __init__(self, what: str, state: str) -> None:
        super().__init__(
            f"{what} is {state} already", code="already_decided", further={"state": state}
        )


class SamePerson(BookRefusal):
    """Who made it may not check it."""

    def __init__(self, person: str) -> None:
        super().__init__(f"{person} made this; another person checks it", code="same_person")


class NotAuthorised(BookRefusal):
    """The authority of who asks does not reach so far."""

    def __init__(self, needs: str) -> None:
        super().__init__(f"this needs {needs}", code="not_authorised", further={"needs": needs})


class Stale(BookRefusal):
    """The thing is no longer as who asks has read it."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is no longer as it was read; read it again", code="stale")
