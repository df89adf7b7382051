"""The default model's boxes against hand-drawn ones, at the thresholds of its manifest.

The pictures are read from public packages, the labels lie in `benchmarks/labels` (its README says
who drew them and how). Every miss and every false alarm is named.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.footage import FILMS, PICTURES, pictures
from benchmarks.report import Figure, Outcome
from gateway.model_eval import CURVE_FLOOR, read_labels, read_picture
from vision.detector import Detector
from vision.evaluation import Evaluation, KindScore, Truth, evaluate, truth_from_yolo
from vision.runtime import RuntimeChoice, probe
from vision.runtime.contract import Precision
from vision.types import FrameSize, Image, Kind
from vision.weights import ModelSpec, find_model, load_manifest, shipped_manifest

LABELS = Path(__file__).resolve().parent / "labels"
CLASSES = {0: Kind.PERSON, 1: Kind.VEHICLE, 2: None}
"""As in every `classes.txt` there; 2 marks what is not to be judged."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One labelled picture."""

    name: str
    image: Image
    truth: Truth


def run(*, quick: bool) -> Outcome:
    """Judge the default model in each precision worth having here; quick: in the one chosen."""
    spec = find_model("nanodet-g", load_manifest(shipped_manifest()))
    sets = {name: _film_samples(name) for name in FILMS}
    notes = []
    if PICTURES.is_dir():
        sets["opencv-doc"] = list(_picture_samples())
    else:
        notes.append("the pictures of Debian's opencv-doc are not installed, so not judged")
    figures: list[Figure] = []
    precisions: tuple[Precision, ...] = ("auto",) if quick else precisions_of(spec)
    for precision in precisions:
        detector = _eager(spec, precision)
        for name, samples in sets.items():
            result = _judge(detector, samples, spec)
            figures += _figures(f"{name} {detector.runtime.precision}", result)
            notes += _errors(detector.runtime.precision, result)
    return Outcome(tuple(figures), tuple(notes))


def precisions_of(spec: ModelSpec) -> tuple[Precision, ...]:
    """Return those worth comparing: f32, int8 of a model that has it, bf16 of a processor that has.

    The one chosen by itself comes last.
    """
    native = next(one.precisions for one in probe() if one.backend == "openvino")
    int8: tuple[Precision, ...] = ("int8",) if spec.int8 else ()
    return ("f32", *int8, "bf16") if "bf16" in native else ("f32", *int8)


def _eager(spec: ModelSpec, precision: Precision) -> Detector:
    """Return a detector that keeps even the least sure boxes, which the curve needs."""
    floor = replace(spec, thresholds=dict.fromkeys(spec.thresholds, CURVE_FLOOR))
    return Detector.open(floor, RuntimeChoice("openvino", precision=precision))


def _judge(detector: Detector, samples: list[Sample], spec: ModelSpec) -> Evaluation:
    found = list(detector.stream([sample.image for sample in samples]))
    return evaluate(
        [sample.name for sample in samples],
        [sample.truth for sample in samples],
        found,
        spec.thresholds,
    )


def _film_samples(name: str) -> list[Sample]:
    """Return the labelled pictures of a film; a label file is named after its picture's number."""
    files = {int(path.stem): path for path in (LABELS / name).glob("[0-9]*.txt")}
    return [
        _sample(f"{name} {number}", image, files[number])
        for number, image in enumerate(pictures(name))
        if number in files
    ]


def _picture_samples() -> Iterator[Sample]:
    for file in sorted((LABELS / "opencv-doc").glob("*.txt")):
        for picture in PICTURES.glob(f"{file.stem}.*"):
            yield _sample(picture.name, read_picture(picture), file)


def _sample(name: str, image: Image, labels: Path) -> Sample:
    size = FrameSize(image.shape[1], image.shape[0])
    return Sample(name, image, truth_from_yolo(read_labels(labels), CLASSES, size))


def _figures(name: str, result: Evaluation) -> Iterator[Figure]:
    for kind, score in result.scores.items():
        if score.truths:
            for measure, value in _measures(score).items():
                yield Figure(f"{name} {kind} {measure}", value, "0-1")
            yield Figure(f"{name} {kind} boxes drawn", score.truths, "boxes")


def _measures(score: KindScore) -> dict[str, float]:
    """Return the measures that are defined."""
    measures = {"precision": score.precision, "recall": score.recall, "AP50": score.ap50}
    return {name: round(value, 4) for name, value in measures.items() if value is not None}


def _errors(precision: str, result: Evaluation) -> Iterator[str]:
    for miss in result.misses:
        yield f"{precision} miss: {miss.picture}, {miss.kind} at {miss.box}"
    for alarm in result.false_alarms:
        yield (
            f"{precision} false alarm: {alarm.picture}, {alarm.kind} {alarm.score:.2f} "
            f"at {alarm.box}"
        )
