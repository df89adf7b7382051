"""Views out of real panoramas that belong to nobody: Poly Haven's, CC0, as an npm package has them.

They are 512x256 for the whole sphere, so a view is soft: its ground gets a grain drawn for it.
"""

import base64
import subprocess
import tarfile
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import OpenEXR

from models.train.scenes import Scene
from vision.types import FrameSize, Image
from vision.water.plane import Plane, smooth_noise
from vision.water.types import Map

PACKAGE: Final = "@pmndrs/assets@1.7.0"
TRAINING: Final = ("city", "esplanade", "hall", "night", "park", "sunrise", "dawn")
TRIAL: Final = ("sunset", "warehouse")
LOWEST_GROUND: Final = np.radians(-5.0)
"""What is seen further down than this is taken for ground."""


def fetch(folder: Path, names: tuple[str, ...]) -> list[Image]:
    """Return panoramas by name, BGR 0-255, fetched with npm into a folder unless they are there."""
    archive = folder / "pmndrs-assets-1.7.0.tgz"
    if not archive.exists():
        command = ["npm", "pack", PACKAGE]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)  # noqa: S603
    with tarfile.open(archive) as package:
        return [_read(package, name, folder) for name in names]


def draw_view(panorama: Image, size: FrameSize, rng: np.random.Generator) -> Scene:
    """Return what a camera in the middle of a panorama sees, looking somewhere, downwards."""
    yaw, pitch = rng.uniform(0, 2 * np.pi), np.radians(rng.uniform(12, 38))
    focal = size.width / (2 * np.tan(np.radians(rng.uniform(70, 105)) / 2))
    rows, columns = np.mgrid[: size.height, : size.width].astype(np.float32)
    x, y = (columns - size.width / 2) / focal, (rows - size.height / 2) / focal
    down = np.cos(pitch) * y + np.sin(pitch)
    ahead = np.cos(pitch) - np.sin(pitch) * y
    elevation = -np.arctan2(down, np.hypot(x, ahead))
    azimuth = (np.arctan2(x, ahead) + yaw) % (2 * np.pi)
    height, width = panorama.shape[:2]
    picture = cv2.remap(
        panorama,
        (azimuth / (2 * np.pi) * width).astype(np.float32),
        ((0.5 - elevation / np.pi) * height).astype(np.float32),
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_WRAP,
    )
    ground = elevation < LOWEST_GROUND
    plane = Plane.under(ground)
    grain = plane.lay(smooth_noise(rng, rng.uniform(0.7, 1.4)), rng.uniform(60, 160))
    rough = 1 + rng.uniform(0.02, 0.12) * grain * ground
    return Scene(np.clip(picture * rough[..., None], 0, 255).astype(np.uint8), ground)


def _read(package: tarfile.TarFile, name: str, folder: Path) -> Image:
    member = package.extractfile(f"package/hdri/{name}.exr.js")
    if member is None:
        raise FileNotFoundError(f"{PACKAGE} has no panorama {name}")
    text = member.read().decode("ascii")
    file = folder / f"{name}.exr"
    file.write_bytes(base64.b64decode(text.split("base64,")[1].split("'")[0]))
    return _toned(
        np.nan_to_num(OpenEXR.File(str(file)).channels()["RGB"].pixels.astype(np.float32))
    )


def _toned(light: Map) -> Image:
    """Return linear RGB as a picture whose ground is of middle brightness."""
    middle = np.median(light[len(light) * 5 // 8 :])
    toned = np.clip(light / (middle * 5), 0, 1) ** (1 / 2.2) * 255
    return np.ascontiguousarray(toned[..., ::-1]).astype(np.uint8)
