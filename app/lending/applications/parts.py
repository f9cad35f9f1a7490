"""What other domains say on the page of an application; they stand above applications."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from app.platform.deps import Resources
from app.platform.web.texts import Texts


class ApplicationPart(NamedTuple):
    """A section of the page: its template, and what that reads of it as `part.told`."""

    template: str
    told: Mapping[str, Any]


# Returns its section for an application; nothing where it has nothing to say.
PartMaker = Callable[[Resources, str, Texts], ApplicationPart | None]
