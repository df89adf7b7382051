"""Models from the Internet, by way of Ultralytics."""

import importlib.util
import shutil
from pathlib import Path

from gateway.errors import MissingExtraError, UnreachableError
from vision.runtime.vendors import quietly_imported


def pull(name: str, directory: Path) -> Path:
    """Fetch a model such as "yolo11n" into a directory and return its file.

    Its weights come under Ultralytics' own licence (AGPL-3.0, or theirs for money). Raises
    MissingExtraError without the `ultralytics` extra, UnreachableError when it cannot be fetched.
    """
    if importlib.util.find_spec("ultralytics") is None:
        raise MissingExtraError(
            "fetching models goes through Ultralytics: pip install 'gridpatrol[ultralytics]'"
        )
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / f"{name.removesuffix('.pt')}.pt"
    if not target.exists():
        shutil.move(_fetch(target.name), target)
    return target


def _fetch(file: str) -> Path:
    """Have Ultralytics fetch a file; see `quietly_imported`."""
    try:
        with quietly_imported():
            from ultralytics.utils.downloads import attempt_download_asset

            fetched = Path(attempt_download_asset(file))
    except ImportError as error:
        raise MissingExtraError(
            f"Ultralytics cannot be loaded ({error}): pip install 'gridpatrol[ultralytics]'"
        ) from error
    except OSError as error:
        raise UnreachableError(f"{file} cannot be fetched: {error}") from error
    if not fetched.exists():
        raise UnreachableError(
            f"{file} cannot be fetched: no Internet, or no such model at Ultralytics"
        )
    return fetched
