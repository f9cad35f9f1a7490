"""Fees as a firm reads them before it signs: when each is charged, and how much."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.lending.loans.fees import FEE_FEN_MAX
from app.platform.web.money import amount
from app.platform.web.texts import Texts

PER_CENT = 100


def fee_lines(fees: Sequence[Mapping[str, Any]], t: Texts) -> Sequence[str]:
    """
    Return a line for each fee.

    Args:
        fees: What a plan or quote tells of each.
        t: The reader's words.
    """
    return [_line(each, t) for each in fees]


def _line(fee: Mapping[str, Any], t: Texts) -> str:
    if fee["share"] is None:
        how = t("fee_fixed", amount=_yuan(fee["fen"], t))
    else:
        share = f"{(Decimal(fee['share']) * PER_CENT).normalize():f}%"
        how = t(f"fee_of_{fee['of']}", share=share)
        how += t("fee_floor", amount=_yuan(fee["floor_fen"], t)) if fee["floor_fen"] else ""
        is_capped = fee["cap_fen"] < FEE_FEN_MAX
        how += t("fee_cap", amount=_yuan(fee["cap_fen"], t)) if is_capped else ""
    when = t(f"fee_when_{fee['when']}")
    return t("fee_words", label=fee[t.language], when=when, amount=how)


def _yuan(fen: int, t: Texts) -> str:
    return amount(fen, t.language).exact
