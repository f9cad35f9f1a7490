"""Which encoding a file is in: UTF-8 or GB18030, decided by what most of its rows can be."""

from pathlib import Path

from ingestion.errors import BadFile

UTF, GB = "utf-8", "gb18030"
_MARK = b"\xef\xbb\xbf"
_OTHER_MARKS = (b"\xff\xfe", b"\xfe\xff")
SAMPLE_LINES = 20_000


def without_mark(path: Path, start: bytes) -> bytes:
    """
    Return the first bytes of a file without a byte-order mark.

    Raises:
        BadFile: The mark is that of UTF-16 or UTF-32.
    """
    if start.startswith(_OTHER_MARKS):
        raise BadFile(f"{path.name}: line 1: UTF-16 is not read; save the file as UTF-8")
    return start.removeprefix(_MARK)


def decodes(raw: bytes, name: str | None) -> bool:
    """Return whether the bytes are text in that encoding (None: ASCII so far)."""
    try:
        raw.decode(name or "ascii")
    except UnicodeDecodeError:
        return False
    return True


def settle(path: Path, settled: str | None, block: bytes) -> str | None:
    """
    Return the file's encoding, None while only ASCII has been seen.

    A file is what most of its rows beyond ASCII can be read as: one spoilt byte does not turn a
    UTF-8 file into GB18030.

    Raises:
        BadFile: Most rows are text in neither encoding.
    """
    if settled is not None or block.isascii():
        return settled
    if decodes(block, UTF):
        return UTF
    lines = [line for line in block.splitlines() if not line.isascii()][:SAMPLE_LINES]
    for name in (UTF, GB):
        if 2 * sum(decodes(line, name) for line in lines) > len(lines):
            return name
    at = block.splitlines().index(lines[0]) + 1
    raise BadFile(f"{path.name}: line {at}: neither UTF-8 nor GB18030")
