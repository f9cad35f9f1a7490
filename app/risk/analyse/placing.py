"""Where the scenarios of an analysis run: threads here, or the workers of a scheduler."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from app.platform.config import Settings
from app.risk.analyse.options import EsriOptions
from graph.contagion import Production, stored
from graph.executors import Dask, Executor

PATIENCE_S = 5.0  # Who waits at a terminal wants to hear of a wrong address soon.


@contextlib.contextmanager
def placed(
    options: EsriOptions, production: Production
) -> Iterator[tuple[Production, int | Executor]]:
    """
    Lend the network and where to run it; for a scheduler it stands in the data folder meanwhile.

    Raises:
        InvalidInput: The address is none.
        ExecutorFailed: No scheduler answers.
    """
    if options.dask is None:
        yield production, options.workers
        return
    home = Settings().home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    with (
        Dask(options.dask, patience_s=PATIENCE_S) as executor,
        TemporaryDirectory(prefix="dask.", dir=home, ignore_cleanup_errors=True) as place,
    ):
        folder = Path(place, "network")
        stored.save(production, folder)
        yield stored.load(folder), executor
