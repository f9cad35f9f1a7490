"""
Documents of XML, parsed whole and checked first: no document type, no entity, no great depth.

What is refused never reaches the parser where it could hurt there: a document is brought into
UTF-8, of a closed list of encodings, so that a document type cannot hide from the look at its head.
"""

import re
from pathlib import Path

from lxml import etree

from ingestion.errors import BadFile
from ingestion.readers.chunk import shown

BYTES_MAX, DEPTH_MAX = 64 * 2**20, 256
_ENCODINGS = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "utf-8", "ascii": "utf-8", "utf-16": "utf-16",
    "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "iso-8859-1": "latin-1",
    "latin1": "latin-1", "windows-1252": "cp1252",
}  # fmt: skip
_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_UNMARKED = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_DECLARED = re.compile(rb"<\?xml\s[^>]{0,200}?\bencoding\s*=\s*[\"']([A-Za-z0-9._\-]{1,40})[\"']")
_BEFORE_ROOT = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_TOO_DEEP = etree.XPath("boolean(/*" + "/*" * DEPTH_MAX + ")")
_BEHIND = re.compile(r"( !)?(, line \d+, column \d+.*)?$")  # Where the parser stopped.
_PARSER_DEPTH = "Excessive depth"


def parsed(path: Path) -> etree._Element:
    """
    Return the root of a document.

    Raises:
        BadFile: It is no XML, too large or too deep, or declares a document type or entities.
    """
    if path.stat().st_size > BYTES_MAX:
        raise BadFile(f"{path.name}: XML of more than {BYTES_MAX} bytes is not read")
    raw = _in_utf(path, path.read_bytes())
    if _has_type(raw):
        raise BadFile(f"{path.name}: XML that declares a document type or entities is not read")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        if _PARSER_DEPTH in str(error):
            raise _too_deep(path) from error
        raise BadFile(f"{path.name}: line {error.lineno}: broken XML: {_why(error)}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadFile(f"{path.name}: XML that declares a document type or entities is not read")
    if _TOO_DEEP(root):
        raise _too_deep(path)
    return root


def _why(error: etree.XMLSyntaxError) -> str:
    """Return what the parser says of a fault, without the text or bytes that it met there."""
    return shown(_BEHIND.sub("", str(error).splitlines()[0]))


def _too_deep(path: Path) -> BadFile:
    return BadFile(f"{path.name}: XML of more than {DEPTH_MAX} elements in one another is not read")


def _in_utf(path: Path, raw: bytes) -> bytes:
    """Return a document in UTF-8, without a mark."""
    if not raw.strip():
        raise BadFile(f"{path.name}: the file is empty")
    name = next((name for mark, name in _MARKS.items() if raw.startswith(mark)), None)
    name = name or _UNMARKED.get(raw[:2])
    if name is None:
        declared = _DECLARED.match(raw)
        said = declared[1].decode().lower() if declared else "utf-8"
        if said not in _ENCODINGS:
            raise BadFile(f"{path.name}: XML in {said} is not read; save the file as UTF-8")
        name = _ENCODINGS[said]
    if name == "utf-8":
        return raw.removeprefix(b"\xef\xbb\xbf")
    try:
        return raw.decode(name).encode()
    except UnicodeError as error:
        raise BadFile(f"{path.name}: broken XML: it is no text in {name}") from error


def _has_type(raw: bytes) -> bool:
    """Return whether a document type is declared before the root."""
    at = 0
    while match := _BEFORE_ROOT.match(raw, at):
        at = match.end()
    return raw.startswith(b"<!", at)
