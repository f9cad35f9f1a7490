"""The refusals of pushes."""

from app.platform.errors import Malformed


class KeyRequired(Malformed):
    """A push comes with a key, so that it counts once however often it is sent."""

    code = "key_required"
    title = "Idempotency-Key is required"


class KeyReused(Malformed):
    """The key of a push was used for another one."""

    code = "key_reused"
    title = "Idempotency-Key was used before"
