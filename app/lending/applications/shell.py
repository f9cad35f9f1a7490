"""What every page says of the queue: how many applications wait for its reader."""

from collections.abc import Mapping

from app.lending.applications.desk import queue_of
from app.platform.auth.principals import Principal
from app.platform.deps import Resources
from app.platform.errors import Absent, Unready
from app.platform.web.areas import WORK


def waiting_of(resources: Resources, who: Principal) -> Mapping[str, int]:
    """Return how many applications an officer may act upon now."""
    if who.role != "officer":
        return {}
    try:
        return {WORK: len(queue_of(resources, who))}
    except (Absent, Unready):  # Where nobody's authority is known nothing is anybody's turn.
        return {}
