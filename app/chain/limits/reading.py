"""What a page takes from its request: the run that it shows, as its reader may see it."""

from typing import Annotated

from fastapi import Depends

from app.chain.limits.documents import results_of
from app.chain.limits.shown import Shown
from app.data.versions.reading import AskedDep
from app.platform.deps.routes import VisitDep


def _shown(visit: VisitDep, asked: AskedDep) -> Shown:
    return results_of(visit.resources, asked, visit.sight)


ShownDep = Annotated[Shown, Depends(_shown)]
