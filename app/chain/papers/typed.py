"""What a holder of vouchers typed in a form, and what that means."""

import re
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, fields
from typing import Annotated

from fastapi import Depends, Request

from app.books.ledger.forms import OrderSent, OrderSentDep
from app.books.ledger.orders import Key
from app.chain.vouchers.schemas import (
    FEN_MAX,
    FIRM_LENGTH_MAX,
    PARTS_MAX,
)
from app.platform.auth.principals import Principal
from app.platform.http.forms import SentForm
from app.platform.web.money import fen_of
from app.platform.web.unfit import UnfitField

PARTS_MIN = 2
_BETWEEN = re.compile(r"[\s;；、]+")


@dataclass(frozen=True, slots=True)
class TypedVoucher:
    """The fields of forms that split and pass on; amounts are of yuan."""

    holder: str = ""
    amount: str = ""
    parts: str = ""

    def new_holder(self) -> str:
        """
        Return the firm that was typed.

        Raises:
            UnfitField: There is none, or more than an id may have.
        """
        firm = self.holder.strip()
        if not 1 <= len(firm) <= FIRM_LENGTH_MAX:
            raise UnfitField("holder")
        return firm

    def amount_fen(self) -> int | None:
        """
        Return the fen of the amount; None where none was typed.

        Raises:
            UnfitField: It is no positive amount of yuan.
        """
        return _fen(self.amount, "amount") if self.amount.strip() else None

    def parts_fen(self) -> list[int]:
        """
        Return the fen of each part; whether they sum to what is held, the book says.

        Raises:
            UnfitField: One is no positive amount of yuan, or they are too few or too many.
        """
        typed = [each for each in _BETWEEN.split(self.parts) if each]
        if not PARTS_MIN <= len(typed) <= PARTS_MAX:
            raise UnfitField("parts", most=PARTS_MAX)
        return [_fen(each, "part") for each in typed]


def _fen(text: str, field: str) -> int:
    found = fen_of(text)
    if found is None or found > FEN_MAX:
        raise UnfitField(field)
    return found


@dataclass(frozen=True, slots=True)
class VoucherSent:
    """A form of vouchers as it was sent: its order, and what was typed."""

    sent: OrderSent
    typed: TypedVoucher

    def order(self, request: Request, who: Principal) -> AbstractContextManager[Key]:
        """Return what yields the key under which it counts once (see `OrderSent.order`)."""
        return self.sent.order(request, who, asdict(self.typed))


async def _sent(form: SentForm, order: OrderSentDep) -> VoucherSent:
    def lines(name: str) -> str:
        """Return what was typed in all fields of a name."""
        return "\n".join(each for each in form.getlist(name) if isinstance(each, str))

    return VoucherSent(order, TypedVoucher(*(lines(each.name) for each in fields(TypedVoucher))))


VoucherSentDep = Annotated[VoucherSent, Depends(_sent)]
