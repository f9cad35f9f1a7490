"""
The cores of a version with the sizes of their chains, as a run has counted them.

No network is read here and no kernel loaded: `deeptier cores` answers at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.chain.chains.cores import decisions, names_of_cores
from app.chain.limits.documents import results_in
from app.chain.limits.shown import Shown
from app.data.versions.service import AskedVersion, policy_of, version_and_run
from app.platform.auth.sight import EVERYTHING
from app.platform.deps import Resources
from app.platform.documents import Document, Documented


@dataclass(frozen=True, slots=True)
class ChainHead(Documented):
    """What a document of a chain says first."""

    version: int
    as_of: str
    policy: str
    run: str | None


def cores(resources: Resources, asked: AskedVersion) -> tuple[ChainHead, list[Document]]:
    """
    Return the cores of a version in order, with how many firms stand in each chain.

    The number is that of the run; it is null for a core that the run has not seen.

    Raises:
        Absent: There is no such version.
    """
    version, run = version_and_run(resources, asked)
    head = ChainHead(
        version.number,
        version.as_of.isoformat(),
        run.policy if run else policy_of(resources, version.as_of).version,
        run.run if run else None,
    )
    results = results_in(resources, run.folder, EVERYTHING) if run else None
    ran = set(results.cores) if results else set()

    def named() -> dict[str, str]:
        """Return what is shown beside each core: when its limits were decided, or its name."""
        if results is None:
            return names_of_cores(resources, version.number)
        return _since(results, decisions(resources))

    return head, [
        {
            "id": core,
            "name": name,
            "firms": results.size(core) if results and core in ran else None,
        }
        for core, name in resources.recent(("cores", version.number, head.run), named).items()
    ]


def _since(results: Shown, decided: Mapping[str, bool]) -> dict[str, str]:
    """
    Return the names of the cores by their ids, in order, without reading the version.

    A run's cores are those that its version flags and those that somebody had decided; decisions
    change but are never taken back, so those of today tell all that is different today.
    """
    kept = {core for core in results.cores if decided.get(core, True)}
    added = {firm for firm, chosen in decided.items() if chosen and results.knows(firm)}
    return {core: results.name(core) for core in sorted(kept | added)}
