"""What to lend, proposed: gathered, solved, kept under its name, read again."""

from app.books.business_day import business_day
from app.books.rules.service import rules_on
from app.chain.limits.documents import NoRun, results_in
from app.chain.limits.results import Results, open_results
from app.data.versions.service import AskedVersion, policy_of, version_and_run
from app.lending.products.book import ProductBook
from app.platform.auth.sight import EVERYTHING
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Busy, Unready
from app.platform.process.locks import LOCKS, locked
from app.risk.exposures.caps import caps_of as exposure_caps
from app.risk.portfolio import documents
from app.risk.portfolio.gathering import Appetite, GatheredProblem, gathered
from app.risk.portfolio.repository import CAPS, ITEMS, ProposalFolder
from app.risk.portfolio.standing import BankStanding
from graph.portfolio import LendingModel

SECONDS_MAX = 300.0  # Of one solution.
CHAINED = ("chain", "relation")  # Accounts of a firm in a chain.
CAPS_SHOWN = 100  # The dearest.


def folder_of(resources: Resources) -> ProposalFolder:
    """Return the proposals of a data folder."""
    return ProposalFolder(resources.runs / "portfolios")


def propose(resources: Resources, budget_fen: int | None = None) -> str:
    """
    Propose what to lend now, keep it and return its name; the same again is kept once.

    Args:
        resources: What this process has open.
        budget_fen: What to lend at most in all; by default what the caps allow.

    Raises:
        Absent: No version is published yet, its run looked for no groups, or has none.
        Busy: Something is being proposed.
        NotConverged: No solution was found in time.
    """
    lock = resources.home / LOCKS / "portfolio.lock"
    try:
        with locked(lock, seconds=0):
            return _proposed(resources, budget_fen)
    except Unready as error:
        if lock.name in str(error):
            raise Busy("something is being proposed already; come again") from error
        raise


def _proposed(resources: Resources, budget_fen: int | None) -> str:
    results = _results(resources)
    found, facts = _gathered(resources, results, budget_fen)
    proposal = LendingModel(found.problem, seconds_max=SECONDS_MAX).proposal()
    head = documents.head_of(found, proposal, facts)
    tables = {
        ITEMS: documents.items_of(found, proposal),
        CAPS: documents.caps_of(found, proposal),
    }
    folder_of(resources).save(head, tables)
    return str(head["id"])


def _results(resources: Resources) -> Results:
    """Return the newest run of the version that is read."""
    version, run = version_and_run(resources, AskedVersion(None))
    if run is None:
        raise NoRun(f"version {version.number} has no limits yet: run `deeptier refresh`")
    results_in(resources, run.folder, EVERYTHING)  # Set apart where it is not as it was saved.
    return open_results(resources.runs / run.folder)


def _gathered(
    resources: Resources, results: Results, budget_fen: int | None
) -> tuple[GatheredProblem, Document]:
    """Return the problem of what to lend, and what it was made from."""
    day = business_day(resources)
    policy = policy_of(resources, day)
    sector_caps = exposure_caps("sector", rules_on(resources, day), policy)
    appetite = Appetite(policy, min(cap.cap_fen for cap in sector_caps), budget_fen)
    products = ProductBook(resources.settings.policy).on(day)
    facts = {
        "version": results.head.version,
        "as_of": day.isoformat(),
        "policy": policy.version,
        "run": results.head.run,
        "budget_fen": budget_fen,
    }
    return gathered(BankStanding(resources, results), products, appetite), facts


def caps_over(resources: Resources, core: str, firm: str) -> list[Document]:
    """
    Return the caps over the limit of a firm in a chain of which more would earn, with words.

    Args:
        resources: What this process has open.
        core: The core of the chain.
        firm: The firm.

    Raises:
        Absent: Nothing was proposed yet.
        Damaged: The proposal is not as it was saved.
    """
    folder = folder_of(resources)
    own = {"bank", f"core:{core}", f"firm:{firm}", *(f"{of}:{core}:{firm}" for of in CHAINED)}
    caps = folder.rows(folder.newest(), CAPS)
    return [documents.worded(cap) for cap in caps if cap["id"] in own]


def shown(
    resources: Resources, name: str | None, *, core: str | None, firm: str | None
) -> Document:
    """
    Return a proposal: what it comes to, who would be lent what, what more of each cap would earn.

    Args:
        resources: What this process has open.
        name: Which one; by default the newest without a budget.
        core: Only what is of this core.
        firm: Only what is of this firm.

    Raises:
        Absent: There is no such proposal, or none yet.
        Damaged: It is not as it was saved.
    """
    folder = folder_of(resources)
    found = folder.newest() if name is None else name
    caps = documents.about(folder.rows(found, CAPS), core, firm)
    return {
        **folder.head(found),
        "caps": [documents.worded(cap) for cap in caps[:CAPS_SHOWN]],
        "caps_left_out": max(0, len(caps) - CAPS_SHOWN),
        "items": documents.about(folder.rows(found, ITEMS), core, firm),
    }
