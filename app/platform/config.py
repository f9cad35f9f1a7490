"""
The settings of a process, read in one place.

Every setting is an environment variable with the prefix `DEEPTIER_`; `docs/settings.md` lists
them. Where no secret is given one is made once and kept in the data folder, so that the command
`token` and a running service sign with the same key.
"""

import contextlib
import hashlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.platform.text import is_mail_address
from ingestion.days import ZONE

RECORDS_BACKENDS = ("sqlite", "postgresql")
OWNER_ONLY = 0o600
IMPORT_MEMORY_MIB = 4096


class Settings(BaseSettings):
    """What a process is told from outside; never changed while it runs."""

    model_config = SettingsConfigDict(
        env_prefix="DEEPTIER_", env_ignore_empty=True, frozen=True, extra="ignore"
    )

    home: Path = Field(default=Path("var"), description="Data folder")
    graph_url: str = Field(
        default="",
        description="Where versions of the graph live; default SQLite in the data folder",
    )
    records_url: str = Field(
        default="",
        description="Where users, runs, jobs and the audit live; default SQLite in the folder",
    )
    sources: Path | None = Field(
        default=None,
        description="A further folder of descriptions, behind `sources` in the data folder",
    )
    policy: Path | None = Field(
        default=None, description="Folder of policy files; default those that ship with the package"
    )
    host: str = Field(default="127.0.0.1", description="Address the service listens on")
    port: int = Field(default=8000, ge=0, le=65535, description="Port the service listens on")
    secret: SecretStr | None = Field(
        default=None,
        description="Signs tokens and sessions; default one made once and kept in the folder",
    )
    language: Literal["zh", "en"] = Field(
        default="zh", description="Language of pages where the reader has chosen none"
    )
    time_zone: str = Field(
        default=ZONE.key,
        description="Where the bank's day begins and ends: a name of the IANA time zone database",
    )
    threads: int = Field(
        default_factory=lambda: os.cpu_count() or 1,
        ge=1,
        description="Threads of an analysis; default one for each processor",
    )

    import_memory_mib: int = Field(
        default_factory=lambda: min(IMPORT_MEMORY_MIB, _memory_mib() // 2),
        ge=256,
        description="MiB of memory an import may take; default 4096, or half of what there is",
    )
    staged_mib: int = Field(
        default=256,
        ge=1,
        description="MiB of records that may be pushed to one source before they are published",
    )
    papers_open: int = Field(
        default=20, ge=1, description="Papers of one firm that may wait for the bank at once"
    )
    papers_mib: int = Field(default=64, ge=1, description="MiB that these may have together")
    import_seconds: int = Field(default=3600, ge=1, description="Seconds that one import may take")
    stop_seconds: int = Field(
        default=20, ge=0, description="Seconds that a stop waits for imports and jobs that run"
    )

    @field_validator("home")
    @classmethod
    def _home_that_can_be_written_down(cls, home: Path) -> Path:
        try:
            str(home).encode()
        except UnicodeEncodeError as error:
            raise ValueError("is no text: a folder's name is written in UTF-8") from error
        return home

    kept_mib: int = Field(
        default=128,
        ge=8,
        description="MiB of answers, pictures and pages that are kept for the next reader",
    )
    connections: int = Field(
        default=512,
        ge=16,
        description="Connections at once; fewer where the limit on open files asks for it",
    )

    public_url: str = Field(
        default="", description="Where readers reach the service: links in mail begin with it"
    )
    smtp_host: str = Field(
        default="", description="Server that takes mail; without one no mail is sent"
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Port of that server")
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="Whether mail is encrypted: after STARTTLS, at once, not"
    )
    smtp_user: str = Field(default="", description="As whom it signs in to the server of mail")
    smtp_password: SecretStr | None = Field(default=None, description="The password of that user")
    smtp_sender: str = Field(default="", description="Address from which mail comes")

    @field_validator("public_url")
    @classmethod
    def _address_without_a_path(cls, url: str) -> str:
        try:
            parts = urlsplit(url)
            whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError as error:
            raise ValueError("is no address of a service") from error
        plain = url.isascii() and url.isprintable() and not set(' "<>\\@') & set(url)
        if url and not (whole and plain and parts.path in ("", "/") and not url.endswith("?")):
            raise ValueError("is no address of a service: give https://HOST or https://HOST:PORT")
        if parts.query or parts.fragment:
            raise ValueError("has more than a host and a port")
        return url.rstrip("/")

    @field_validator("smtp_sender")
    @classmethod
    def _sender_that_is_an_address(cls, sender: str) -> str:
        if sender and not is_mail_address(sender):
            raise ValueError("is no address of mail: give one as notices@bank.example")
        return sender

    @model_validator(mode="after")
    def _mail_whole_or_not_at_all(self) -> Self:
        if not self.smtp_host:
            return self
        wanted = {"DEEPTIER_SMTP_SENDER": self.smtp_sender, "DEEPTIER_PUBLIC_URL": self.public_url}
        missing = [name for name, value in wanted.items() if not value]
        if missing:
            raise ValueError(f"DEEPTIER_SMTP_HOST asks for {' and '.join(missing)} too")
        if bool(self.smtp_user) != bool(self.smtp_password):
            raise ValueError("DEEPTIER_SMTP_USER and DEEPTIER_SMTP_PASSWORD go together")
        if self.smtp_password and self.smtp_tls == "none":
            raise ValueError("DEEPTIER_SMTP_TLS: a password is not sent without encryption")
        return self

    @field_validator("records_url")
    @classmethod
    def _records_in_a_relational_store(cls, url: str) -> str:
        if not url:
            return url
        # Loaded here: a command that opens no database need not wait for SQLAlchemy.
        from sqlalchemy.engine import make_url  # noqa: PLC0415
        from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

        try:
            backend = make_url(url).get_backend_name()
        except ArgumentError as error:
            raise ValueError("is no database URL") from error
        if backend not in RECORDS_BACKENDS:
            raise ValueError(
                f"records live in SQLite or PostgreSQL, never in {backend}: "
                "give sqlite:///PATH or postgresql+psycopg://…"
            )
        return url

    @field_validator("time_zone")
    @classmethod
    def _time_zone_that_there_is(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(
                f"{name!r} is no time zone; give a name as Asia/Shanghai or Europe/Zurich"
            ) from error
        return name

    @property
    def zone(self) -> ZoneInfo:
        """Return the bank's time zone."""
        return ZoneInfo(self.time_zone)

    def graph_place(self) -> str:
        """Return the URL of the graph store."""
        return self.graph_url or _address(self.home / "graph.db")

    def records_place(self) -> str:
        """Return the URL of the records database."""
        return self.records_url or _address(self.home / "records.db")

    def signing_key(self) -> bytes:
        """Return the 32 bytes that sign tokens and sessions, made on first use."""
        given = self.secret.get_secret_value() if self.secret else _kept_secret(self.home)
        return hashlib.sha256(b"deeptier signing key\0" + given.encode()).digest()


def _memory_mib() -> int:
    """Return how much memory the machine has."""
    return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20)


def _address(file: Path) -> str:
    """Return the URL of a SQLite file, whatever characters its path holds."""
    from sqlalchemy.engine import URL  # noqa: PLC0415  # see above

    return URL.create("sqlite", database=str(file)).render_as_string()


def _kept_secret(home: Path) -> str:
    """Return the secret in the data folder; the first of several processes to come makes it."""
    place = home / "secret"
    if not place.exists():
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home) as folder:
            draft = Path(folder) / "secret"
            draft.touch(OWNER_ONLY)
            draft.write_text(secrets.token_urlsafe(48), encoding="ascii")
            with contextlib.suppress(FileExistsError):  # Another process was quicker.
                os.link(draft, place)
    return place.read_text(encoding="ascii").strip()
