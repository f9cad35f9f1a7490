"""
Paying out through a port, under a key: the same key is the same payment, however often it is sent.

Where there is no answer it is asked again with the same key, and what it has done it finds done.
"""

from typing import Literal, NamedTuple, Protocol


class Disbursement(NamedTuple):
    """
    What is paid out: under which key, to which account, how much.

    From there it is paid on to the payee, where one is named (entrusted payment).
    """

    key: str
    account: str
    amount_fen: int
    payee: str = ""


class Disburser(Protocol):
    """Who pays out."""

    def pay_out(self, asked: Disbursement) -> Literal["paid", "refused"]:
        """
        Return what became of it.

        Raises:
            NoAnswer: There was no answer: whether it is paid is not known.
        """
        ...


class BuiltInDisburser:
    """Books it, and nothing else: the book is what is paid."""

    def pay_out(self, asked: Disbursement) -> Literal["paid", "refused"]:
        """Return that it is paid."""
        return "paid" if asked.amount_fen > 0 else "refused"
