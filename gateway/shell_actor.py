"""Who acts when a command is run."""

import os
from getpass import getuser


def shell_actor() -> str:
    """Return "cli:" and the name of this machine's user; its number where it has no name."""
    try:
        return f"cli:{getuser()}"
    except (KeyError, OSError):  # a container run under any number
        return f"cli:{os.getuid()}"
