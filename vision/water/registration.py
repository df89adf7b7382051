"""How a sample lies on its reference: the pole swayed, the bracket sank, or the camera turned.

What is compared is edges on the logarithm of brightness, each as strong as its surroundings allow:
they stay where they are by day, dusk and infrared light. What the camera writes on the picture
must be left out, or that is what the pictures are laid together by.
"""

from dataclasses import dataclass, replace
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from vision.types import Image
from vision.water.types import Map, Mask, Sample

Luma: TypeAlias = npt.NDArray[np.uint8]
"""uint8 (height, width): a grey picture."""
Matrix: TypeAlias = npt.NDArray[np.float32]
"""float32 (2, 3): an affine map of x, y in pixels."""

LOG_FLOOR = 16.0
"""Added before the logarithm: black as coded."""
AROUND_PX = 15.0
"""Edges are measured by the mean edge within about this distance."""
AGREE = 0.35
"""Correlation of edges from which a sample lies on its reference."""
FARTHEST = 0.08
"""Share of the width by which a picture may be moved back."""


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """Where a sample lies on its reference.

    matrix: takes a pixel of the reference to the same thing's in the sample. shape: height and
    width that its pixels count in. score: agreement once moved back, 0-1. ok: whether to trust it.
    found: whether the scene was recognised at all, though it may lie too far off to be used.
    """

    matrix: Matrix
    shape: tuple[int, int]
    score: float
    ok: bool
    found: bool

    @property
    def shift(self) -> tuple[float, float]:
        """How far the middle of the picture has moved, right and down, in pixels of a sample."""
        height, width = self.shape
        middle = np.array((width / 2, height / 2, 1.0), np.float64)
        x, y = self.matrix.astype(np.float64) @ middle - middle[:2]
        return float(x), float(y)


def register(sample: Sample, reference_luma: Luma, ignore: Mask) -> Registration:
    """Lay a sample over a reference of its shape. ignore: pixels with writing on them."""
    left_out = ignore | sample.blocked
    now = edges(luma_of(sample.image), left_out)
    then = edges(reference_luma, left_out)
    window = cv2.createHanningWindow(now.shape[::-1], cv2.CV_32F)
    (x, y), _ = cv2.phaseCorrelate(then, now, window)
    matrix = np.array(((1.0, 0.0, x), (0.0, 1.0, y)), np.float32)
    shape = sample.shape
    moved = Registration(matrix, shape, 0.0, ok=False, found=False)
    score = max(0.0, _agreement(np.asarray(_moved_back(now, moved), np.float32), then))
    found = score >= AGREE
    near = float(np.hypot(x, y)) <= FARTHEST * shape[1]
    return replace(moved, score=score, ok=found and near, found=found)


def align(image: Image, registration: Registration) -> Image:
    """Return a picture of the sample's view, of any size, moved to where its reference has it."""
    return np.asarray(_moved_back(image, registration), np.uint8)


def aligned(sample: Sample, registration: Registration) -> Sample:
    """Return a sample moved to where its reference has it; what it does not show is blocked."""
    everything = np.ones(sample.shape, np.uint8)
    free = everything * ~sample.blocked
    shown = cv2.warpAffine(
        free,
        registration.matrix,
        sample.shape[::-1],
        flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
    )
    return replace(
        sample,
        image=align(sample.image, registration),
        blocked=np.asarray(shown == 0, np.bool_),
        full=None if sample.full is None else align(sample.full, registration),
    )


def luma_of(image: Image) -> Luma:
    """Return the brightness of a picture."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


def edges(luma: Luma, left_out: Mask) -> Map:
    """Return how steep brightness is, against its surroundings; none where it is left out."""
    logarithm = cv2.log(cv2.GaussianBlur(luma, (0, 0), 1.0).astype(np.float32) + LOG_FLOOR)
    across = cv2.Sobel(logarithm, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(logarithm, cv2.CV_32F, 0, 1, scale=1 / 8)
    steep = cv2.magnitude(across, down)
    steep[cv2.dilate(left_out.view(np.uint8), np.ones((5, 5), np.uint8)) > 0] = 0.0
    around = cv2.blur(steep, (2 * int(AROUND_PX) + 1,) * 2)
    return np.asarray(steep / (around + 0.01), np.float32)


def _moved_back(picture: Image | Map, registration: Registration) -> Image | Map:
    """Return a picture or map of the sample's view, of any size, as the reference lies."""
    height, width = picture.shape[:2]
    scale = np.array((width / registration.shape[1], height / registration.shape[0]))
    matrix = registration.matrix.astype(np.float64).copy()
    matrix[:, 2] *= scale
    matrix[:, :2] *= scale[:, None] / scale[None]
    linear = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(
        picture, matrix, (width, height), flags=linear, borderMode=cv2.BORDER_REPLICATE
    )
    return moved.astype(np.uint8) if picture.dtype == np.uint8 else moved.astype(np.float32)


def _agreement(one: Map, other: Map) -> float:
    """Return the correlation of two maps, -1 to 1."""
    return float(cv2.matchTemplate(one, other, cv2.TM_CCOEFF_NORMED)[0, 0])
