"""No runtime tells its maker that it is used."""

import subprocess
import sys
from pathlib import Path

LOOK_AT_ALL = "from vision.runtime import probe; probe()"


def test_looking_at_the_runtimes_leaves_no_number_to_be_known_by(tmp_path: Path) -> None:
    """What reports to its maker first makes a number for this machine in the home directory.

    It would not where it takes the machine for one of a test service, by `CI` and its like.
    """
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", LOOK_AT_ALL]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    assert list(tmp_path.iterdir()) == []
