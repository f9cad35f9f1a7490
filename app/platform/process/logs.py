"""
Structured logs: one JSON object a line on standard error, or readable text on a terminal.

A command says at its start how logs shall look (`prepare_logs`); what renders them is loaded with
the first line, for most commands log nothing.
"""

import logging
import sys
from typing import Any, TextIO

CHATTY = ("alembic", "apscheduler")  # They tell every step; what matters of it we tell ourselves.


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to what standard error is now, not to what it was when logs were configured."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        self.stream = sys.stderr
        super().emit(record)


class _Prepared(logging.Handler):
    """Waits for the first line, then lets the renderer take its place."""

    def __init__(self, *, readable: bool, level: int) -> None:
        super().__init__()
        self._readable, self._log_level = readable, level

    def configure(self) -> None:
        """Configure the logs as they were prepared."""
        configure_logs(readable=self._readable, level=self._log_level)

    def emit(self, record: logging.LogRecord) -> None:
        """Write the first line of a library."""
        self.configure()
        logging.getLogger(record.name).handle(record)


def prepare_logs(*, readable: bool, level: int = logging.INFO) -> None:
    """Let the first log line configure the logs so; see `configure_logs`."""
    root = logging.getLogger()
    root.handlers = [prepared := _Prepared(readable=readable, level=level)]
    root.setLevel(level)
    if "structlog" in sys.modules:  # Somebody who logs is there already.
        prepared.configure()


class Logger:
    """The logger of a name; what renders its lines is loaded with the first."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, method: str) -> Any:
        import structlog  # noqa: PLC0415  # see above

        for handler in logging.getLogger().handlers:
            if isinstance(handler, _Prepared):
                handler.configure()
        return getattr(structlog.get_logger(self._name), method)


def logger(name: str) -> Logger:
    """Return the logger of that name; logs that were prepared are configured by its first line."""
    return Logger(name)


def configure_logs(*, readable: bool, level: int = logging.INFO) -> None:
    """Send every log line, ours and the libraries', through one renderer to standard error."""
    import structlog  # noqa: PLC0415  # see above

    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    last = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if readable
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    handler: logging.Handler = _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(max(level, logging.WARNING))
