"""Which model to run: a name in `models/manifest.toml` or a file, checked by its fingerprint."""

import difflib
import hashlib
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, cast

from vision.errors import ModelError
from vision.types import FrameSize, Kind, ObjectClass

ChannelOrder: TypeAlias = Literal["bgr", "rgb"]
Triple: TypeAlias = tuple[float, float, float]

KIND_BY_LABEL: Final[Mapping[str, Kind]] = {
    "person": Kind.PERSON,
    "pedestrian": Kind.PERSON,
    "people": Kind.PERSON,
    "vehicle": Kind.VEHICLE,
    "car": Kind.VEHICLE,
    "motorcycle": Kind.VEHICLE,
    "motorbike": Kind.VEHICLE,
    "tricycle": Kind.VEHICLE,
    "van": Kind.VEHICLE,
    "bus": Kind.VEHICLE,
    "truck": Kind.VEHICLE,
}
"""The labels of COCO, VOC and VisDrone that count. A bicycle does not count as a vehicle: ridden,
it is reported as the person on it; parked, bicycles stand everywhere and would bury the queue."""

DEFAULT_THRESHOLD: Final = 0.35
"""Score from which a model is believed that says nothing of it; not measured, a middle value."""

DEFAULT_NMS_IOU: Final = 0.5
DEFAULT_INPUT_SIZE: Final = FrameSize(640, 384)
"""For a model outside the manifest whose file takes any size: 640 wide, 16:9 in steps of 32."""

SCORE_OUTPUTS: Final[Mapping[str, int]] = {"nanodet": 3}
"""Heads whose first outputs have nothing but class scores on their last axis, and how many do."""

MODEL_SUFFIXES: Final = (".onnx", ".xml", ".pt", ".engine")


@dataclass(frozen=True, slots=True)
class PixelScale:
    """What a network wants of pixels 0-255: channel order, then (value - mean) / std by channel."""

    order: ChannelOrder
    mean: Triple
    std: Triple


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """Another form of a model's weights, with its fingerprint as `fingerprint` has it."""

    path: Path
    sha256: str


YOLO_PIXELS: Final = PixelScale("rgb", (0.0, 0.0, 0.0), (255.0, 255.0, 255.0))
"""What every Ultralytics network wants: RGB, 0-1."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A detector's weights and all that is needed to feed them and to read their answer.

    path: the file, or the `.xml` of an OpenVINO pair. sha256: hex, of `path` (of the pair for
    OpenVINO). head: a key of `vision.detector.HEADS`, or None to recognise it by its outputs.
    input_size: what the picture is letterboxed into, unless the file itself is fixed to another
    size. classes: those that count; empty means "by the labels in the file", of which those in
    `kinds`, in small letters, count as its kinds. thresholds: lowest score believed, 0-1, of every
    kind in either. nms_iou: 0-1. card: the model's description, if it has one. int8:
    the same network in eight bits, for OpenVINO on processors, if it has one.
    """

    name: str
    path: Path
    sha256: str
    head: str | None
    input_size: FrameSize
    classes: tuple[ObjectClass, ...]
    kinds: Mapping[str, Kind]
    thresholds: Mapping[Kind, float]
    nms_iou: float
    pixels: PixelScale
    licence: str
    source: str
    card: Path | None
    int8: WeightsFile | None = None

    @property
    def score_outputs(self) -> int:
        """How many of the first outputs a runtime cuts to the `class_span` of the classes.

        Nobody reads the scores of other classes, and carrying them from one core to another costs
        more than reading those that count.
        """
        return SCORE_OUTPUTS.get(self.head or "", 0) if self.classes else 0


def class_span(classes: Sequence[ObjectClass]) -> slice:
    """Return the span of class indices from the first that counts to the last."""
    indices = [one.index for one in classes]
    return slice(min(indices), max(indices) + 1)


def shipped_manifest() -> Path:
    """Return the manifest that came with gridpatrol, in the source tree or in the wheel."""
    root = Path(__file__).resolve().parent.parent
    in_tree = root / "models" / "manifest.toml"
    return in_tree if in_tree.exists() else root / "gateway" / "_models" / "manifest.toml"


