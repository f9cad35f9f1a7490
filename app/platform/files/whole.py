"""Files that a command writes: all of them, or none."""

import contextlib
import errno
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

PACKED = ".csv.gz"


def real(path: Path) -> Path:
    """Return where a path leads in the end; unlike `resolve` also on a circle of links."""
    return Path(os.path.realpath(path))


@contextlib.contextmanager
def together() -> Iterator[Callable[[Path], Path]]:
    """
    Lend a function that gives for each file a draft to write in its place.

    When all are written they take the place of the files; when one fails, every file stays as it
    was. A link stays a link: the file that it leads to is written.

    Raises:
        OSError: One cannot be written; the error names it.
    """
    drafts: dict[Path, Path] = {}

    def draft(path: Path) -> Path:
        """Return where the new content of a file is written until it is whole."""
        target = real(path)
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "Is a folder, not a file", str(path))
        ending = PACKED if path.name.lower().endswith(PACKED) else path.suffix
        drafts[target] = target.with_name(f".{secrets.token_hex(8)}{ending}")
        return drafts[target]

    try:
        yield draft
        for target, written in drafts.items():
            written.replace(target)
    except OSError as error:  # Nobody knows the drafts: it is their files that cannot be written.
        known = {str(written): str(target) for target, written in drafts.items()}
        if str(error.filename) not in known:
            raise
        raise type(error)(error.errno, error.strerror, known[str(error.filename)]) from error
    finally:
        for written in drafts.values():
            written.unlink(missing_ok=True)
