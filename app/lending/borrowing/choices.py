"""What each product would lend on what a firm has typed, side by side; nothing of it is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.lending.borrowing.own_chains import OwnPaper
from app.lending.borrowing.typed import TypedLoan
from app.lending.decisions import service as decisions
from app.lending.products import service as products
from app.platform.auth.principals import Principal
from app.platform.auth.sight import sight_of
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import AppError

MONTHLY = ("bullet_monthly", "equal_principal", "equal_instalment")
DOCUMENTS = "documents"
DAYS, DAYS_OF_MONTH, DIGITS_MAX = 90, 30, 6
YUAN_FEN = 100
ROUND_FEN = 100_000  # What is suggested is whole thousands of yuan.


@dataclass(frozen=True, slots=True)
class LoanChoice:
    """A product, what would be asked of it, and what would be decided or stands against it."""

    product: Document
    typed: TypedLoan
    quote: Document | None
    refused: AppError | None = None

    @property
    def schedule(self) -> Document | None:
        """Return when what is offered would be paid back; None where nothing is."""
        found: Document | None = self.quote and self.quote["schedule"]
        return found

    @property
    def figures(self) -> Mapping[str, Any]:
        """Return what a firm compares: amount, rate, interest, rows, the first of them."""
        if self.quote is None or self.schedule is None:
            return {}
        items = self.schedule["items"]
        first = items[0]
        return {
            "amount_fen": self.quote["amount_fen"],
            "rate": self.quote["rate"],
            "interest_fen": self.schedule["total_interest_fen"],
            "paid_out_fen": self.schedule["proceeds_fen"],
            "rows": len(items),
            "first_on": str(first["due_on"]),
            "first_fen": first["principal_fen"] + first["interest_fen"] + first["fees_fen"],
            "fees_fen": self.schedule["total_fees_fen"],
            "effective_rate": self.schedule["effective_rate"],
            "fees": self.schedule["fees"],
            "last_on": str(items[-1]["due_on"]),
        }


def products_now(resources: Resources, who: Principal) -> Sequence[Document]:
    """Return the products in force, as the firm may see them."""
    found: Sequence[Document] = products.document(resources, None, sight_of(who))["items"]
    return found


def on_documents(held: Sequence[Document]) -> str:
    """Return the product that lends on documents; empty where none in force does."""
    return next((str(each["id"]) for each in held if each["path"] == DOCUMENTS), "")


def filled(
    typed: TypedLoan,
    held: Sequence[Document],
    chains: Sequence[Document],
    papers: Sequence[OwnPaper],
    most_fen: int,
) -> TypedLoan:
    """
    Return what was typed, with what is likely where nothing was.

    Args:
        typed: What was typed.
        held: The products in force.
        chains: The firm's limits.
        papers: The documents that it holds.
        most_fen: What it can get.
    """
    known = {each["id"]: each for each in held}
    product = known.get(typed.product) or _likely(held, papers)
    on_papers = product is not None and product["path"] == DOCUMENTS
    cores = [each.core for each in papers] if on_papers else [row["id"] for row in chains]
    core = typed.core or (cores[0] if cores else "")
    amount = typed.amount or _yuan(max(most_fen - most_fen % ROUND_FEN, ROUND_FEN))
    named = product["id"] if product and not typed.product else typed.product
    told = replace(typed, product=named, core=core, amount=amount)
    return told if product is None else fitted(told, product, papers)


def fitted(typed: TypedLoan, product: Document, papers: Sequence[OwnPaper]) -> TypedLoan:
    """
    Return what would be asked of a product: as typed, where the product allows that.

    Args:
        typed: What was typed.
        product: The product.
        papers: The documents that the firm holds.
    """
    kinds, purposes = product["repayment"], product["purpose"]
    repayment = typed.repayment if typed.repayment in kinds else kinds[0]
    on_papers = product["path"] == DOCUMENTS
    own = [each for each in papers if each.core == typed.core] if on_papers else []
    days, months = typed.tenor_days, typed.tenor_months
    if not (days or months):
        days = str(min(max(each.days for each in own), DAYS)) if own else str(DAYS)
    if repayment in MONTHLY and not months:
        days, months = "", _months(days)
    return replace(
        typed,
        product=product["id"],
        repayment=repayment,
        purpose=typed.purpose if typed.purpose in purposes else purposes[0],
        tenor_days=days,
        tenor_months=months,
        documents=(typed.documents or tuple(each.account for each in own)) if on_papers else (),
    )


def suggested(choice: LoanChoice | None) -> TypedLoan | None:
    """Return what a product would lend of the most there is, to be asked for; None: all of it."""
    quote = choice.quote if choice else None
    if choice is None or not quote or not quote["amount_fen"]:
        return None
    fen = quote["amount_fen"]
    if fen >= quote["asked"]["amount_fen"]:
        return None
    return replace(choice.typed, amount=_yuan(max(fen - fen % ROUND_FEN, ROUND_FEN)))


def choices_of(
    resources: Resources,
    who: Principal,
    typed: TypedLoan,
    held: Sequence[Document],
    papers: Sequence[OwnPaper],
) -> Sequence[LoanChoice]:
    """Return what each product in force would lend, the one that was typed as it was typed."""
    return [
        choice_of(
            resources,
            who,
            each,
            typed if each["id"] == typed.product else fitted(typed, each, papers),
        )
        for each in held
    ]


def choice_of(
    resources: Resources, who: Principal, product: Document, typed: TypedLoan
) -> LoanChoice:
    """Return what a product would lend on what is typed, or what stands against it."""
    try:
        asked = typed.asked(who.firm or "")
        return LoanChoice(product, typed, decisions.quote(resources, asked, sight_of(who)))
    except AppError as refused:
        return LoanChoice(product, typed, None, refused)


def _likely(held: Sequence[Document], papers: Sequence[OwnPaper]) -> Document | None:
    """Return the product to begin with: on documents where there are any."""
    fitting = [each for each in held if (each["path"] == DOCUMENTS) == bool(papers)]
    return next(iter(fitting or held), None)


def _months(days: str) -> str:
    known = days.isascii() and days.isdigit() and len(days) <= DIGITS_MAX
    return str(max(1, (int(days) if known else DAYS) // DAYS_OF_MONTH))


def _yuan(fen: int) -> str:
    return f"{fen // YUAN_FEN:,}"
