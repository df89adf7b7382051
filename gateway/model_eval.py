"""`gridpatrol models eval`: a model's precision, recall and AP50 on a folder of labelled pictures.

Labels are YOLO's: for `name.jpg` a `name.txt` with a line `class x y width height` per object, all
but the class 0-1. What the class numbers mean is read from `classes.txt` or `data.yaml` in the
labels' folder or the one above; without either, labels that use no number above 1 mean 0 person,
1 vehicle, and any others are numbered as COCO's 80 classes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

import cv2
import numpy as np
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from gateway.errors import DatasetError
from vision.detector import Detector
from vision.evaluation import Evaluation, FalseAlarm, KindScore, Miss, evaluate, truth_from_yolo
from vision.runtime import RuntimeChoice
from vision.types import Detections, FrameSize, Image, Kind
from vision.weights import KIND_BY_LABEL, ModelSpec

PICTURE_SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".bmp", ".webp")

CURVE_FLOOR: Final = 0.01
"""The score from which detections enter the precision-recall curve."""

TWO_CLASSES: Final[Mapping[int, str]] = {0: "person", 1: "vehicle"}
COCO_CLASSES: Final[Mapping[int, str]] = {
    0: "person",
    1: "bicycle",
    2: "car",
    3: "motorcycle",
    5: "bus",
    7: "truck",
}
"""Those of COCO's 80 that count, and the bicycle, which is not judged."""

NOT_JUDGED: Final = frozenset({"ignore", "bicycle"})
"""Labels of regions where a detection counts neither as right nor as wrong."""

Row: TypeAlias = tuple[int, float, float, float, float]


@dataclass(frozen=True, slots=True)
class ModelEvaluation:
    """The report; `dataclasses.asdict` makes it ready for JSON.

    classes: what each label number was taken to mean, and `classes_from` where that was said.
    """

    model: str
    sha256: str
    backend: str
    device: str
    precision: str
    input_size: FrameSize
    pictures: int
    pictures_without_objects: int
    classes: Mapping[str, str]
    classes_from: str
    scores: Mapping[Kind, KindScore]
    misses: tuple[Miss, ...]
    false_alarms: tuple[FalseAlarm, ...]


@dataclass(frozen=True, slots=True)
class LabelledFolder:
    """Pictures and their label rows, in the order of their names."""

    pictures: tuple[Path, ...]
    rows: tuple[tuple[Row, ...], ...]
    classes: Mapping[int, str]
    classes_from: str


def evaluate_model(
    spec: ModelSpec, choice: RuntimeChoice, images: Path, labels: Path
) -> ModelEvaluation:
    """Run a model over labelled pictures and compare.

    Raises DatasetError for a folder, picture or label line that cannot be used; ModelError and
    RuntimeUnavailableError as `Detector.open` does.
    """
    folder = read_folder(images, labels)
    eager = replace(spec, thresholds=dict.fromkeys(spec.thresholds, CURVE_FLOOR))
    detector = Detector.open(eager, choice)
    result = _compare(folder, detector, spec.thresholds)
    return ModelEvaluation(
        model=spec.name,
        sha256=spec.sha256,
        backend=detector.runtime.backend,
        device=detector.runtime.device,
        precision=detector.runtime.precision,
        input_size=detector.input_size,
        pictures=result.pictures,
        pictures_without_objects=sum(not rows for rows in folder.rows),
        classes={str(index): label for index, label in folder.classes.items()},
        classes_from=folder.classes_from,
        scores=result.scores,
        misses=result.misses,
        false_alarms=result.false_alarms,
    )


def read_folder(images: Path, labels: Path) -> LabelledFolder:
    """Pair pictures with labels; a picture without a label file shows nothing that counts.

    Raises DatasetError when a folder is missing, holds no picture, a label file has no picture, or
    a line is not a label.
    """
    for folder in (images, labels):
        if not folder.is_dir():
            raise DatasetError(f"there is no folder {folder}")
    pictures = tuple(
        sorted(path for path in images.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES)
    )
    if not pictures:
        raise DatasetError(f"{images} holds no pictures ({', '.join(PICTURE_SUFFIXES)})")
    files = {path.stem: path for path in labels.glob("*.txt") if path.name != "classes.txt"}
    alone = sorted(files.keys() - {picture.stem for picture in pictures})
    if alone:
        raise DatasetError(f"{files[alone[0]]} labels a picture that is not in {images}")
    rows = tuple(
        read_labels(files[picture.stem]) if picture.stem in files else () for picture in pictures
    )
    classes, source = _classes(labels, rows)
    return LabelledFolder(pictures, rows, classes, source)


