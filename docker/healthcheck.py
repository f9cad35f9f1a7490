"""End with status 0 where the service in this container says that it is alive, else with 1."""

import os
import sys
import urllib.error
import urllib.request

SECONDS_MAX = 4
OK = 200


def main() -> int:
    """Return the exit status: 0 when `/healthz` answers 200."""
    port = int(os.environ.get("DEEPTIER_PORT", "8000"))
    address = f"http://127.0.0.1:{port}/healthz"
    try:
        with urllib.request.urlopen(address, timeout=SECONDS_MAX) as answer:
            return 0 if answer.status == OK else 1
    except (urllib.error.URLError, TimeoutError):
        return 1


if __name__ == "__main__":
    sys.exit(main())
