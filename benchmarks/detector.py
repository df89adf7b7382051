"""The detector as cameras use it, against the same compiled model with nothing around it.

"Path" is letterboxing, inference and reading boxes, with as many pictures in flight as the runtime
wants. "Bare" is OpenVINO alone: the same compiled model, its own requests, inputs filled once, the
outputs left unread. Rounds alternate, so that a busy machine slows both alike; the ratio is the
median over pairs of rounds. Processor time is that of the whole process.
"""

import importlib
import importlib.util
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from benchmarks.footage import first_pictures
from benchmarks.report import Figure, Outcome
from vision.detector import Detector
from vision.runtime import RuntimeChoice
from vision.runtime.openvino import OpenVinoRuntime
from vision.types import Image
from vision.weights import find_model, load_manifest, shipped_manifest

AIM = ">= 0.9"
PICTURES = 60


@dataclass(frozen=True, slots=True)
class Round:
    """Pictures done, seconds taken, processor seconds used."""

    count: int
    wall_s: float
    cpu_s: float

    @property
    def rate(self) -> float:
        """Pictures a second."""
        return self.count / self.wall_s

    @property
    def cpu_ms(self) -> float:
        """Processor milliseconds a picture."""
        return 1000 * self.cpu_s / self.count


def run(*, quick: bool) -> Outcome:
    """Compare path and bare, and Ultralytics where it is installed."""
    images = first_pictures("vtest", PICTURES) + first_pictures("bikes", PICTURES)
    spec = find_model("nanodet-g", load_manifest(shipped_manifest()))
    detector = Detector.open(spec, RuntimeChoice(backend="openvino"))
    rounds, seconds = (20, 0.5) if quick else (60, 1.0)
    contenders = {"path": _path(detector, images), "bare": _bare(detector, images)}
    notes = [
        f"{spec.name} {detector.input_size.width}x{detector.input_size.height} "
        f"{detector.runtime.precision}, {detector.runtime.in_flight} in flight, "
        f"{rounds} rounds of {seconds} s each way"
    ]
    if importlib.util.find_spec("ultralytics"):
        contenders["ultralytics"] = _ultralytics(detector, images)
    else:
        notes.append("not compared with Ultralytics: pip install 'gridpatrol[ultralytics]' first")
    measured = _alternate(contenders, rounds, seconds)
    return Outcome(tuple(_figures(measured)), tuple(notes))


def _alternate(
    contenders: dict[str, Iterator[None]], rounds: int, seconds: float
) -> dict[str, list[Round]]:
    """Run the contenders in turn, after a round of each that does not count."""
    measured: dict[str, list[Round]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, work in contenders.items():
            result = _round(work, seconds if number else seconds / 3)
            if number:
                measured[name].append(result)
    return measured


def _round(work: Iterator[None], seconds: float) -> Round:
    """Pull pictures through for so long."""
    began, cpu, count = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - began < seconds:
        next(work)
        count += 1
    return Round(count, time.perf_counter() - began, time.process_time() - cpu)


def _path(detector: Detector, images: list[Image]) -> Iterator[None]:
    """Yield once for each picture that went through the detector."""
    for _ in detector.stream(itertools.cycle(images)):
        yield


def _bare(detector: Detector, images: list[Image]) -> Iterator[None]:
    """Yield once for each run of the compiled model on pictures letterboxed beforehand."""
    if not isinstance(detector.runtime, OpenVinoRuntime):
        raise TypeError("the bare runtime is OpenVINO's")
    compiled = detector.runtime.compiled(detector.input_size)
    requests = [compiled.create_infer_request() for _ in range(detector.runtime.in_flight + 1)]
    for request, image in zip(requests, images, strict=False):
        request.get_input_tensor().data[0] = detector.prepare(image).pixels
        request.start_async()
    for request in itertools.cycle(requests):
        request.wait()
        request.start_async()
        yield


def _ultralytics(detector: Detector, images: list[Image]) -> Iterator[None]:
    """Yield once for each picture through Ultralytics' own predict, on the same weights."""
    predict: Callable[[Image], None] = importlib.import_module(
        "benchmarks.ultralytics_predict"
    ).predictor(detector.spec, detector.input_size)
    for image in itertools.cycle(images):
        predict(image)
        yield


def _figures(measured: dict[str, list[Round]]) -> Iterator[Figure]:
    path = measured["path"]
    for name, rounds in measured.items():
        yield Figure(f"{name} rate", _median(rounds, "rate"), "frames/s")
        yield Figure(f"{name} processor time", _median(rounds, "cpu_ms"), "ms/frame")
    for name in measured.keys() - {"path"}:
        pairs = list(zip(path, measured[name], strict=True))
        aim = AIM if name == "bare" else None
        rate = median(mine.rate / other.rate for mine, other in pairs)
        cost = median(other.cpu_ms / mine.cpu_ms for mine, other in pairs)
        yield Figure(f"path rate over {name} rate", rate, "ratio", aim)
        yield Figure(f"{name} processor time over path's", cost, "ratio")


def _median(rounds: list[Round], name: str) -> float:
    return float(median(getattr(one, name) for one in rounds))
