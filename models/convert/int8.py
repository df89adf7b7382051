"""Make models/nanodet_g_int8.xml and .bin from nanodet_g.onnx, and compare with those in use.

    pip install nncf==3.4.0
    python -m models.convert.int8               quantise, compare
    python -m models.convert.int8 --out FILE.xml

NNCF looks at how the network computes pictures, and rounds weights and what flows between layers
to eight bits; the last layers, which give scores and distances, stay as they are. The pictures are
the benchmarks' without the ones that have labels: as they are, darkened, brightened, mirrored, and
grey as by infrared light. Exits with 0 when the outcome equals the files in use, 1 when it differs,
as it may with another version of OpenVINO.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import nncf
import numpy as np
import numpy.typing as npt
import openvino as ov
from nncf.quantization.range_estimator import RangeEstimatorParametersSet

from benchmarks.accuracy import LABELS
from benchmarks.footage import FILMS, PICTURES, pictures
from vision.letterbox import Letterbox
from vision.types import FrameSize, Image
from vision.weights import ModelSpec, find_model, fingerprint, load_manifest, shipped_manifest

EVERY: Final = 7
"""Of a film's pictures one in so many is taken."""
APART: Final = 5
"""No picture is taken so near to one that is labelled."""
SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".bmp")
LEAST_SIDE_PX: Final = 200
TURNS: Final = 2
"""How often each still picture is taken, in another light each time."""


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m models.convert.int8", description=__doc__)
    parser.add_argument(
        "--out", type=Path, help="where to write the .xml; its .bin comes beside it"
    )
    out: Path | None = parser.parse_args().out
    spec = find_model("nanodet-g", load_manifest(shipped_manifest()))
    with tempfile.TemporaryDirectory() as folder:
        file = out or Path(folder) / "made.xml"
        ov.save_model(_quantised(spec), file)
        made, used = fingerprint(file), spec.int8.sha256 if spec.int8 else "none"
    print(f"made   {made}\nin use {used}")
    print("equal" if made == used else "they differ")
    return int(made != used)


def _quantised(spec: ModelSpec) -> ov.Model:
    network = ov.Core().read_model(spec.path)
    network.reshape([-1, 3, -1, -1])
    light = np.random.default_rng(1)
    samples = [_blob(spec, _lit(image, light)) for image in _images()]
    last = {_convolution_before(output.get_node()) for output in network.outputs}
    return nncf.quantize(
        network,
        nncf.Dataset(samples),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(samples),
        fast_bias_correction=False,
        ignored_scope=nncf.IgnoredScope(names=sorted(last)),
        advanced_parameters=nncf.AdvancedQuantizationParameters(
            activations_range_estimator_params=RangeEstimatorParametersSet.MEAN_NO_OUTLIERS_MINMAX
        ),
    )


def _images() -> Iterator[Image]:
    """Yield the pictures of the films, then the stills, none of them labelled."""
    for name in FILMS:
        labelled = [int(path.stem) for path in (LABELS / name).glob("[0-9]*.txt")]
        for number, image in enumerate(pictures(name)):
            if number % EVERY == 0 and all(abs(number - one) >= APART for one in labelled):
                yield image
    known = {path.stem for path in (LABELS / "opencv-doc").glob("*.txt")}
    for path in sorted(PICTURES.rglob("*")):
        image = cv2.imread(str(path)) if path.suffix.lower() in SUFFIXES else None
        if image is not None and path.stem not in known and min(image.shape[:2]) >= LEAST_SIDE_PX:
            yield from [np.asarray(image, np.uint8)] * TURNS


def _lit(image: Image, light: np.random.Generator) -> Image:
    """Return a picture as it is, darker, grey, brighter or mirrored."""
    match light.integers(5):
        case 1:
            return (image * light.uniform(0.25, 0.6)).astype(np.uint8)
        case 2:
            grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
            return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
        case 3:
            return np.clip(image * light.uniform(1.1, 1.6), 0, 255).astype(np.uint8)
        case 4:
            return np.ascontiguousarray(image[:, ::-1])
        case _:
            return image


def _blob(spec: ModelSpec, image: Image) -> npt.NDArray[np.float32]:
    size = FrameSize(image.shape[1], image.shape[0])
    pixels = Letterbox.fit(size, spec.input_size).frame(image).astype(np.float32)
    scaled = (pixels - np.float32(spec.pixels.mean)) / np.float32(spec.pixels.std)
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None])


def _convolution_before(node: ov.Node) -> str:
    """Return the name of the last convolution that an output comes from."""
    while node.get_type_name() != "Convolution":
        node = node.input_value(0).get_node()
    return str(node.get_friendly_name())


if __name__ == "__main__":
    sys.exit(main())
