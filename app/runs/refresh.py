"""The refresh of a version: its run computed or found, and recorded as the newest."""

from typing import Any

from app.chains.cores import cores_of
from app.deps import Resources
from app.limits.results import Results, open_results
from app.records.runs import RunRow, record_run
from app.runs.code import code_name
from app.runs.service import Place, Progress, Run, Terms, quietly, refresh
from app.versions.service import policy_of


def refresh_version(
    resources: Resources, number: int | None = None, *, progress: Progress = quietly
) -> Run:
    """
    Return the run of a version, recorded as its newest; readers see it from then on.

    The same version, policy, cores and code give the same run, byte for byte.

    Args:
        resources: Stores, lake, records and settings.
        number: The version; the current one by default.
        progress: Told of each step, and which share is done.

    Raises:
        Absent: There is no such version.
        InvalidInput: The version has no core.
    """
    began = resources.now()
    version = resources.version(number)
    place = Place(
        resources.store.reader(version.number),
        resources.lake,
        resources.home,
        threads=resources.settings.threads,
        progress=progress,
    )
    terms = Terms(
        policy=policy_of(resources, version.as_of),
        cores=cores_of(resources, version.number),
        code=code_name(),
    )
    run = refresh(place, terms)
    results = open_results(run.folder)
    finished = resources.now()
    row = RunRow(
        run=run.run,
        version=run.version,
        as_of=version.as_of,
        policy=run.policy,
        code=terms.code,
        parameters={"cores": list(terms.cores), "reserved": dict(terms.reserved)},
        folder=run.folder.name,
        cores=run.cores,
        firms=run.members,
        seconds=(finished - began).total_seconds(),
        finished_at=finished,
    )
    record_run(resources.records, row, [_granted(results, core) for core in results.cores])
    resources.forget()
    return run


def _granted(results: Results, core: str) -> dict[str, Any]:
    """Return a row of `facilities` without its run."""
    names = ("limit_fen", "occupied_fen", "reserved_fen", "available_fen", "binding")
    found = results.facility(core) or dict.fromkeys(names)
    row = {name: found[name] for name in names}
    return {"core": core, **row, "absent": results.why_no_facility(core)}
