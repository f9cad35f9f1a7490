"""A process with a scheduler, for the tests of leadership: says when it leads and when it works."""

import datetime as dt
import sys
import time
from pathlib import Path

from app.jobs.scheduler import Scheduler
from app.platform.config import Settings
from app.platform.deps import open_resources
from app.platform.process.logs import configure_logs
from graph.testing.waiting import WAIT_S


def main(home: str, records_url: str, seconds: float) -> None:
    """Lead when it can, until killed or told to stop by a line on standard input."""
    configure_logs(readable=False)
    settings = Settings(home=Path(home), records_url=records_url)
    lasts = dt.timedelta(seconds=seconds)
    with open_resources(settings) as resources, Scheduler(resources, lasts=lasts) as scheduler:
        said = False
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            if scheduler.leads != said:
                said = scheduler.leads
                sys.stdout.write("leads\n" if said else "follows\n")
                sys.stdout.flush()
            time.sleep(0.02)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
