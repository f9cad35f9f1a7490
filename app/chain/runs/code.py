"""Which code a run was computed with."""

import hashlib
from functools import cache
from pathlib import Path

from app.platform.release import code_version

ROOT = Path(__file__).parents[3]
COMPUTING = ("graph", "app/chain/limits", "app/policy", "app/chain/runs")
READ = (".py", ".yml")


@cache
def code_name() -> str:
    """Return the release and a hash of the sources that figures depend on."""
    digest = hashlib.sha256()
    for package in COMPUTING:
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix in READ and path.is_file():
                digest.update(path.relative_to(ROOT).as_posix().encode())
                digest.update(path.read_bytes())
    return f"{code_version()}+{digest.hexdigest()[:12]}"
