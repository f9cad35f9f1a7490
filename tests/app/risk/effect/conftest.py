"""What tests of effects share: a service that the tests of a file share."""

from tests.app.chain.conftest import kept_clock, kept_desk

__all__ = ["kept_clock", "kept_desk"]
