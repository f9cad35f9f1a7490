"""
Drafts in the data folder: uploads, the text of a description, and what was found with them.

A draft is a folder under a name that nobody can guess; it belongs to one account, and nobody else
is told that it is there. So many and so large are kept of an account, for so long after it was
touched last; what a killed process left of one half made is swept with them.
"""

import contextlib
import datetime as dt
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from app.data.drafts.errors import DraftRefused
from app.data.imports.service import FILES_MAX, Upload, is_file_name
from app.platform.deps import Resources
from app.platform.errors import Absent

DRAFTS_MAX = 8  # Of one account.
BYTES_MAX = 2**30  # Of one account, over all its drafts.
LASTS = dt.timedelta(hours=24)
BLOCK_BYTES = 2**20
SHOWN_MAX = 80  # Characters of a name that is refused.
_TOKEN = re.compile("[0-9a-f]{32}")
_HEAD, _TEXT, _FOUND = "draft.json", "description.yml", "found"
_NOT_KEPT = ("token", "touched_at")  # The folder tells them.
_HALF = ".half-"  # Before the name of a folder that is not whole yet.


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft: whose it is, what it is called, and from what it began."""

    token: str
    by: str
    name: str = ""  # Of the source; blank until it is said.
    begun_from: str = ""  # The source whose description it began from.
    base: str = ""  # The hash of that text, as it was saved.
    files: str = ""  # The folder in it that holds its files now.
    key: str = ""  # Of the form that it was begun with: sent twice, it began once.
    handed_in: str = ""  # The import that its files were handed in as.
    touched_at: float = 0.0


def folder_of(resources: Resources, draft: Draft) -> Path:
    """Return where everything of a draft lies."""
    return _place(resources) / draft.token


def files_of(resources: Resources, draft: Draft) -> list[Path]:
    """Return the files of a draft, by name."""
    place = folder_of(resources, draft) / draft.files
    return sorted(place.iterdir()) if draft.files and place.is_dir() else []


def find(resources: Resources, token: str, by: str) -> Draft:
    """
    Return a draft, touched now.

    Raises:
        Absent: There is none of this name, or it is somebody else's; which, is not told.
    """
    found = _read(_place(resources) / token) if _TOKEN.fullmatch(token) else None
    if found is None or found.by != by or _is_over(resources, found):
        raise Absent("no such draft")
    _touch(resources, folder_of(resources, found))
    return found


def drafts_of(resources: Resources, by: str) -> list[Draft]:
    """Return the drafts of an account that are not handed in, the newest first."""
    every = (_read(place) for place in _place(resources).glob("*"))
    mine = [
        one
        for one in every
        if one and one.by == by and not one.handed_in and not _is_over(resources, one)
    ]
    return sorted(mine, key=lambda one: -one.touched_at)


def begin(resources: Resources, draft: Draft, uploads: Sequence[Upload], text: str) -> Draft:
    """
    Keep a new draft with its files.

    Args:
        resources: Whose data folder it lies in.
        draft: What is known of it; its token is made here.
        uploads: Its files; there may be none.
        text: Its description.

    Raises:
        DraftRefused: The files cannot be taken, or the account has no room for more.
    """
    if uploads:
        _check(uploads)
    mine = drafts_of(resources, draft.by)
    if len(mine) >= DRAFTS_MAX:
        raise DraftRefused("draft_too_many", "too many", status=409, most=DRAFTS_MAX)
    made = replace(draft, token=secrets.token_hex(16), files=_files_name())
    with _half(resources) as half:
        _write(half / made.files, uploads, BYTES_MAX - _bytes(resources, mine))
        (half / _TEXT).write_bytes(text.encode())
        _keep_head(resources, half, made)
        half.rename(folder_of(resources, made))
    return made


def bring(resources: Resources, draft: Draft, uploads: Sequence[Upload]) -> Draft:
    """
    Return a draft with other files in the place of its own: all of them, or none.

    Raises:
        DraftRefused: They cannot be taken; those before stay.
    """
    _check(uploads)
    others = [one for one in drafts_of(resources, draft.by) if one.token != draft.token]
    folder, name = folder_of(resources, draft), _files_name()
    with _half(resources) as half:
        _write(half / name, uploads, BYTES_MAX - _bytes(resources, others))
        (half / name).rename(folder / name)
    brought = change(resources, draft, files=name)
    shutil.rmtree(folder / draft.files, ignore_errors=True)
    return brought


def change(resources: Resources, draft: Draft, **values: str) -> Draft:
    """Return a draft of which something else is said now."""
    changed = replace(draft, **values)  # type: ignore[arg-type]  # texts, as the caller gives
    _keep_head(resources, folder_of(resources, draft), changed)
    return changed


def hand_in(resources: Resources, draft: Draft, name: str) -> None:
    """Keep as which import a draft was handed in; its own files are wanted no more."""
    change(resources, draft, handed_in=name)
    shutil.rmtree(folder_of(resources, draft) / draft.files, ignore_errors=True)


def text_of(resources: Resources, draft: Draft) -> str:
    """Return the description of a draft."""
    return (folder_of(resources, draft) / _TEXT).read_bytes().decode("utf-8")


def keep_text(resources: Resources, draft: Draft, text: str) -> None:
    """Keep another description of a draft."""
    _replace(folder_of(resources, draft) / _TEXT, text.encode())


def marks_of(resources: Resources, draft: Draft) -> list[list[Any]]:
    """Return what tells the files of a draft from others: names, sizes, when they came."""
    stats = [(path.name, path.stat()) for path in files_of(resources, draft)]
    return [[name, said.st_size, said.st_mtime_ns] for name, said in stats]


def found_path(resources: Resources, draft: Draft, what: str, of: object, ending: str) -> Path:
    """Return where it is kept what was found with a draft as it stands."""
    key = hashlib.sha256(json.dumps(of, default=str).encode()).hexdigest()[:24]
    folder = folder_of(resources, draft) / _FOUND
    folder.mkdir(exist_ok=True)
    return folder / f"{what}-{key}.{ending}"


def found(path: Path) -> dict[str, Any] | None:
    """Return what was found; None where nothing is kept."""
    try:
        kept: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    return kept


def keep_found(path: Path, document: Mapping[str, Any], what: str) -> None:
    """Keep what was found, in the place of what was found of the kind before."""
    with contextlib.suppress(FileNotFoundError):  # Discarded meanwhile.
        _replace(path, json.dumps(document, ensure_ascii=False, default=str).encode())
        forget_others(path, what)


def forget_others(path: Path, what: str) -> None:
    """Remove what was found of a kind before, with other files or another text."""
    for other in path.parent.glob(f"{what}-*"):
        if other.stem != path.stem:
            other.unlink(missing_ok=True)


def drop(resources: Resources, draft: Draft) -> None:
    """Forget a draft with all its files."""
    shutil.rmtree(folder_of(resources, draft), ignore_errors=True)


def sweep(resources: Resources) -> int:
    """Return how many drafts were forgotten: nobody touched them for long, or none was made."""
    left = 0
    for place in _place(resources).glob("*"):
        kept = _read(place)
        with contextlib.suppress(FileNotFoundError):
            age = resources.now().timestamp() - place.stat().st_mtime
            if _is_over(resources, kept) if kept else age > LASTS.total_seconds():
                shutil.rmtree(place, ignore_errors=True)
                left += 1
    return left


def _place(resources: Resources) -> Path:
    return resources.home.absolute() / "drafts"


def _is_over(resources: Resources, draft: Draft) -> bool:
    return resources.now().timestamp() - draft.touched_at > LASTS.total_seconds()


def _read(place: Path) -> Draft | None:
    """Return the draft of a folder; None where it is none, or not whole."""
    if not _TOKEN.fullmatch(place.name):
        return None
    try:
        said = json.loads((place / _HEAD).read_bytes())
        touched = (place / _HEAD).stat().st_mtime
    except (OSError, ValueError):
        return None
    return Draft(**said, token=place.name, touched_at=touched)


def _keep_head(resources: Resources, folder: Path, draft: Draft) -> None:
    head = {key: value for key, value in asdict(draft).items() if key not in _NOT_KEPT}
    _replace(folder / _HEAD, json.dumps(head, ensure_ascii=False).encode())
    _touch(resources, folder)


def _touch(resources: Resources, folder: Path) -> None:
    now = resources.now().timestamp()
    with contextlib.suppress(FileNotFoundError):
        os.utime(folder / _HEAD, (now, now))


def _files_name() -> str:
    return f"files-{secrets.token_hex(8)}"


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    half = path.with_name(f".{secrets.token_hex(8)}")
    try:
        half.write_bytes(content)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


@contextlib.contextmanager
def _half(resources: Resources) -> Iterator[Path]:
    """Yield a folder that is gone in the end, unless it was given another name."""
    half = _place(resources) / f"{_HALF}{secrets.token_hex(16)}"
    half.mkdir(parents=True)
    try:
        yield half
    finally:
        shutil.rmtree(half, ignore_errors=True)


def _check(uploads: Sequence[Upload]) -> None:
    if not uploads:
        raise DraftRefused("draft_no_file", "no file was chosen")
    if len(uploads) > FILES_MAX:
        raise DraftRefused(
            "draft_files", f"{len(uploads)} files", count=len(uploads), most=FILES_MAX
        )
    names = [each.name for each in uploads]
    for name in names:
        if not is_file_name(name):
            raise DraftRefused("draft_name", f"{name!r} is no name of a file", file=_shown(name))
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DraftRefused("draft_twice", f"{twice!r} stands twice", file=twice)


def _shown(name: str) -> str:
    """Return a name so that it can be read: without what turns or hides text, and not too long."""
    plain = "".join(each if each.isprintable() else "�" for each in name)
    return plain if len(plain) <= SHOWN_MAX else f"{plain[:SHOWN_MAX]}…"


def _write(folder: Path, uploads: Sequence[Upload], room_bytes: int) -> None:
    folder.mkdir()
    for each in uploads:
        size = 0
        with (folder / each.name).open("xb") as kept:
            while block := each.content.read(BLOCK_BYTES):
                size += len(block)
                room_bytes -= len(block)
                if room_bytes < 0:
                    most = BYTES_MAX // 2**20
                    raise DraftRefused("draft_bytes", "no room", status=413, most=most)
                kept.write(block)
        if not size:
            raise DraftRefused("draft_empty", f"{each.name!r} is empty", file=each.name)


def _bytes(resources: Resources, drafts: Sequence[Draft]) -> int:
    return sum(path.stat().st_size for one in drafts for path in files_of(resources, one))
