"""
Signing through a port: whoever holds a key signs; the built-in provider is Ed25519.

Private keys lie sealed in records (AES-256-GCM under a key made of the data folder's secret), bound
to their public key: one that was sealed for another is not opened.
"""

import hashlib
import secrets
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.platform.deps import Resources

PURPOSE = b"deeptier private keys at rest\0"
NONCE_BYTES = 12


class Signer(Protocol):
    """Who signs with one key. Asked again for the same statement it gives the same bytes."""

    @property
    def public_key(self) -> str:
        """Return the public half, in hexadecimal."""
        ...

    def sign(self, statement: bytes) -> str:
        """Return the signature of a statement, in hexadecimal."""
        ...


class KeyPair(NamedTuple):
    """A key as records hold it: its public half, and the sealed private one, in hexadecimal."""

    public_key: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Ed25519Signer:
    """The built-in provider: a key that was unsealed in this process."""

    _private: Ed25519PrivateKey

    @property
    def public_key(self) -> str:
        """Return the public half, in hexadecimal."""
        return self._private.public_key().public_bytes_raw().hex()

    def sign(self, statement: bytes) -> str:
        """Return the signature of a statement, in hexadecimal."""
        return self._private.sign(statement).hex()


class Signing(Protocol):
    """The service that keeps keys: it makes them, and signs with those that it made."""

    def make(self) -> KeyPair:
        """Return a new key."""
        ...

    def opened(self, pair: KeyPair) -> Signer | None:
        """Return who signs with a key; None where it opens no longer."""
        ...


class Ed25519Signing:
    """
    The built-in service.

    Args:
        secret: Of the data folder or the settings; keys are sealed under one made of it.
    """

    def __init__(self, secret: bytes) -> None:
        self._sealing = AESGCM(hashlib.sha256(PURPOSE + secret).digest())

    def make(self) -> KeyPair:
        """Return a new key, sealed."""
        private = Ed25519PrivateKey.generate()
        public = private.public_key().public_bytes_raw()
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + self._sealing.encrypt(nonce, private.private_bytes_raw(), public)
        return KeyPair(public.hex(), sealed.hex())

    def opened(self, pair: KeyPair) -> Signer | None:
        """Return who signs with a key; None where it was sealed under another secret."""
        sealed, public = bytes.fromhex(pair.sealed), bytes.fromhex(pair.public_key)
        try:
            raw = self._sealing.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], public)
        except InvalidTag:
            return None
        return Ed25519Signer(Ed25519PrivateKey.from_private_bytes(raw))


def signing_of(resources: Resources) -> Signing:
    """Return the service that this process signs with."""
    made: Signing = resources.once("signing", partial(_built_in, resources))
    return made


def _built_in(resources: Resources) -> Signing:
    return Ed25519Signing(resources.settings.signing_key())


def holds(public_key: bytes, statement: bytes, signature: bytes) -> bool:
    """Return whether the holder of a public key signed a statement."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, statement)
    except (InvalidSignature, ValueError):
        return False
    return True
