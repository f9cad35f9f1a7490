"""
A voucher with all below it, written node by node: only ids are held of more than a part of it.

A tree has at most `TREE_MAX` nodes in at most `DEPTH_MAX` steps; what splits or passes a voucher
is refused beyond. It is read at one moment and laid aside, so that nobody who reads slowly holds
the records.
"""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import IO

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.chain.vouchers import nodes, repository
from app.chain.vouchers.nodes import TREE_MAX
from app.chain.vouchers.shown import VoucherSight, document
from app.chain.vouchers.tables import vouchers
from app.platform.documents import dumps
from app.platform.errors import TooLarge
from app.platform.records import Records

NODES_AT_ONCE = 500
KEPT_BYTES = 2**20  # In memory; more is laid aside on the disk.
PART_BYTES = 2**16
Children = Mapping[str, Sequence[str]]


def written_tree(records: Records, voucher: str, sight: VoucherSight) -> Iterator[bytes]:
    """
    Return a node with all below it as JSON, in parts, each node as the reader may see it.

    Args:
        records: The records database.
        voucher: The node.
        sight: Who reads.

    Raises:
        Absent: There is none of this id, or it is not the reader's.
        TooLarge: It has more nodes than a tree may have.
    """
    with records.at_one_moment() as connection:
        row = repository.one(connection, voucher)
        if row is None or not sight.reaches(row, repository.above(connection, row)):
            raise nodes.absent(voucher)
        children = _children(connection, voucher)
        with contextlib.ExitStack() as undo:
            laid = undo.enter_context(tempfile.SpooledTemporaryFile(max_size=KEPT_BYTES))
            for part in _written(connection, voucher, children, sight):
                laid.write(part)
            undo.pop_all()  # It is closed by whoever reads it to its end.
    laid.seek(0)
    return _parts(laid)


def _parts(laid: IO[bytes]) -> Iterator[bytes]:
    with laid:
        while part := laid.read(PART_BYTES):
            yield part


def _children(connection: Connection, voucher: str) -> dict[str, list[str]]:
    """Return the ids of the children of every node from one on down, in order."""
    own, child = vouchers.c, vouchers.alias()
    below = sa.select(own.voucher, own.parent).where(own.parent == voucher).cte(recursive=True)
    below = below.union_all(
        sa.select(child.c.voucher, child.c.parent).where(child.c.parent == below.c.voucher)
    )
    query = sa.select(below.c.voucher, below.c.parent).order_by(below.c.voucher)
    found: dict[str, list[str]] = {}
    count = 1
    for name, parent in connection.execute(query.limit(TREE_MAX)):
        found.setdefault(parent, []).append(name)
        count += 1
    if count > TREE_MAX:
        raise TooLarge(f"a voucher is read with at most {TREE_MAX} nodes")
    return found


def _written(
    connection: Connection, voucher: str, children: Children, sight: VoucherSight
) -> Iterator[bytes]:
    order = list(_in_depth(voucher, children))
    above = 0
    for start in range(0, len(order), NODES_AT_ONCE):
        part = order[start : start + NODES_AT_ONCE]
        query = sa.select(vouchers).where(vouchers.c.voucher.in_([name for name, _, _ in part]))
        rows = {row["voucher"]: dict(row) for row in connection.execute(query).mappings()}
        for name, depth, is_first in part:
            parent = rows[name]["parent"] if depth else None
            told = dumps(document(rows[name], sight, parent=parent))
            closed = "]}" * (above - depth + 1) if start or depth else ""
            comma = "" if is_first else ","
            yield f'{closed}{comma}{told[:-1]},"children":['.encode()
            above = depth
    yield ("]}" * (above + 1)).encode()


def _in_depth(voucher: str, children: Children) -> Iterator[tuple[str, int, bool]]:
    """Yield nodes, each before those below it, with their depth and whether they are the first."""
    left = [(voucher, 0, True)]
    while left:  # At most as often as there are nodes.
        name, depth, is_first = left.pop()
        yield name, depth, is_first
        own = children.get(name, ())
        left += [(each, depth + 1, at == 0) for at, each in reversed(list(enumerate(own)))]
