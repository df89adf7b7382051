"""Photographs of ground that belong to nobody: gravel, grass, brick, CC0, as scikit-image had them.

They come in the wheel of version 0.16.2; its `skimage.data` says of each where it is from (CC0
Textures, and linolafett's "Grass 01") and that it is CC0.
"""

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from vision.water.types import Map

PACKAGE: Final = "scikit-image==0.16.2"
TRAINING: Final = ("gravel", "grass")
TRIAL: Final = ("brick",)
FINE_PX: Final = 40.0
"""Standard deviation of the mean taken out: what is broader is light, and is drawn anew."""


def fetch(folder: Path, names: tuple[str, ...]) -> list[Map]:
    """Return grains by name, of deviation 1 and joining at their borders.

    pip fetches them into the folder unless they are there.
    """
    if not list(folder.glob("scikit_image-*.whl")):
        where = ("--dest", str(folder), "--python-version", "38", "--only-binary", ":all:")
        command = [sys.executable, "-m", "pip", "download", "--no-deps", *where, PACKAGE]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603
    with zipfile.ZipFile(next(folder.glob("scikit_image-*.whl"))) as wheel:
        return [_texture(wheel.read(f"skimage/data/{name}.png")) for name in names]


def _texture(data: bytes) -> Map:
    """Return a photograph beside its mirror images, as deviations from its own light."""
    grey = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE).astype(np.float32)
    flat = grey / (cv2.GaussianBlur(grey, (0, 0), FINE_PX) + 1.0)
    even = (flat - flat.mean()) / flat.std()
    return np.asarray(np.block([[even, even[:, ::-1]], [even[::-1], even[::-1, ::-1]]]), np.float32)