def read_labels(path: Path) -> tuple[Row, ...]:
    """Return the rows of one label file; raises DatasetError naming the line that is none."""
    lines = enumerate(_read(path).decode("utf-8", "replace").splitlines(), 1)
    return tuple(_read_line(path, number, line) for number, line in lines if line.strip())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}") from error


def _read_line(path: Path, number: int, line: str) -> Row:
    """Return one row: a class number, then four values 0-1."""
    problem = f"{path}, line {number}: {line.strip()[:60]!r} is not `class x y width height`"
    try:
        index, x, y, width, height = (float(field) for field in line.split())
    except ValueError as error:
        raise DatasetError(problem) from error
    whole = index >= 0 and index.is_integer()
    inside = all(0.0 <= value <= 1.0 for value in (x, y, width, height))
    if not (whole and inside and width > 0 and height > 0):
        raise DatasetError(f"{problem} with values 0-1")
    return int(index), x, y, width, height


def _classes(labels: Path, rows: tuple[tuple[Row, ...], ...]) -> tuple[Mapping[int, str], str]:
    """Return what the class numbers mean, and where that comes from."""
    for folder in (labels, labels.parent):
        for name, reader in (("classes.txt", _names_from_text), ("data.yaml", _names_from_yaml)):
            if (folder / name).is_file():
                return reader(folder / name), str(folder / name)
    used = {row[0] for picture in rows for row in picture}
    if used <= set(TWO_CLASSES):
        return TWO_CLASSES, "no number above 1: 0 person, 1 vehicle"
    return COCO_CLASSES, "COCO"


def _names_from_text(path: Path) -> Mapping[int, str]:
    """Return the labels of a `classes.txt`, one a line from 0."""
    return dict(
        enumerate(line.strip() for line in _read(path).decode("utf-8", "replace").splitlines())
    )


def _names_from_yaml(path: Path) -> Mapping[int, str]:
    """Return the `names` of an Ultralytics `data.yaml`, a list or a mapping."""
    try:
        names = YAML(typ="safe").load(path)["names"]
        pairs = names.items() if isinstance(names, Mapping) else enumerate(names)
        return {int(index): str(label) for index, label in pairs}
    except (YAMLError, KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"{path} has no list of class `names`: {error}") from error


def _compare(
    folder: LabelledFolder, detector: Detector, thresholds: Mapping[Kind, float]
) -> Evaluation:
    """Run the detector over the folder, one picture in memory at a time, and judge it."""
    sizes: list[FrameSize] = []

    def pictures() -> Iterator[Image]:
        for path in folder.pictures:
            image = read_picture(path)
            sizes.append(FrameSize(image.shape[1], image.shape[0]))
            yield image

    found: list[Detections] = list(detector.stream(pictures()))
    kinds = _kinds(folder.classes, detector.spec)
    truths = [
        truth_from_yolo(rows, kinds, size) for rows, size in zip(folder.rows, sizes, strict=True)
    ]
    names = [path.name for path in folder.pictures]
    return evaluate(names, truths, found, thresholds)


def read_picture(path: Path) -> Image:
    """Return a picture; raises DatasetError when the file is no picture."""
    data = np.frombuffer(_read(path), dtype=np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    if image is None:
        raise DatasetError(f"{path} is not a picture, or damaged: OpenCV cannot decode it")
    return np.asarray(image, dtype=np.uint8)


def _kinds(classes: Mapping[int, str], spec: ModelSpec) -> dict[int, Kind | None]:
    """Return what each class number counts as for a model.

    None is not judged; labels that neither the model nor the usual ones know are left out.
    """
    known = {**KIND_BY_LABEL, **spec.kinds, **{one.label.lower(): one.kind for one in spec.classes}}
    kinds: dict[int, Kind | None] = {}
    for index, label in classes.items():
        if label.lower() in known:
            kinds[index] = known[label.lower()]
        elif label.lower() in NOT_JUDGED:
            kinds[index] = None
    return kinds
