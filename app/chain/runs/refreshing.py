"""A version's run, from what this process has open: computed, stored, and from then on served."""

from typing import Any

from app.chain.chains.cores import cores_of
from app.chain.limits.results import Results, open_results
from app.chain.runs.code import code_name
from app.chain.runs.rows import RunStores, RunTerms
from app.chain.runs.service import Run, refresh
from app.data.runs.repository import RunRow, record_run
from app.data.versions.service import policy_of
from app.platform.console.progress import Step
from app.platform.deps import Resources


def refresh_version(resources: Resources, version: int | None, *, progress: Step) -> Run:
    """
    Return the run of a version (the current one by default); from now on it is what is read.

    Raises:
        Absent: There is no such version, or none yet.
        InvalidInput: It has no core.
    """
    began = resources.now()
    found = resources.version(version)
    policy = policy_of(resources, found.as_of)
    stores = RunStores(
        reader=resources.store.reader(found.number),
        lake=resources.lake,
        home=resources.home,
        threads=resources.settings.threads,
        progress=progress,
    )
    terms = RunTerms(policy, cores_of(resources, found.number), code_name())
    run = refresh(stores, terms)
    results = open_results(run.folder)
    ended = resources.now()
    row = RunRow(
        run=run.run,
        version=run.version,
        as_of=found.as_of,
        policy=run.policy,
        code=terms.code,
        parameters={"cores": list(terms.cores), **terms.book.facts(found.as_of)},
        folder=run.folder.name,
        cores=run.cores,
        firms=run.members,
        seconds=(ended - began).total_seconds(),
        finished_at=ended,
    )
    record_run(resources.records, row, [_granted(results, core) for core in results.cores])
    resources.forget()
    return run


def _granted(results: Results, core: str) -> dict[str, Any]:
    facility = results.facility(core)
    names = ("limit_fen", "occupied_fen", "reserved_fen", "available_fen", "binding")
    figures = {name: facility[name] if facility else None for name in names}
    return {"core": core, **figures, "absent": results.why_no_facility(core)}
