"""What people of a bank do, one step at a time, whether they ask by the interface or by pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from app.platform.auth.principals import Role

Node = dict[str, Any]
LEFT_OUT = ("rejected", "cancelled")


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody who may sign in, and for which firm."""

    name: str
    password: str
    role: Role
    firm: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to yes: what to do, with which buyer; the documents to name when asking again."""

    steps: Sequence[tuple[str, str]]
    documents: Sequence[str]
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: on documents by the ids of their accounts, without them on trade."""

    core: str
    product: str
    amount_fen: int
    documents: Sequence[str] = ()
    repayment: str = "bullet"
    days: int = 0
    months: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the machine answers to an application."""

    application: str
    state: str
    outcome: str
    amount_fen: int
    reasons: Sequence[str]
    ways: Sequence[Way]


class Refused(Exception):
    """Something stands against a step: its code, which accounts lack, in words."""

    def __init__(self, code: str, accounts: Sequence[str] = (), words: str = "") -> None:
        super().__init__(code, *accounts, words)
        self.code = code
        self.accounts = frozenset(accounts)


class Person(Protocol):
    """Somebody who is signed in; each step that is refused raises `Refused`."""

    def limit_fen(self, core: str) -> int:
        """Return what their firm may borrow in a chain."""

    def held_fen(self) -> int:
        """Return what their firm holds of vouchers."""

    def can_finance(self, core: str, paper: str) -> bool:
        """Return whether something can be borrowed on a document, by the id of its account."""

    def confirm(self, number: str) -> None:
        """Confirm what their firm owes."""

    def settle_late(self) -> None:
        """Pay the vouchers that their firm did not pay when they fell due."""

    def issue(self, holder: str, amount_fen: int, due_on: str) -> str:
        """Return the voucher that they issue."""

    def accept_voucher(self, voucher: str) -> None:
        """Accept a voucher."""

    def split(self, voucher: str, parts: Sequence[int]) -> Sequence[str]:
        """Return the parts of a voucher, in the order asked for."""

    def pass_on(self, voucher: str, holder: str) -> str:
        """Return the part that waits for its new holder."""

    def tree(self, voucher: str) -> Node:
        """Return a voucher as they see it, with `parts` below each."""

    def ask(self, asked: Asked) -> Answer:
        """Return what is answered."""

    def state(self, application: str) -> str:
        """Return in which state an application is."""

    def accept(self, application: str) -> None:
        """Accept an offer."""

    def withdraw(self, application: str) -> None:
        """Withdraw an application."""

    def sign(self, application: str) -> None:
        """Sign the contract, as it was read."""

    def file_account(self, application: str, account: str) -> None:
        """Ask for an account on file, to which an application is paid."""

    def draw(self, application: str, amount_fen: int, account: str) -> str:
        """Return the loan that is drawn."""

    def owed_fen(self, loan: str) -> int:
        """Return all that is owed on a loan today."""

    def repay(self, loan: str, amount_fen: int) -> int:
        """Return what is left of a loan after a payment, due or not."""

    def recommend(self, application: str, amount_fen: int) -> None:
        """Recommend to approve."""

    def decide(self, application: str) -> None:
        """Decide as recommended."""

    def approve(self, thing: str) -> None:
        """Approve what waits for a second person about a firm or an account."""

    def reserve(self, core: str, firm: str, amount_fen: int, documents: Sequence[str]) -> None:
        """Reserve on an account of a chain."""

    def freeze(self, account: str, amount_fen: int) -> None:
        """Freeze a part of an account."""

    def unfreeze(self, account: str, amount_fen: int) -> None:
        """Ask that it is released."""

    def available_fen(self, account: str) -> int:
        """Return what an account leaves."""

    def frozen_fen(self, account: str) -> int:
        """Return what is frozen of an account."""


def sums(node: Node) -> bool:
    """Return whether face = parts + financed + held at a node and at all below it."""
    live = [each for each in node["parts"] if each["state"] not in LEFT_OUT]
    parts = sum(each["fen"] for each in live)
    return bool(node["fen"] == parts + node["financed"] + node["held"]) and all(map(sums, live))


def nodes(node: Node) -> list[tuple[str, str, int]]:
    """Return tier, state and face of a node and of all below it, sorted."""
    own = (str(node["tier"]), str(node["state"]), int(node["fen"]))
    return sorted([own, *(each for part in node["parts"] for each in nodes(part))])
