"""Fees as a product says them: none where nothing is written."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from app.books.rules.pack import RulesInForce
from app.lending.loans.fees import FEE_FEN_MAX, SHARED, FeeOf, FeeTerms, FeeWhen
from app.policy.schemas.entries import Strict, Whole, Wording
from app.policy.schemas.second import PartNumber

PREPAYMENT_FREE = "fee.prepayment_free"
FeeFen = Annotated[Whole, Field(ge=1, le=FEE_FEN_MAX)]


class FeeEntry(Strict):
    """A fee: when, and either fixed or a share of something, held between floor and cap."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
    labels: Wording
    when: FeeWhen
    fen: FeeFen | None = None
    share: PartNumber | None = Field(None, validate_default=True)
    of: FeeOf | None = None
    floor_fen: FeeFen | None = None
    cap_fen: FeeFen | None = None

    @field_validator("share")
    @classmethod
    def _one_of_two(cls, share: Any, info: ValidationInfo) -> Any:
        """Return the share, or raise `ValueError` where the fee is not said in one way."""
        if "fen" in info.data and (share is None) is (info.data["fen"] is None):
            raise ValueError("a fee is either fen or a share, one of them")
        if share is not None and not share:
            raise ValueError("must be above 0; a fee of nothing is none")
        return share

    @field_validator("of", "floor_fen", "cap_fen")
    @classmethod
    def _of_a_share(cls, value: Any, info: ValidationInfo) -> Any:
        """Return what is said of a share, or raise `ValueError` where the fee is fixed."""
        if value is not None and info.data.get("fen") is not None:
            raise ValueError("is said of a share alone")
        return value

    @field_validator("of")
    @classmethod
    def _as_the_occasion(cls, of: FeeOf | None, info: ValidationInfo) -> FeeOf | None:
        """Return of what the share is, or raise `ValueError` where it has none of it then."""
        when: FeeWhen | None = info.data.get("when")
        if of is not None and when is not None and of not in SHARED[when]:
            raise ValueError(f"a share of {when} is one of {', '.join(SHARED[when])}")
        return of

    @field_validator("cap_fen")
    @classmethod
    def _not_below(cls, cap: int | None, info: ValidationInfo) -> int | None:
        """Return the cap, or raise `ValueError` where it is below the floor."""
        floor = info.data.get("floor_fen")
        if cap is not None and floor is not None and cap < floor:
            raise ValueError(f"must not be below floor_fen, which is {floor}")
        return cap

    def terms(self) -> FeeTerms:
        """Return it as a contract has it."""
        return FeeTerms(
            id=self.id,
            zh=self.labels.zh,
            en=self.labels.en,
            when=self.when,
            of=self.of or SHARED[self.when][0],
            fen=self.fen,
            share=self.share,
            floor_fen=self.floor_fen or 0,
            cap_fen=self.cap_fen or FEE_FEN_MAX,
        )


def charged_by(
    entries: Sequence[FeeEntry], size: str | None, rules: RulesInForce
) -> tuple[FeeTerms, ...]:
    """
    Return the fees that a product may charge a firm: of a prepayment none where the rules say so.

    Args:
        entries: What the product says.
        size: The size of the firm; one that nobody knows may be one that is spared.
        rules: The rules in force.
    """
    spared = rules.text(PREPAYMENT_FREE)
    is_free = bool(spared) and (size is None or size in spared)
    return tuple(e for e in terms_of_fees(entries) if e.when != "prepayment" or not is_free)


def terms_of_fees(entries: Sequence[FeeEntry]) -> tuple[FeeTerms, ...]:
    """Return the fees of a product as its contracts have them."""
    return tuple(each.terms() for each in entries)
