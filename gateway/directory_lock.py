"""One gridpatrol at a time in a directory: a lock that the kernel lets go when its process ends."""

import fcntl
import os
from pathlib import Path
from typing import IO

from gateway.errors import PortTakenError


def hold(directory: Path, data_dir: Path) -> IO[str]:
    """Hold a directory for this process until the file returned is closed or the process ends.

    data_dir: what to call it in the error. Raises PortTakenError when another process holds it.
    """
    file = (directory / "lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        holder = file.read().strip()
        file.close()
        raise PortTakenError(
            f"another gridpatrol (process {holder}) uses {data_dir}: stop it, "
            "or give another data_dir"
        ) from error
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
