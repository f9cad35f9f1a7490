"""What is asked of the bank and what it decides, as plain values and in their JSON form."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.platform.documents import Document

APPROVED, REFERRED, DECLINED = "approved", "referred", "declined"
REASONS_MAX = 4
Figure = int | str | None
HELD = "limit/smallest/funding/documents/held"
CAPACITY = "limit/smallest/funding/relation/unscaled/capacity"
ON_BUYERS = f"{CAPACITY}/base/claim:"  # Before the firm that a leaf is about.
FROM_BUYERS = f"{HELD}/from:"
DISPUTED_OF = "rate/rate_less_dilution/excess/above_free/dilution/returned_share/returned/disputed"
ACTS_ON_BUYERS: Mapping[str, str] = {  # What changes of a claim, and what does it.
    "claim/gross/receivables": "claim",
    "rate/rate_top": "order",
    "overdue": "overdue",
    DISPUTED_OF: "dispute",
}
ACTS: Mapping[str, str] = {  # By the last code of a leaf.
    "held": "confirm",
    "accepted": "accept",
    "need_total": "statement",
    "sales": "sales",
    "worst": "buyer",
}


class DocumentRef(NamedTuple):
    """A document that is to carry a loan."""

    kind: str  # `receivable` or `voucher`.
    number: str

    @property
    def account(self) -> str:
        """Return the id of its account."""
        return f"{self.kind}:{self.number}"


class Asked(NamedTuple):
    """
    What a firm asks for, or somebody for it.

    `core` is None without a core. The tenor is told in days or in months; with `documents` the
    whole amount is carried by them.
    """

    core: str | None
    firm: str
    product: str
    amount_fen: int
    tenor_days: int | None
    tenor_months: int | None
    repayment: str
    documents: tuple[DocumentRef, ...] = ()
    purpose: str = ""
    programme: str | None = None

    def document(self) -> Document:
        """Return it as JSON knows it."""
        return self._asdict() | {"documents": [each._asdict() for each in self.documents]}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Asked":
        """Return what `document` has told."""
        documents = tuple(DocumentRef(**each) for each in told["documents"])
        return cls(**{**told, "documents": documents})


class LoanReason(NamedTuple):
    """Why a decision is as it is: a code that stays, and words."""

    code: str
    zh: str
    en: str


class PathStep(NamedTuple):
    """
    One change that leads to yes; those with the same `set` do so together only.

    `was` and `to` are in the unit of the leaf, `amount_fen` is what the tree then gives, and
    `documents` are to be named when the firm asks again.
    """

    leaf: str
    was: Figure
    to: Figure
    unit: str
    zh: str
    en: str
    amount_fen: int
    set: int
    documents: tuple[DocumentRef, ...] = ()

    def document(self) -> Document:
        """Return it as JSON knows it."""
        told = self._asdict()
        told["documents"] = [each._asdict() for each in self.documents]
        return {("from" if name == "was" else name): value for name, value in told.items()}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "PathStep":
        """Return what `document` has told."""
        named = {("was" if name == "from" else name): value for name, value in told.items()}
        return cls(**{**named, "documents": tuple(DocumentRef(**d) for d in told["documents"])})


def act_of(leaf: str) -> tuple[str, str]:
    """
    Return what changes a leaf of a path to yes, and the buyer that it is about or "".

    Example:
        >>> act_of(f"{HELD}/from:ORE"), act_of(HELD)
        (('pass', 'ORE'), ('confirm', ''))
    """
    if leaf.startswith(FROM_BUYERS):
        return "pass", leaf.removeprefix(FROM_BUYERS)
    if not leaf.startswith(ON_BUYERS):
        return ACTS.get(leaf.rpartition("/")[2], ""), ""
    rest = leaf.removeprefix(ON_BUYERS)
    ending = next((each for each in ACTS_ON_BUYERS if rest.endswith(f"/{each}")), "")
    if not ending:
        return "", ""
    return ACTS_ON_BUYERS[ending], rest.removesuffix(f"/{ending}")


class LoanDecision(NamedTuple):
    """
    What was decided, and from what.

    `authority` says whose decision it takes: `machine`, `one`, `two` or `committee`; `level` where
    people decide, that of their unit. `rate` is a decimal, None where nothing can be priced.
    """

    id: str
    outcome: str
    amount_fen: int
    rate: str | None
    tenor_days: int
    reasons: tuple[LoanReason, ...]
    path_to_yes: tuple[PathStep, ...]
    authority: str
    level: str | None
    version: int
    run: str
    book: int
    policy: str
    models: Sequence[str]
    inputs_hash: str

    def document(self) -> Document:
        """Return it as JSON knows it."""
        return {
            **self._asdict(),
            "reasons": [each._asdict() for each in self.reasons],
            "path_to_yes": [each.document() for each in self.path_to_yes],
            "models": list(self.models),
        }

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "LoanDecision":
        """Return what `document` has told."""
        reasons = tuple(LoanReason(**each) for each in told["reasons"])
        path = tuple(PathStep.of(each) for each in told["path_to_yes"])
        parts = {"reasons": reasons, "path_to_yes": path, "models": tuple(told["models"])}
        return cls(**{**told, **parts})


class Decided(NamedTuple):
    """A decision, on what, and the inputs that it is made from again, as canonical JSON."""

    decision: LoanDecision
    inputs: bytes
    asked: Asked
