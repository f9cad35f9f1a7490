"""Who runs a command on this machine."""

import getpass


def operator() -> str:
    """Return the name of whoever runs this process, as the audit writes it."""
    try:
        return f"command:{getpass.getuser()}"
    except (KeyError, OSError):
        return "command:unknown"
