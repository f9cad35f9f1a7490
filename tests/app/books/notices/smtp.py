"""A tiny server of mail: it takes, refuses or falls silent as it is told, with TLS or without."""

import datetime as dt
import ipaddress
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SILENT = "silent"  # Does its work and says nothing of it.


@dataclass
class TinySmtp:
    """What a server has heard and taken, and its next answers to verbs; where none is left, yes."""

    port: int = 0
    context: ssl.SSLContext | None = None
    at_once: bool = False  # TLS from the first byte.
    answers: dict[str, list[str]] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)

    def answer(self, verb: str, otherwise: str) -> str:
        """Return the next answer to a verb."""
        left = self.answers.get(verb)
        return left.pop(0) if left else otherwise


class _Talk(socketserver.StreamRequestHandler):
    """One connection."""

    def handle(self) -> None:
        """Answer line by line."""
        self.tiny: TinySmtp = self.server.tiny  # type: ignore[attr-defined]  # set below
        if self.tiny.at_once:
            self._encrypt()
        self._say("220 tiny")
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            self.tiny.heard.append(line)
            getattr(self, f"_{verb.lower()}", self._otherwise)(verb)

    def finish(self) -> None:
        """Close what was encrypted too; the server knows of the plain connection alone."""
        super().finish()
        self.connection.close()

    def _ehlo(self, _: str) -> None:
        plain = self.tiny.context and not isinstance(self.connection, ssl.SSLSocket)
        offers = ["tiny", "AUTH PLAIN", *(["STARTTLS"] if plain else [])]
        self._say("".join(f"250-{each}\r\n" for each in offers) + "250 HELP")

    def _starttls(self, _: str) -> None:
        self._say("220 go on")
        self._encrypt()

    def _data(self, verb: str) -> None:
        self._say("354 go on")
        self.tiny.taken.append(b"".join(iter(self.rfile.readline, b".\r\n")))
        said = self.tiny.answer(verb, "250 taken")
        if said == SILENT:
            self.rfile.read()  # Until the other side has waited long enough.
            return
        if not said.startswith("250"):
            self.tiny.taken.pop()
        self._say(said)

    def _otherwise(self, verb: str) -> None:
        self._say(self.tiny.answer(verb, "235 welcome" if verb == "AUTH" else "250 yes"))

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def _encrypt(self) -> None:
        assert self.tiny.context is not None
        self.connection = self.request = self.tiny.context.wrap_socket(
            self.connection, server_side=True
        )
        self.setup()  # Reads and writes what is encrypted from now on.


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Let connections end as they like: clients that trust nobody hang up."""


@contextmanager
def serving(tiny: TinySmtp) -> Iterator[TinySmtp]:
    """Yield a server that listens."""
    with _Server(("127.0.0.1", 0), _Talk) as server:
        server.tiny = tiny  # type: ignore[attr-defined]
        tiny.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield tiny
        server.shutdown()
        thread.join()


def certified(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return what a server on this machine proves itself with, and the file of who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tiny")])
    now = dt.datetime.now(dt.UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - dt.timedelta(1)).not_valid_after(now + dt.timedelta(1))
    made = made.add_extension(here, critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    signed = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    trusted = folder / "trusted.pem"
    trusted.write_bytes(signed)
    (folder / "key.pem").write_bytes(secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, folder / "key.pem")
    return context, trusted
