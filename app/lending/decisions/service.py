"""Deciding on what is asked, and quoting what would be decided."""

import json
from collections.abc import Callable
from decimal import Decimal

from app.chain.accounts.service import names
from app.chain.limits.allowed import OWN_LIMIT
from app.chain.limits.documents import results_of
from app.chain.limits.withheld import seen
from app.chain.limits.words import document
from app.data.versions.service import AskedVersion
from app.lending.decisions.deciding import decided_from
from app.lending.decisions.forms import Asked, Decided, LoanDecision
from app.lending.decisions.gathering import inputs_of
from app.lending.decisions.plain import term_of
from app.lending.decisions.replaying import replayed
from app.lending.decisions.repository import DecisionRow, count, fees_in, following, one
from app.lending.loans.fees import FeeTerms
from app.lending.pricing import plans
from app.lending.pricing.plans import PlanAsked
from app.lending.pricing.service import label
from app.platform.auth.sight import EVERYTHING, Sight
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Absent

ID_BYTES = 10
PAGE_ROWS = 100  # Their inputs are long.
DIFFERING_MAX = 100  # Told of all that are replayed.


def decide(
    resources: Resources,
    asked: Asked,
    sight: Sight = EVERYTHING,
    *,
    without: str | None = None,
) -> Decided:
    """
    Return what is decided on what is asked, with the inputs; nothing of it is kept.

    Args:
        resources: What the process has open.
        asked: What is asked for.
        sight: Of who asks: a firm asks for itself, in chains that it stands in.
        without: A reservation that stands for what is asked: it takes no room from it.

    Raises:
        Absent: There is no such product, firm or core, or no version yet.
        RuleBroken: It is outside the product, or a document is none of the firm's.
        Unready: Policies, rules, products or the organisation cannot be used.
    """
    _check_reader(resources, asked, sight)
    inputs = inputs_of(resources, asked, resources.new_name(ID_BYTES), without=without)
    return Decided(decided_from(inputs), inputs, asked)


def quote(resources: Resources, asked: Asked, sight: Sight) -> Document:
    """
    Return what would be decided now, with the schedule of what is offered; nothing is kept.

    Raises:
        Absent: There is no such product, firm or core, or no version yet.
        RuleBroken: It is outside the product, or a document is none of the firm's.
        Unready: Policies, rules, products or the organisation cannot be used.
    """
    decided = decide(resources, asked, sight)
    decision = decided.decision
    return {
        **decision.document(),
        "id": None,
        "asked": asked.document(),
        "schedule": _schedule(resources, asked, decision, fees_in(decided.inputs)),
    }


def read(resources: Resources, name: str, sight: Sight) -> Document:
    """
    Return a decision that was kept, with its derivation.

    To the firm itself the tree is withheld as a limit's, and the inputs are the bank's alone.

    Raises:
        Absent: There is none of this id, or it is somebody else's.
    """
    row = _row(resources, name, sight)
    inputs = json.loads(row.inputs)
    found, name_of = inputs["found"], names(resources)
    limit = None if found["limit"] is None else term_of(found["limit"])
    shown: Document = {
        "inputs": row.inputs,
        "price": document(term_of(found["price"]), name_of, label),
    }
    if not sight.is_whole:
        shown = {"inputs": None, "price": None}
        limit = limit and seen(limit, OWN_LIMIT, inputs["head"]["run"]).tree
    return {
        **json.loads(row.told),
        "application": row.application,
        "event": row.event,
        "asked": inputs["asked"],
        "derivation": None if limit is None else document(limit, name_of),
        **shown,
    }


def replay(resources: Resources, name: str, sight: Sight = EVERYTHING) -> Document:
    """
    Return whether a decision that was kept comes out the same again, and what differs.

    Raises:
        Absent: There is none of this id, or it is somebody else's.
    """
    return replayed(_row(resources, name, sight))


def replay_all(resources: Resources, tell: Callable[[str, float | None], None]) -> Document:
    """
    Return of how many decisions all or some come out the same again; those that do not are told.

    Args:
        resources: What the process has open.
        tell: Takes what is done and the share of it that is done.
    """
    wanted, done, differ, after = count(resources.records), 0, 0, ""
    differing: list[Document] = []
    while done < wanted:  # What is decided meanwhile is left to the next time.
        page = following(resources.records, after, min(PAGE_ROWS, wanted - done))
        if not page:
            break
        for row in page:
            found = replayed(row)
            differ += not found["same"]
            if not found["same"] and len(differing) < DIFFERING_MAX:
                differing.append(found)
        done, after = done + len(page), page[-1].decision
        tell(f"{done:,} of {wanted:,} decisions", done / wanted)
    return {"same": not differ, "decisions": done, "differ": differ, "differing": differing}


def _row(resources: Resources, name: str, sight: Sight) -> DecisionRow:
    row = one(resources.records, name)
    if row is None or not (sight.is_whole or sight.is_own(row.firm)):
        raise Absent(f"no decision {name!r}")
    return row


def _check_reader(resources: Resources, asked: Asked, sight: Sight) -> None:
    """
    Raise where somebody asks for a firm that is not theirs, or in a chain that they do not know.

    Raises:
        Absent: They do.
    """
    if sight.is_whole:
        return
    if not sight.is_own(asked.firm):
        raise Absent(f"no firm {asked.firm!r}")
    results = results_of(resources, AskedVersion(), EVERYTHING)
    if not results.knows(asked.firm):
        raise Absent(f"no firm {asked.firm!r}")
    if asked.core is not None and asked.core not in results.chains_of(asked.firm):
        raise Absent(f"no core {asked.core!r}")


def _schedule(
    resources: Resources, asked: Asked, decision: LoanDecision, fees: tuple[FeeTerms, ...]
) -> Document | None:
    """Return when what is offered would be paid back; None where nothing is."""
    if not decision.amount_fen or decision.rate is None:
        return None
    planned = PlanAsked(
        *(asked.product, decision.amount_fen, Decimal(decision.rate), asked.repayment),
        *(asked.tenor_days, asked.tenor_months),
    )
    found = plans.document(resources, planned, fees)
    names = ("drawn_on", "proceeds_fen", "items", "total_interest_fen")
    return {name: found[name] for name in (*names, *plans.OF_FEES)}
