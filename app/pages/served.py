"""Which run the pages show, and which policy was in force on its day."""

import datetime as dt
import json
from pathlib import Path

from app.deps import Resources
from app.errors import Absent
from app.policy import Policy, in_force, load_policies, shipped


def run_of(resources: Resources) -> Path:
    """
    Return the folder of the newest run of the version that is served.

    Where the current version has no run yet it is the newest version that has one: readers keep
    what was served until the refresh is done.

    Raises:
        Absent: There is no run yet.
    """
    current = resources.version().number
    found = [
        (json.loads(place.read_text(encoding="utf-8"))["version"], place.stat().st_mtime_ns, place)
        for place in (resources.home / "runs").glob("*/run.json")
    ]
    served = [each for each in found if each[0] <= current]
    if not served:
        raise Absent("no run yet: deeptier refresh computes one")
    return max(served)[2].parent


def policy_of(resources: Resources, day: dt.date) -> Policy:
    """Return the policy in force on a day."""
    folder = resources.settings.policy
    return in_force(load_policies(folder) if folder else shipped(), day)
