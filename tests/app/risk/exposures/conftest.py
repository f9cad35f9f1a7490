"""The service over the small economy with owners, as the tests of groups have it."""

from tests.app.chain.groups.conftest import client, get, settings

__all__ = ["client", "get", "settings"]
