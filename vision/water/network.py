"""The network that looks at a picture beside its reference and says where water is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self, TypeAlias, TypeVar

import cv2
import numpy as np

from vision.errors import ModelError, WaterError
from vision.runtime import Runtime, RuntimeChoice, open_runtime
from vision.runtime.contract import Outputs
from vision.types import Image
from vision.water.head import Features, Head
from vision.water.types import Map
from vision.weights import ModelSpec, verify

MODEL_NAME: Final = "water"
"""Its name in the manifest."""

HEAD: Final = "water"
"""What the manifest says of the outputs of such a network."""

STRIDE: Final = 16
"""Pictures are padded to multiples of this, four halvings in the network."""

CELL_PX: Final = 4
"""Pixels, each way, that one cell of its answer stands for."""

PRECISION: Final = RuntimeChoice(precision="f32")
"""Differences of squares in its first layers do not survive bfloat16."""

Result = TypeVar("Result")
Shape: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class CoarseLook:
    """The network's answer as it gives it: a cell for CELL_PX pixels each way of padded pictures.

    water: probabilities, float32 (rows, columns). features: float32 (F, rows, columns).
    """

    water: Map
    features: Features


class WaterNetwork:
    """The shipped network, or a site's own eye over its features; one thread at a time."""

    def __init__(self, spec: ModelSpec, runtime: Runtime, head: Head | None = None) -> None:
        self.spec = spec
        self.head = head
        self._runtime = runtime

    @classmethod
    def open(cls, spec: ModelSpec, choice: RuntimeChoice = PRECISION) -> Self:
        """Check the model's fingerprint and load it.

        Raises ModelError for a damaged file or one that is no water network,
        RuntimeUnavailableError for a choice impossible here.
        """
        verify(spec)
        network = cls(spec, open_runtime(spec, choice))
        grey = np.full((spec.input_size.height // 2, spec.input_size.width, 3), 114, np.uint8)
        network.probability(grey, grey)
        return network

    @property
    def is_taught(self) -> bool:
        """Whether it judges with a site's own eye."""
        return self.head is not None

    def with_head(self, data: bytes) -> "WaterNetwork":
        """Return the network judging with a site's own eye, on the same runtime.

        Raises WaterError when the bytes are none, or were taught on another network's features.
        """
        head = Head.from_bytes(data)
        if head.model != self.spec.sha256:
            raise WaterError(
                f"this site's eye was trained for another version of model {self.spec.name}; "
                "train it again"
            )
        return WaterNetwork(self.spec, self._runtime, head)

    def probability(self, image: Image, reference: Image) -> Map:
        """Return how probable water is at each pixel, float32 (h, w), 0-1.

        image, reference: of one shape, the picture laid over the reference. Raises WaterError for
        two shapes.
        """
        shape = (image.shape[0], image.shape[1])
        return self._run(image, reference, lambda outputs: self._map(outputs, shape))

    def look(self, image: Image, reference: Image) -> CoarseLook:
        """Return the shipped network's own judgement and what it rests on, whatever the head."""
        return self._run(image, reference, _coarse_look)

    def _run(self, image: Image, reference: Image, read: Callable[[Outputs], Result]) -> Result:
        if image.shape != reference.shape:
            raise WaterError(
                f"a picture of {image.shape} cannot be held against a reference of "
                f"{reference.shape}"
            )
        both = np.vstack([_padded(image), _padded(reference)])
        return self._runtime.start([both]).read(read)[0]

    def _map(self, outputs: Outputs, shape: Shape) -> Map:
        """Return the answer at the size of the picture asked about."""
        shipped, features = _parts(outputs)
        coarse = self.head.correct(shipped, features) if self.head else shipped
        height, width = (-(-side // STRIDE) * STRIDE for side in shape)
        full = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
        return np.ascontiguousarray(full[: shape[0], : shape[1]], dtype=np.float32)


def _padded(image: Image) -> Image:
    """Return the picture with its last row and column repeated up to a multiple of STRIDE."""
    below, beside = (-side % STRIDE for side in image.shape[:2])
    padded = cv2.copyMakeBorder(image, 0, below, 0, beside, cv2.BORDER_REPLICATE)
    return np.asarray(padded, dtype=np.uint8)


def _coarse_look(outputs: Outputs) -> CoarseLook:
    """Return a copy of the outputs, which are the runtime's own memory."""
    water, features = _parts(outputs)
    return CoarseLook(water.copy(), features.copy())


def _parts(outputs: Outputs) -> tuple[Map, Features]:
    """Return probabilities and features; ModelError for the outputs of anything else."""
    if len(outputs) != 2 or any(output.ndim != 3 for output in outputs) or len(outputs[0]) != 1:
        raise ModelError(
            f"this is no water network: its outputs are {[output.shape for output in outputs]}, "
            "not (1, h/4, w/4) and (features, h/4, w/4)"
        )
    return outputs[0][0], outputs[1]
