"""Documents of limits: a chain with its firms, one firm with its derivation, a firm everywhere."""

from contextlib import suppress
from typing import Any

from app.chain.limits.results import open_results
from app.chain.limits.shown import Shown
from app.chain.limits.stored import is_damaged, lock_of
from app.data.runs.repository import run_named
from app.data.versions.service import AskedVersion, version_and_run
from app.platform.auth.sight import Sight
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Absent, Unready
from app.platform.process.locks import DAMAGED, locked
from graph.digests import set_apart
from graph.errors import Damaged, NotFound

AGAIN = "the next refresh computes it again"


class NoRun(Absent):
    """The version's limits have not been computed yet."""

    code = "no_run"


def results_of(resources: Resources, asked: AskedVersion, sight: Sight) -> Shown:
    """
    Return what a reader sees of the newest run of the version that is asked for.

    Raises:
        Absent: There is no such version.
        NoRun: No run of it has finished yet.
    """
    version, run = version_and_run(resources, asked)
    if run is None:
        raise NoRun(f"version {version.number} has no limits yet: run `deeptier refresh`")
    return results_in(resources, run.folder, sight)


def results_named(resources: Resources, run: str, sight: Sight) -> Shown:
    """
    Return what a reader sees of a run by its name, as a cursor holds it.

    Raises:
        NoRun: There is no such run.
    """
    row = run_named(resources.records, run)
    if row is None:
        raise NoRun(f"no run {run!r}")
    return results_in(resources, row.folder, sight)


def results_in(resources: Resources, name: str, sight: Sight) -> Shown:
    """
    Return what a reader sees of the run in a folder that the records know.

    A run that is not as it was saved is set apart; the next refresh computes it again.

    Raises:
        Damaged: It is not as it was saved, or is gone.
    """
    folder = resources.runs / name
    try:
        return Shown(open_results(folder), sight)
    except NotFound as error:
        raise Damaged(f"run {name} is gone from the data folder: {AGAIN}") from error
    except Damaged as error:
        with suppress(Unready), locked(lock_of(folder), seconds=0):
            if is_damaged(folder):
                set_apart(folder, resources.home / DAMAGED, str(error))
        raise Damaged(f"run {error}: {AGAIN}") from error


def head(results: Shown, core: str) -> Document:
    """
    Return what every document of a chain says first.

    Raises:
        NotFound: There is no such firm.
    """
    return {"core": {"id": core, "name": results.name(core)}, **results.head.document()}


def chain(
    results: Shown,
    core: str,
    *,
    sort: str = "tier",
    descending: bool = False,
    start: int = 0,
    size: int | None = None,
) -> Document:
    """
    Return a chain's facility, tiers and firms; `next` is the place of the next page or None.

    Args:
        results: The run, as the reader sees it.
        core: The core of the chain.
        sort: One of `app.chain.limits.results.SORTS`.
        descending: Largest first.
        start: Place of the first firm.
        size: At most so many firms; all by default.

    Raises:
        NotFound: There is no such core.
        InvalidInput: There is no such order.
    """
    firms, following = results.members(core, sort, descending=descending, start=start, size=size)
    facility = results.facility(core)
    why = {"absent": results.why_no_facility(core), "derivation": None}
    return {
        **head(results, core),
        "facility": facility,
        **({} if facility is not None else why),
        "tiers": results.tiers(core),
        "firms": [each.document() for each in firms],
        "next": following,
    }


def firm(results: Shown, core: str, firm_id: str) -> Document:
    """
    Return the limit of a firm in a chain, with its derivation.

    Raises:
        NotFound: There is no such core or firm, or the firm does not stand in the chain.
    """
    member = results.member(core, firm_id)
    return {
        **head(results, core),
        "firm": {"id": member.id, "name": member.name},
        "direction": member.direction,
        "tier": member.tier,
        **results.firm(core, firm_id),
    }


def everywhere(results: Shown, firm_id: str) -> list[dict[str, Any]]:
    """
    Return a firm's limits in all its chains, in order of the cores' ids.

    Raises:
        NotFound: There is no such firm.
    """
    found = []
    for core in results.chains_of(firm_id):
        member = results.member(core, firm_id)
        found.append(
            {
                "core": {"id": core, "name": results.name(core)},
                "direction": member.direction,
                "tier": member.tier,
                "limit_fen": member.limit_fen,
                "reachable_fen": member.reachable_fen,
                "binding": member.binding,
                "absent": member.absent,
            }
        )
    return found
