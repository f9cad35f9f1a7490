"""Which columns the parts of a description ask for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass

from ingestion.descriptions import model


def asked(part: object) -> Iterator[str]:
    """Yield the columns that values, conditions, steps and tables read, as often as they do."""
    for each in _parts(part):
        if isinstance(each, model.Hold):
            yield from (each.by, *each.columns)
        elif isinstance(each, model.RowGroup):
            yield from (*each.by, *each.sums)
        elif isinstance(each, model.ColumnText | model.Slot | model.All):
            yield each.name
        elif isinstance(each, model.CellTest):
            yield from filter(None, (each.name, each.differs_from))


def repeated(part: object) -> Iterator[str]:
    """Yield the columns of which all texts are wanted."""
    yield from (each.name for each in _parts(part) if isinstance(each, model.All))


def _parts(part: object) -> Iterator[object]:
    """Yield a part and all parts in it; of a join what it reads of its own set."""
    yield part
    inner: Iterable[object] = ()
    if isinstance(part, model.Join):
        inner = part.ours
    elif isinstance(part, Mapping):
        inner = part.values()
    elif isinstance(part, tuple):
        inner = part
    elif is_dataclass(part):
        inner = [getattr(part, field.name) for field in fields(part)]
    for each in inner:
        yield from _parts(each)


def in_set(rows: model.Rows, tables: tuple[model.DescribedTable, ...]) -> list[str]:
    """Return the columns of a set that it and its tables read, once each."""
    own = (rows.hold, rows.joins, rows.keep, rows.void, (rows.group,) if rows.group else ())
    mine = tuple((table.columns, table.keep) for table in tables if table.set == rows.name)
    return list(dict.fromkeys([*asked(own), *asked(mine)]))
