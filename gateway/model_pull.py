"""Models from the Internet, by way of Ultralytics."""

import importlib.util
import shutil
from pathlib import Path

from gateway.errors import MissingExtraError, UnreachableError


def pull(name: str, directory: Path) -> Path:
    """Fetch a model such as "yolo11n" into a directory and return its file.

    Its weights come under Ultralytics' own licence (AGPL-3.0, or theirs for money). Raises
    MissingExtraError without the `ultralytics` extra, UnreachableError when it cannot be fetched.
    """
    if importlib.util.find_spec("ultralytics") is None:
        raise MissingExtraError(
            "fetching models goes through Ultralytics: pip install 'gridpatrol[ultralytics]'"
        )
    from ultralytics.utils.downloads import attempt_download_asset

    file = f"{name.removesuffix('.pt')}.pt"
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / file
    if not target.exists():
        fetched = Path(attempt_download_asset(file))
        if not fetched.exists():
            raise UnreachableError(
                f"{file} cannot be fetched: no Internet, or no such model at Ultralytics"
            )
        shutil.move(fetched, target)
    return target
