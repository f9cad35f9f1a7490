"""
What a file that a firm hands in is, by its bytes alone: CSV, XLSX or PDF; anything else is refused.

Somebody of the bank will open it: a cell of a CSV file that a spreadsheet would compute, macros and
links to other files are refused with it.
"""

import csv
import io
import re
import zipfile
import zlib

from app.platform.errors import TooLarge, Unsupported
from app.platform.web.unfit import UnfitInput

FILE = "body.file"
BYTES_MAX = 10 * 2**20
PARTS_MAX = 2_000
UNPACKED_BYTES_MAX = 2**29
UNPACKED_RATIO_MAX = 200
PDF_HEAD, PDF_TAIL, TAIL_BYTES = b"%PDF-", b"%%EOF", 1024
ZIP_HEAD = b"PK\x03\x04"
ENCRYPTED = 0x1
WORKBOOK, TYPES = "xl/workbook.xml", "[Content_Types].xml"
LIVE = re.compile(
    r"xl/(?:externalLinks/|embeddings/|activeX/|connections\.xml|\w*\.bin$)", re.IGNORECASE
)
_COMPUTED = re.compile(r"\s*(?:[=@＝＠]|[+＋-－-]\s*[A-Za-z(=@])")  # as wide letters
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def form_of(content: bytes) -> str:
    """
    Return what a file is: `csv`, `xlsx` or `pdf`.

    Raises:
        TooLarge: It has more bytes than are taken.
        Malformed: It holds nothing, is broken, or would be computed where it is opened.
        Unsupported: It is of another kind.
    """
    if len(content) > BYTES_MAX:
        raise TooLarge(f"body.file: a paper has at most {BYTES_MAX} bytes")
    if not content.strip():
        raise UnfitInput(FILE, "unfit_file_empty")
    if content.startswith(PDF_HEAD):
        if PDF_TAIL not in content[-TAIL_BYTES:]:
            raise UnfitInput(FILE, "unfit_paper_pdf")
        return "pdf"
    if content.startswith(ZIP_HEAD):
        _check_workbook(content)
        return "xlsx"
    _check_table(content)
    return "csv"


def _check_workbook(content: bytes) -> None:
    """Raise where an archive is no workbook, or unpacks to more than is read of one."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            names = [each.filename for each in parts]
            if not {WORKBOOK, TYPES} <= set(names):
                raise Unsupported("body.file: an archive that is no workbook; XLSX is taken")
            most = min(UNPACKED_BYTES_MAX, UNPACKED_RATIO_MAX * len(content))
            if len(parts) > PARTS_MAX or sum(each.file_size for each in parts) > most:
                raise UnfitInput(FILE, "unfit_paper_unpacks")
            if len(set(names)) < len(names) or any(each.flag_bits & ENCRYPTED for each in parts):
                raise UnfitInput(FILE, "unfit_paper_locked")
            if any(LIVE.match(name) for name in names):
                raise UnfitInput(FILE, "unfit_paper_live")
            archive.read(TYPES)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as error:
        raise UnfitInput(FILE, "unfit_paper_workbook") from error


def _check_table(content: bytes) -> None:
    """Raise where bytes are no text in columns, or hold a cell that would be computed."""
    text = _text_of(content)
    if text is None or _CONTROL.search(text) or text.lstrip()[:1] in "<{[%":
        raise Unsupported("body.file: neither CSV nor XLSX nor PDF")
    head = next(line for line in text.splitlines() if line.strip())
    mark = max(",;\t", key=head.count)
    if mark not in head:
        raise Unsupported("body.file: neither CSV nor XLSX nor PDF: its first line has one column")
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
        for line, row in enumerate(rows, 1):
            for at, cell in enumerate(row, 1):
                if _COMPUTED.match(cell):
                    raise UnfitInput(FILE, "unfit_paper_computed", line=line, column=at)
    except csv.Error as error:
        raise UnfitInput(FILE, "unfit_paper_table") from error


def _text_of(content: bytes) -> str | None:
    for name in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(name)
        except UnicodeDecodeError:
            continue
    return None
