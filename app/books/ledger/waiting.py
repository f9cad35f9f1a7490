"""Who waits for the lock of the book, and what becomes of it."""

import threading
from collections.abc import Sequence
from typing import Self

from app.books.ledger.orders import Order, Reply
from app.platform.errors import AppError


class WaitingOrder:
    """One order in the queue, and what became of it."""

    __slots__ = ("answer", "failure", "leads", "order", "wake")

    def __init__(self, order: Order) -> None:
        self.order = order
        self.wake = threading.Lock()
        self.wake.acquire()
        self.leads = False
        self.answer: Reply | AppError | None = None
        self.failure: BaseException | None = None

    @property
    def is_over(self) -> bool:
        """Return whether it is answered or has failed."""
        return self.answer is not None or self.failure is not None


Decided = Reply | AppError | Exception


def answer_all(batch: Sequence[WaitingOrder], answers: Sequence[Decided]) -> None:
    """Tell each of a round what was decided: an answer, a refusal or a fault of its own."""
    for each, answer in zip(batch, answers, strict=True):
        if isinstance(answer, AppError | Reply):
            each.answer = answer
        else:
            each.failure = answer


class Handed:
    """Takes the error that ends what is inside, whatever it is: nobody may wait for ever for it."""

    def __init__(self, *, but: tuple[type[Exception], ...] = ()) -> None:
        self._but = but
        self.error: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, Exception) and not isinstance(error, self._but):
            self.error = error
            return True
        return False