def load_manifest(path: Path) -> dict[str, ModelSpec]:
    """Return the models of a manifest by name.

    Of an entry only `file` must be there, in the manifest's folder or by its whole path; what is
    left out is taken as for a file of Ultralytics. Raises ModelError when the manifest is missing,
    is not TOML, or an entry lacks its file or misspells a key.
    """
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ModelError(f"the model manifest {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"the model manifest {path} is not valid TOML: {error}") from error
    return {name: _parse_entry(path, name, table) for name, table in tables.items()}


def find_model(name_or_path: str, manifest: Mapping[str, ModelSpec]) -> ModelSpec:
    """Return the model of that name in the manifest, else of that path.

    A path may be an ONNX file, an OpenVINO `.xml`, the folder of an OpenVINO export, or an
    Ultralytics `.pt` or `.engine`. Raises ModelError when it is neither.
    """
    if name_or_path in manifest:
        return manifest[name_or_path]
    path = Path(name_or_path)
    if path.exists():
        return _spec_of_file(path)
    near = difflib.get_close_matches(name_or_path, manifest, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known names: {', '.join(sorted(manifest))}"
    raise ModelError(f"there is no model or file named {name_or_path}; {hint}")


def verify(spec: ModelSpec) -> None:
    """Raise ModelError unless the model's files are there and have the sha256 they should have."""
    for file in filter(None, (WeightsFile(spec.path, spec.sha256), spec.int8)):
        if not file.path.is_file():
            raise ModelError(f"the file of model {spec.name} is missing: {file.path}")
        actual = fingerprint(file.path)
        if actual != file.sha256:
            raise ModelError(
                f"{file.path} is not the {spec.name} it should be: its sha256 is {actual}, "
                f"expected {file.sha256}; restore the file, it may be damaged or altered"
            )


def fingerprint(path: Path) -> str:
    """Return the sha256 of a model file, hex; of an OpenVINO `.xml`, with its `.bin` after it."""
    digest = hashlib.sha256()
    weights = path.with_suffix(".bin")
    parts = [path, weights] if path.suffix == ".xml" and weights.exists() else [path]
    for part in parts:
        with part.open("rb") as file:
            hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()


def classes_of(
    labels: Mapping[int, str], kinds: Mapping[str, Kind] = KIND_BY_LABEL
) -> tuple[ObjectClass, ...]:
    """Return the classes that count among a model's labels, those in `kinds`."""
    return tuple(
        ObjectClass(index, label, kinds[label.lower()])
        for index, label in sorted(labels.items())
        if label.lower() in kinds
    )


def _spec_of_file(path: Path) -> ModelSpec:
    """Return the specification of a user's own file; the rest is left to what the file says."""
    file = _network_in(path) if path.is_dir() else path
    if file.suffix.lower() not in MODEL_SUFFIXES:
        raise ModelError(
            f"{file} is not a model file; gridpatrol reads {', '.join(MODEL_SUFFIXES)}"
        )
    return _believed(_plain_spec(path.stem, file, fingerprint(file)), {})


def _plain_spec(name: str, file: Path, sha256: str) -> ModelSpec:
    """Return what is taken of a file of which nothing is said: what Ultralytics exports."""
    return ModelSpec(
        name=name,
        path=file,
        sha256=sha256,
        head=None,
        input_size=DEFAULT_INPUT_SIZE,
        classes=(),
        kinds=KIND_BY_LABEL,
        thresholds={},
        nms_iou=DEFAULT_NMS_IOU,
        pixels=YOLO_PIXELS,
        licence="unknown",
        source=str(file),
        card=None,
    )


def _network_in(folder: Path) -> Path:
    """Return the one OpenVINO network of an export folder."""
    networks = sorted(folder.glob("*.xml"))
    if len(networks) != 1:
        raise ModelError(f"the folder {folder} holds {len(networks)} OpenVINO .xml files, not one")
    return networks[0]


def _believed(spec: ModelSpec, thresholds: Mapping[Kind, float]) -> ModelSpec:
    """Return the model with a threshold for each of its kinds; ValueError for one too many."""
    kinds = {one.kind for one in spec.classes} or set(spec.kinds.values())
    strange = sorted(thresholds.keys() - kinds)
    if strange:
        raise ValueError(f"thresholds names {strange[0]}, which is none of {sorted(kinds)}")
    known = {kind: thresholds.get(kind, DEFAULT_THRESHOLD) for kind in sorted(kinds)}
    return replace(spec, thresholds=known)


def _parse_entry(manifest: Path, name: str, table: object) -> ModelSpec:
    """Return one entry of the manifest; keys as in `ModelSpec`, sizes and triples as lists."""
    entry = cast("dict[str, Any]", table) if isinstance(table, dict) else {}
    wrong = sorted(entry.keys() - _READERS.keys()) or (["file"] if "file" not in entry else [])
    if wrong:
        raise ModelError(f"{manifest}: model {name}: missing or unknown keys: {', '.join(wrong)}")
    try:
        given = {key: _READERS[key](value) for key, value in entry.items()}
        return _build_spec(manifest.parent, name, given)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"{manifest}: model {name}: bad value: {error!r}") from error


def _build_spec(folder: Path, name: str, given: dict[str, Any]) -> ModelSpec:
    """Return the model of an entry whose values are read already."""
    path = folder / given.pop("file")
    file = _network_in(path) if path.is_dir() else path
    sha256 = given.pop("sha256", None) or (fingerprint(file) if file.is_file() else "")
    if "card" in given:
        given["card"] = folder / given["card"]
    if "int8" in given:
        given["int8"] = _beside(folder, **given["int8"])
    thresholds = given.pop("thresholds", {})
    return _believed(replace(_plain_spec(name, file, sha256), **given), thresholds)


def _beside(folder: Path, *, file: str, sha256: str = "") -> WeightsFile:
    """Return another file of an entry; as with the first, its fingerprint may be left out."""
    path = folder / file
    return WeightsFile(path, sha256 or (fingerprint(path) if path.is_file() else ""))


def _size(sides: list[int]) -> FrameSize:
    width, height = (int(side) for side in sides)
    return FrameSize(width, height)


def _classes(table: dict[str, Any]) -> tuple[ObjectClass, ...]:
    """Return classes by index: `2 = "car"`, or `0 = { label = "fire", kind = "smoke" }`."""
    return tuple(_class(int(index), entry) for index, entry in table.items())


def _class(index: int, entry: str | dict[str, str]) -> ObjectClass:
    if isinstance(entry, dict):
        return ObjectClass(index, str(entry["label"]), Kind(entry["kind"]))
    if entry not in KIND_BY_LABEL:
        raise ValueError(
            f"class {index}, {entry}, counts as no known kind; "
            f'write {index} = {{ label = "{entry}", kind = "..." }}'
        )
    return ObjectClass(index, entry, KIND_BY_LABEL[entry])


def _kinds(table: dict[str, str]) -> dict[str, Kind]:
    return {label.lower(): Kind(kind) for label, kind in table.items()}


def _thresholds(table: dict[str, float]) -> dict[Kind, float]:
    return {Kind(kind): _ratio(score) for kind, score in table.items()}


def _ratio(value: float) -> float:
    if not 0.0 < float(value) < 1.0:
        raise ValueError(f"{value} is not between 0 and 1")
    return float(value)


def _parse_pixels(table: dict[str, Any]) -> PixelScale:
    order = table["order"]
    if order not in ("bgr", "rgb"):
        raise ValueError(f"order is bgr or rgb, not {order}")
    return PixelScale(order, _triple(table["mean"]), _triple(table["std"]))


def _triple(values: list[float]) -> Triple:
    first, second, third = (float(value) for value in values)
    return (first, second, third)


_READERS: Final[Mapping[str, Callable[[Any], object]]] = {
    "file": str,
    "sha256": str,
    "head": str,
    "input_size": _size,
    "classes": _classes,
    "kinds": _kinds,
    "thresholds": _thresholds,
    "nms_iou": _ratio,
    "pixels": _parse_pixels,
    "licence": str,
    "source": str,
    "card": str,
    "int8": dict,
}
"""How each key of an entry is read."""
