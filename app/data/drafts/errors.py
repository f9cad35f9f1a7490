"""What stands against a draft, each with its code: pages have words for it in both languages."""

from app.platform.errors import AppError


class DraftRefused(AppError):
    """A draft cannot be kept, saved or published as it is; nothing was changed."""

    status = 422
    title = "Not as it is"

    def __init__(self, code: str, detail: str, *, status: int = 422, **values: object) -> None:
        super().__init__(detail)
        self.code = code  # type: ignore[misc]  # of this refusal, not of all
        self.status = status  # type: ignore[misc]  # likewise
        self.values = values  # What the words of the page are filled in with.
