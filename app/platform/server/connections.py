"""
All connections of a process: whom to let in, whom to let go, whose time is over.

Who has a connection but asks for nothing goes first when somebody else comes: connections whose
header never came, then kept ones without a request, then bodies that come slowest; those of the
last second go last. What is being answered is never cut, nor who has asked but was not read yet.
Addresses are not looked at: behind a proxy everybody has the same.
"""

from collections.abc import Callable, Iterator
from enum import Enum
from itertools import islice

from app.platform.process.logs import logger
from app.platform.server.bounds import ConnectionBounds
from app.platform.server.connection import Connection, Phase

log = logger("deeptier.connections")
GRACE_SECONDS = 1.0
LOOKED_AT_MAX = 16  # Of those that wait the longest: who is not read yet shows that all are not.


class Admission(Enum):
    """Whom another connection would be for."""

    FOR_ALL = "whatever is asked"
    FOR_PROBES = "`/healthz` only"
    NONE = "nobody, for this turn of the loop"


class Connections:
    """The connections there are; at most so many."""

    def __init__(self, bounds: ConnectionBounds, now: Callable[[], float]) -> None:
        self._bounds = bounds
        self._now = now
        self._phases: dict[Phase, dict[Connection, None]] = {phase: {} for phase in Phase}
        self._probes: dict[Connection, None] = {}
        self.coming: set[int] = set()  # Accepted, by descriptor, but not admitted yet.
        self._counts = dict.fromkeys(("refused", "let_go", "timed_out"), 0)

    def __len__(self) -> int:
        return sum(map(len, self._phases.values())) + len(self._probes)

    def room(self) -> Admission:
        """Return what room there is beside those that are there and those that come."""
        known, bounds = len(self) + len(self.coming), self._bounds
        if known < bounds.connections_max or self.make_room():
            return Admission.FOR_ALL
        if known < bounds.connections_max + bounds.probes_max or self._let_go(
            self._silent_probes()
        ):
            return Admission.FOR_PROBES
        return Admission.NONE

    def admit(self, connection: Connection) -> bool:
        """Return whether there is room for a connection, if only to ask for `/healthz`."""
        self.coming.discard(connection.file)
        connection.moved_at = self._now()
        taken = sum(map(len, self._phases.values()))
        if taken < self._bounds.connections_max or self.make_room():
            self._phases[connection.phase][connection] = None
            return True
        full = len(self._probes) >= self._bounds.probes_max
        if full and not self._let_go(self._silent_probes()):
            self.refuse()
            return False
        connection.probe = True
        self._probes[connection] = None
        return True

    def make_room(self) -> bool:
        """Return whether a connection that waits for its client could be let go."""
        return self._let_go(self._waiting(GRACE_SECONDS)) or self._let_go(self._waiting(0))

    def refuse(self, count: int = 1) -> None:
        """Count who found no room."""
        self._counts["refused"] += count

    def moved(self, connection: Connection) -> None:
        """Note that a connection stands in another phase."""
        connection.moved_at = self._now()
        if self._forget(connection):
            self._phases[connection.phase][connection] = None

    def lost(self, connection: Connection) -> None:
        """Forget a connection."""
        self._forget(connection)
        self._probes.pop(connection, None)

    def swollen(self, connection: Connection) -> None:
        """Let go of those that take answers the slowest, until what waits is within the bound."""
        slow = [*self._phases[Phase.ANSWER], *self._phases[Phase.CLOSING]]
        unsent_bytes = {each: each.unsent_bytes for each in slow}
        over_bytes = sum(unsent_bytes.values()) - self._bounds.unsent_bytes_max
        if over_bytes <= 0:
            return
        now = self._now()
        for each in sorted(slow, key=lambda known: known.taken_bytes / (1 + now - known.moved_at)):
            if over_bytes > 0 and each is not connection and unsent_bytes[each]:
                over_bytes -= unsent_bytes[each]
                self._end(each)

    def sweep(self, seconds: float) -> None:
        """End connections whose time is over, now that so much more went by, and report once."""
        known = [each for phase in self._phases.values() for each in phase]
        for each in (*known, *self._probes):
            if each.wait(seconds):
                self._counts["timed_out"] += 1
                each.expire()
        if any(self._counts.values()):
            log.warning("connections", open=len(self), **self._counts)
            self._counts = dict.fromkeys(self._counts, 0)

    def _waiting(self, seconds: float) -> Iterator[Connection]:
        """Yield whom to let go first, of those whose client was waited for so long."""
        late = self._now() - seconds
        for phase in (Phase.HEADER, Phase.CLOSING, Phase.IDLE):
            for each in islice(self._phases[phase], LOOKED_AT_MAX):  # The longest waiting first.
                if each.moved_at > late:
                    break
                if not (each.unsent_bytes if phase is Phase.CLOSING else each.has_unread()):
                    yield each
        bodies = [each for each in self._phases[Phase.BODY] if each.moved_at <= late]
        yield from sorted(bodies, key=_bytes_a_second)[:1]

    def _silent_probes(self) -> Iterator[Connection]:
        for each in self._probes:
            if each.phase is Phase.CLOSING or not (each.phase is Phase.ANSWER or each.has_unread()):
                yield each

    def _let_go(self, found: Iterator[Connection]) -> bool:
        each = next(found, None)
        if each is None:
            return False
        self._end(each)
        return True

    def _end(self, connection: Connection) -> None:
        self._counts["let_go"] += 1
        self.lost(connection)
        connection.transport.abort()

    def _forget(self, connection: Connection) -> bool:
        """Return whether the connection was among those inside the bound."""
        for phase in self._phases.values():
            if connection in phase:
                del phase[connection]
                return True
        return False


def _bytes_a_second(connection: Connection) -> float:
    return connection.body_bytes / (1 + connection.waited_seconds)
