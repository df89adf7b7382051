"""Files that are there whole or not at all, also after a power cut."""

import os
from pathlib import Path
from typing import Final

DRAFT_SUFFIX: Final = ".part"
"""Added to a file's name while it is written; of a process killed over it, this is what is left."""


def write_whole(path: Path, data: bytes) -> None:
    """Write a file in a directory that exists, in place of what was there. Raises OSError."""
    draft = path.with_name(f"{path.name}{DRAFT_SUFFIX}")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
