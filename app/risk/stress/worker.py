"""
The child that computes scenarios: `python -m app.risk.stress.worker DESCRIPTOR`.

It works off one order after the other, at a lower priority than the service that started it, keeps
the network and the receivables of the last version it used, and ends when it has had no order for
a while, or at once when the service is gone (its standard input ends).
"""

import os
import signal
import sys
import threading
from functools import lru_cache
from multiprocessing.connection import Connection
from typing import Any

from app.data.versions.service import policy_of
from app.platform.config import Settings
from app.platform.deps import Resources
from app.platform.errors import AppError
from app.policy import Policy
from app.risk.stress.orders import IDLE_SECONDS, Done, ScenarioFailed, ScenarioOrder
from app.risk.stress.parts import Ground, keep
from app.risk.stress.service import ScenarioStores, run_scenario
from graph.errors import GraphError

ORPHANED = 3
NICENESS = 10


def main(descriptor: int) -> None:
    """Work off what comes down the line."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # Who started this ends it.
    os.nice(NICENESS)
    threading.Thread(target=_watch, daemon=True).start()
    line: Connection[Any, Any] = Connection(descriptor)
    while line.poll(IDLE_SECONDS):
        line.send(_work(line.recv()))


def _work(order: ScenarioOrder) -> Done | ScenarioFailed:
    try:
        stores = _stores(order.settings, order.version)
        policy = policy_of(_resources(order.settings), stores.reader.version.as_of)
        return Done(computed(stores, order, policy))
    except (AppError, GraphError, OSError) as error:
        return ScenarioFailed(error)


def computed(stores: ScenarioStores, order: ScenarioOrder, policy: Policy) -> str:
    """Return the id of a scenario once it and what is asked about it are saved."""
    found = run_scenario(stores, order.scenario, policy, cores=order.cores)
    if order.part:
        return keep(Ground(stores, policy, order.scenario, order.cores), order.part)
    return str(found["scenario"])


@lru_cache(maxsize=1)
def _resources(settings: Settings) -> Resources:
    return Resources(settings)


@lru_cache(maxsize=1)
def _stores(settings: Settings, version: int) -> ScenarioStores:
    resources = _resources(settings)
    return ScenarioStores.under(resources.store.reader(version), resources.home)


def _watch() -> None:
    """End this process once the one that started it is gone."""
    sys.stdin.buffer.read()
    os._exit(ORPHANED)


if __name__ == "__main__":
    main(int(sys.argv[1]))
