"""
The book as a dictionary: what the contract of money says, for a machine that compares.

Nothing of the ledger's own code is used: shares are rounded up, documents take an amount in order,
what is given back leaves a paid document first and then the last one.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

LIMIT, RULE, STATE, DECIDED, ABSENT = (
    "limit_exceeded",
    "rule",
    "wrong_state",
    "already_decided",
    "not_found",
)


class Refused(Exception):
    """It is refused with this code; `lacking`: every account that lacks and what it has left."""

    def __init__(self, code: str, lacking: Mapping[str, int] | None = None) -> None:
        super().__init__(code)
        self.code, self.lacking = code, lacking


@dataclass
class Account:
    """One cap."""

    total: int = 0
    outside: int = 0
    posted: int = 0
    pending: int = 0
    frozen: int = 0
    state: str = "open"
    valid_to: int = 0

    @property
    def used(self) -> int:
        return self.outside + self.posted + self.pending + self.frozen

    @property
    def excess(self) -> int:
        return max(0, self.used - self.total)

    def available(self, day: int) -> int:
        if self.state != "open" or 0 < self.valid_to < day:
            return 0
        return max(0, self.total - self.used)


@dataclass
class Use:
    """A reservation or what became of it."""

    shares: dict[str, Fraction]
    carried: dict[str, int]  # By document, in order.
    left: int
    ends: dt.datetime | None
    state: str = "reserved"

    def occupied(self, left: int | None = None) -> dict[str, int]:
        """Return what it occupies of each account where so much is left of it."""
        amount = self.left if left is None else left
        found = {account: -(-share * amount // 1) for account, share in self.shares.items()}
        return {account: int(fen) for account, fen in found.items()} | self.filled(amount)

    def filled(self, amount: int) -> dict[str, int]:
        """Return what of an amount each document carries, in order, each up to what it has."""
        found = {}
        for document, most in self.carried.items():
            found[document] = min(amount, most)
            amount -= found[document]
        return found

    def give_back(self, amount: int, document: str | None) -> None:
        """Free an amount: what a paid document carried first, then the last."""
        order = ([document] if document else []) + list(reversed(self.carried))
        for each in order:
            gone = min(amount, self.carried[each])
            self.carried[each] -= gone
            amount -= gone


@dataclass
class Book:
    """Accounts and uses by name, the clock, and the business day."""

    now: dt.datetime
    day: int
    accounts: dict[str, Account] = field(default_factory=dict)
    uses: dict[str, Use] = field(default_factory=dict)

    def pass_time(self, seconds: int) -> None:
        """Let the clock go on: reservations past their time are gone, swept or not."""
        self.now += dt.timedelta(seconds=seconds)
        for use in self.uses.values():
            if use.state == "reserved" and use.ends is not None and use.ends <= self.now:
                self._move(use, "pending", use.occupied(), -1)
                use.state, use.left = "expired", 0

    def reserve(self, name: str, use: Use) -> None:
        """Take it as pending on every account, or name every one that lacks."""
        if name in self.uses:
            raise Refused(DECIDED)
        if use.left < 1:
            raise Refused(RULE)
        needed = use.occupied()
        lacking = {}
        for account, fen in needed.items():
            known = self.accounts.get(account)
            left = known.available(self.day) if known else 0
            if left < fen or known is None or known.state != "open":
                lacking[account] = left
        if lacking:
            raise Refused(LIMIT, lacking)
        self._move(use, "pending", needed, 1)
        use.carried = use.filled(use.left)
        self.uses[name] = use

    def post(self, name: str, amount: int) -> None:
        """Turn a part into a use; the rest is void."""
        use = self._reserved(name)
        if not 1 <= amount <= use.left:
            raise Refused(RULE)
        shut = {each: 0 for each in use.occupied() if self.accounts[each].state != "open"}
        if shut:
            raise Refused(LIMIT, shut)
        self._move(use, "pending", use.occupied(), -1)
        use.state, use.left, use.ends = "posted", amount, None
        use.carried = use.filled(amount)
        self._move(use, "posted", use.occupied(), 1)

    def void(self, name: str) -> None:
        """Give a reservation back."""
        use = self._reserved(name)
        self._move(use, "pending", use.occupied(), -1)
        use.state, use.left = "void", 0

    def release(self, name: str, amount: int, document: str | None) -> None:
        """Give back a part of what is used."""
        use = self._use(name)
        if use.state != "posted":
            raise Refused(STATE)
        if not 1 <= amount <= use.left:
            raise Refused(RULE)
        if document is not None and document not in use.carried:
            raise Refused(ABSENT)
        self._move(use, "posted", use.occupied(), -1)
        use.give_back(amount, document)
        use.left -= amount
        self._move(use, "posted", use.occupied(), 1)
        if not use.left:
            use.state = "released"

    def expire(self, name: str) -> None:
        """End one that is past its time: it is gone already."""
        raise Refused(STATE if self._use(name).state == "reserved" else DECIDED)

    def transfer(self, name: str, accounts: Mapping[str, str]) -> None:
        """Move what it occupies to other accounts."""
        use = self._use(name)
        if use.state not in ("reserved", "posted"):
            raise Refused(STATE)
        figure = "pending" if use.state == "reserved" else "posted"
        self._move(use, figure, use.occupied(), -1)
        use.shares = {accounts.get(each, each): share for each, share in use.shares.items()}
        self._move(use, figure, use.occupied(), 1)

    def freeze(self, name: str, amount: int | None) -> None:
        """Freeze an amount of what is available, or the whole account."""
        account = self._account(name)
        if account.state != "open":
            raise Refused(STATE)
        if amount is None:
            account.state = "frozen"
            return
        if amount < 1:
            raise Refused(RULE)
        if amount > account.available(self.day):
            raise Refused(LIMIT, {name: account.available(self.day)})
        account.frozen += amount

    def unfreeze(self, name: str, amount: int | None) -> None:
        """Take a freezing back."""
        account = self._account(name)
        if amount is not None and not 1 <= amount <= account.frozen:
            raise Refused(RULE)
        if amount is None and account.state != "frozen":
            raise Refused(STATE)
        if amount is None:
            account.state = "open"
        else:
            account.frozen -= amount

    def close(self, name: str) -> None:
        """Close the account of what has left."""
        self._account(name).state = "closed"

    def set_total(self, name: str, total: int, outside: int, valid_to: int) -> None:
        """Set what a run gives; what had left and is given again is open."""
        if min(total, outside) < 0:
            raise Refused(RULE)
        account = self.accounts.setdefault(name, Account())
        account.total, account.outside, account.valid_to = total, outside, valid_to
        if account.state == "closed":
            account.state = "open"

    def held(self, name: str, states: Sequence[str]) -> int:
        """Return what uses in these states occupy of an account."""
        live = [use for use in self.uses.values() if use.state in states]
        return sum(use.occupied().get(name, 0) for use in live)

    def _move(self, use: Use, figure: str, amounts: Mapping[str, int], sign: int) -> None:
        for name, fen in amounts.items():
            account = self.accounts[name]
            setattr(account, figure, getattr(account, figure) + sign * fen)

    def _reserved(self, name: str) -> Use:
        use = self._use(name)
        if use.state != "reserved":
            raise Refused(DECIDED)
        return use

    def _use(self, name: str) -> Use:
        if name not in self.uses:
            raise Refused(ABSENT)
        return self.uses[name]

    def _account(self, name: str) -> Account:
        if name not in self.accounts:
            raise Refused(ABSENT)
        return self.accounts[name]
