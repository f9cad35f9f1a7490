"""What stands in a folder, kept over a crash of the machine."""

import os
from pathlib import Path


def sync_folders(*folders: Path) -> None:
    """
    Let what was made or renamed in folders be there after a crash of the machine.

    Raises:
        OSError: One is not there, or the disk fails.
    """
    for folder in folders:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
