"""CSV files to download."""

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from starlette.responses import Response

from app.platform.web.render import HEADERS
from graph.sheets import written

_NO_FILE_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f]')


def sheet(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return rows as a CSV file to download."""
    return Response(
        written(header, rows),
        media_type="text/csv; charset=utf-8",
        headers=attachment(name),
    )


def attachment(name: str) -> Mapping[str, str]:
    """Return the headers of a file to download: its name, and that no cache keeps it."""
    plain = _NO_FILE_NAME.sub("_", name)
    return {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(plain, safe='')}",
        **HEADERS,
    }
