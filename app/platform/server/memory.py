"""
How a server's memory is handed out: so that what is given back is used again, and not kept.

By default each thread that answers has an arena of its own in the C library, and Arrow an allocator
that keeps what its largest tables took: after mixed reading a server held 75 MB more.
"""

import ctypes
import os

import pyarrow as pa

ARENA_MAX = -8  # `M_ARENA_MAX` of mallopt(3).
ARENAS = 2
ARENAS_TOLD = ("MALLOC_ARENA_MAX", "GLIBC_TUNABLES")
POOL_TOLD = "ARROW_DEFAULT_MEMORY_POOL"


def share_memory() -> None:
    """Let all that this process does share few arenas; not where the environment says how."""
    if not any(os.environ.get(name) for name in ARENAS_TOLD):
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # Other C libraries have none.
        if mallopt is not None:
            mallopt(ARENA_MAX, ARENAS)
    if not os.environ.get(POOL_TOLD):
        pa.set_memory_pool(pa.system_memory_pool())
