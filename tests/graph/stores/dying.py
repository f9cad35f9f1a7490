"""A process that dies in the middle of a publish: `dying.py URL FOLDER STATEMENT`.

It publishes version after version, in each of which every amount is the version's number, and
kills itself just before the given statement of the first one; 0 goes on until it is killed.
"""

import os
import signal
import sys
from pathlib import Path

import sqlalchemy as sa

from graph.stores import open_store
from graph.stores.base import Store
from graph.testing.economy import DAY, NOW, firm, trade, write

FIRMS = [f"F{i:04d}" for i in range(300)]


def publish(store: Store) -> int:
    with store.stage() as stage:
        amount = stage.number
        write(stage, firms=[firm(name, capital_fen=amount) for name in FIRMS])
        for step in (1, 2, 3):
            pairs = zip(FIRMS, FIRMS[step:] + FIRMS[:step], strict=True)
            write(stage, trades=[trade(s, b, amount) for s, b in pairs])
        return stage.publish(DAY, published_at=NOW).number


def main() -> None:
    url, folder, last = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    count = 0

    def die(*_: object) -> None:
        nonlocal count
        count += 1
        if count == last:
            os.kill(os.getpid(), signal.SIGKILL)

    with open_store(url) as store:
        sa.event.listen(sa.Engine, "before_cursor_execute", die)
        (folder / "writing").touch()
        while True:
            (folder / "acknowledged").write_text(str(publish(store)))


if __name__ == "__main__":
    main()
