"""
Statements compiled once a process, not once for each of thousands of databases.

An engine keeps what it compiled, and a service of a test's own has an engine of its own: without
this a test spends more on making the text of its statements than on running them.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.util import LRUCache

KEPT_MAX = 10_000
PLACE = "_compiled_cache"


class _Compiled(LRUCache[Any, Any]):
    """What an engine compiled; what any engine of its kind would compile alike is kept for all."""

    def __init__(self, shared: LRUCache[Any, Any], *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._shared = shared

    def get(self, key: Any, default: Any = None) -> Any:
        """Return what was compiled from this statement, here or by another engine of the kind."""
        found = super().get(key)
        return self._shared.get(_alike(key), default) if found is None else found

    def __setitem__(self, key: Any, compiled: Any) -> None:
        # Which columns a text has is learnt from the database at hand: from no other one.
        if isinstance(compiled, SQLCompiler) and not compiled._ad_hoc_textual:
            self._shared[_alike(key)] = compiled
        else:
            super().__setitem__(key, compiled)


def _alike(key: Any) -> Any:
    """Return the key under which engines find it that have nothing but the dialect in common."""
    dialect, *rest = key
    kind = (type(dialect), dialect.server_version_info, dialect.paramstyle)
    return (kind, *rest)


@contextlib.contextmanager
def compiled_once() -> Iterator[None]:
    """Let engines that are made meanwhile share what they compile."""
    shared: LRUCache[Any, Any] = LRUCache(KEPT_MAX)

    def kept(engine: sa.Engine) -> Any:
        """Return what an engine compiled."""
        return engine.__dict__.get(PLACE)

    def keep(engine: sa.Engine, cache: Any) -> None:
        """Give an engine that is made a share; another's is shared already."""
        if cache is not None and not isinstance(cache, _Compiled):
            cache = _Compiled(shared, cache.capacity)
        engine.__dict__[PLACE] = cache  # Where it is found once nothing is shared any more.

    # Not around what makes an engine: whoever calls it looks at which arguments it takes.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sa.Engine, PLACE, property(kept, keep), raising=False)
        yield
