"""How many connections there may be, and how long each may keep the server waiting."""

import resource
from dataclasses import dataclass

FILES_KEPT = 256  # Descriptors for stores, lake, runs, uploads and logs.
CONNECTIONS_MIN = 16
CONNECTIONS_A_PROBE = 8


@dataclass(frozen=True, slots=True)
class ConnectionBounds:
    """
    What a client may take.

    Time counts only while the server waits for the client: reading that the server itself holds
    back, because what came is not worked off yet, counts for nothing.
    """

    connections_max: int = 512
    header_seconds: float = 15  # From the first byte due to the end of the header.
    probe_header_seconds: float = 2
    idle_seconds: float = 75  # A kept connection; longer than proxies keep theirs (60).
    body_seconds: float = 20  # A whole body has so long, and a second more for every
    body_bytes_a_second: int = 1000  # so many bytes that came.
    unsent_seconds: float = 30  # An answer of which the client takes nothing; all of it is taken
    taken_bytes_a_second: int = 1000  # in so long and a second more for every so many bytes taken.
    unsent_bytes_max: int = 2**26  # What all clients together have not taken yet.
    linger_seconds: float = 5  # What still comes after an early answer is read so long,
    linger_bytes_max: int = 2**24  # and so far, and thrown away.
    sweep_seconds: float = 1.0  # How often all this is looked after.

    @property
    def probes_max(self) -> int:
        """Return how many connections past the bound there may be, for `/healthz` only."""
        return max(1, self.connections_max // CONNECTIONS_A_PROBE)


def connections_max(wanted: int) -> int:
    """Return how many connections there may be: what is wanted, or what open files allow."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return wanted
    return max(CONNECTIONS_MIN, min(wanted, files - min(FILES_KEPT, files // 2)))
