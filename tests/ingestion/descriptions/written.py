"""The same rows as files of every kind, and the sets that read them."""

import csv
import io
import json
from collections.abc import Sequence

import openpyxl

_FIELDS = "fields: {号: 号, 卖: 卖, 买: 买, 日: 日, 额: 额, 止: 止}"
SETS = {
    "csv": "header: [号, 卖]",
    "xlsx": "header: [号, 卖]",
    "xml": f"records: [{{root: R, each: L}}], {_FIELDS}",
    "jsonl": f"json: lines, {_FIELDS}",
}


def written(kind: str, rows: Sequence[Sequence[str]]) -> bytes:
    """Return rows as a file of a kind; the first row is the header."""
    head, *below = rows
    if kind == "csv":
        lines = io.StringIO()
        csv.writer(lines).writerows(rows)
        return lines.getvalue().encode()
    if kind == "jsonl":
        lines = (
            json.dumps(dict(zip(head, row, strict=False)), ensure_ascii=False) for row in below
        )
        return ("\n".join(lines) + "\n").encode()
    if kind == "xml":
        cells = (
            "".join(f"<{n}>{c}</{n}>" for n, c in zip(head, row, strict=False)) for row in below
        )
        return f"<R>{''.join(f'<L>{row}</L>' for row in cells)}</R>".encode()
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
