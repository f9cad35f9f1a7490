"""Whether a process is told to stop, and how long what runs may still go on."""

import threading
import time


class Stopping:
    """Told once; what runs asks, waits on it, and gives up when its time is over."""

    def __init__(self) -> None:
        self._told = threading.Event()
        self._until = 0.0

    def begin(self, seconds: float) -> None:
        """Tell all that work to come to an end within so many seconds; the first call counts."""
        if not self._told.is_set():
            self._until = time.monotonic() + seconds
            self._told.set()

    @property
    def begun(self) -> bool:
        """Return whether nothing new is to be begun."""
        return self._told.is_set()

    @property
    def over(self) -> bool:
        """Return whether what still runs is to be given up."""
        return self.begun and self.seconds_left <= 0

    @property
    def seconds_left(self) -> float:
        """Return how long what runs may still go on, once it was told to stop."""
        return max(0.0, self._until - time.monotonic())
