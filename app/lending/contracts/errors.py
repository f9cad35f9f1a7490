"""Refusals of contracts and of the services that they need."""

from app.platform.errors import Unready

AGAIN_SECONDS = 5


class NoAnswer(Unready):
    """
    A service outside gave no answer: whether it did its work is not known.

    It is asked again under the same key, and what it has done it finds done.
    """

    def __init__(self, service: str) -> None:
        super().__init__(f"the {service} gave no answer; ask again", again_seconds=AGAIN_SECONDS)
