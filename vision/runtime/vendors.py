"""What vendors' packages say and write when they are imported is kept out of people's way."""

import atexit
import contextlib
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator

_SETTINGS = "YOLO_CONFIG_DIR"


@contextlib.contextmanager
def quietly_imported() -> Iterator[None]:
    """Import, or use for the first time, within this.

    What is printed goes to standard error: Ultralytics greets its first user on the output that
    answers of ours are read from. Its settings, with a number that it knows the machine by, go
    into a folder that ends with this process, unless the person who runs it names another.
    """
    if _SETTINGS not in os.environ and importlib.util.find_spec("ultralytics") is not None:
        os.environ[_SETTINGS] = tempfile.mkdtemp(prefix="gridpatrol-settings-")
        atexit.register(shutil.rmtree, os.environ[_SETTINGS], ignore_errors=True)
    with contextlib.redirect_stdout(sys.stderr):
        yield
