"""Pairs of pictures of one camera held against each other, as a worker would, and against truth.

Beside every figure stands a floor that costs nothing: "the bottom half of the picture is water".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from gateway.errors import ConfigError
from gateway.water.bystanders import Bystanders
from gateway.water.pictures import overlay
from vision.errors import RuleError
from vision.geometry import Polygon
from vision.scene import Zone
from vision.types import FrameSize, Image
from vision.water.conditions import basis
from vision.water.pair import PairLook, look_at_pair
from vision.water.sampler import is_infrared, sample_shape
from vision.water.state import WaterMachine
from vision.water.types import (
    Evidence,
    Map,
    Mask,
    PlaceType,
    RainState,
    Sample,
    Unseen,
    WaterReading,
    WaterSetup,
    WaterState,
)
from vision.water.votes import WaterVoter

AT = datetime(2000, 1, 1, tzinfo=UTC)
"""When every pair is looked at: it changes nothing."""
LASTS = timedelta(minutes=15)
"""What a picture shows is called what it would be called if it stayed so: longer than any wait."""
LOOKS_EVERY = timedelta(seconds=30)
TOLD: Final = frozenset(WaterState) - {WaterState.NORMAL}
NOT_SEEN: Final = "unseen"
"""The state of a picture that tells neither water nor its absence."""
MEANT = 0.5
"""Pixels of a mask more than so many times as bright as its brightest are meant: white, one of a
colour, or the 1 of a mask of zeros and ones."""
LEAST_PX: Final = 8
"""Sides of a sample below this show nothing."""
WITH_ALPHA: Final = 4
"""Layers of a picture that says how opaque each pixel is."""
PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
REFERENCE, TRUTH, IGNORE, SETUP = "reference", "mask", "ignore", "water.yaml"
MASKS = (f".{TRUTH}", f".{IGNORE}", ".water")
"""What names of masks of one picture end in, before their suffix."""
LOWER_PICTURE = ((0.0, 0.35), (1.0, 0.35), (1.0, 1.0), (0.0, 1.0))
"""Where the ground is when nobody said: the whole lower picture."""


@dataclass(frozen=True, slots=True)
class PairFiles:
    """One pair. name: for people. mask: what really is water; ignore: what does not count."""

    name: str
    reference: Path
    image: Path
    mask: Path | None = None
    ignore: Path | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a mask agrees with the truth. iou: None where neither has any water."""

    iou: float | None
    precision: float | None
    recall: float | None


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """What was found in one pair.

    unseen: why a worker would say nothing of it; the rest is what it would find all the same.
    mask_ratio: share of the zones found under water, of what could be seen. state: what it would be
    called if it stayed so; NOT_SEEN where the pictures show no one place, or where none was found
    and a worker could not have seen it. basis: the witnesses that find it.
    votes: share of each by itself. against_truth, floor: of what was found, and of "the bottom half
    is water"; None without a truth. truth_ratio: share that really is water. same_light: reference
    and picture are both in colour, or both infrared; a worker would wait for a reference that is.
    """

    name: str
    unseen: Unseen | None
    state: str
    mask_ratio: float
    strength: float
    basis: str
    votes: dict[str, float]
    against_truth: Agreement | None
    floor: Agreement | None
    truth_ratio: float | None
    same_light: bool


@dataclass(frozen=True, slots=True, eq=False)
class JudgedPair:
    """One pair with what to look at. drawn: the picture laid over the reference, and its water.

    water: as the picture itself lies, at its own size.
    """

    verdict: PairVerdict
    drawn: Image
    water: Mask


class PairJudge:
    """Judges pairs. network, bystanders: None without one. setup: None where nobody drew a zone.

    What was found is then held against the truth everywhere, else inside the zones.
    """

    def __init__(
        self,
        setup: WaterSetup | None,
        network: WaterVoter | None,
        bystanders: Bystanders | None = None,
    ) -> None:
        self._setup = setup or whole_ground()
        self._everywhere = setup is None
        self._network = network
        self._bystanders = bystanders

    def judge(self, pair: PairFiles) -> JudgedPair:
        """Look at a pair. Raises ConfigError."""
        reference, image = read_picture(pair.reference), read_picture(pair.image)
        height, width = reference.shape[:2]
        shape = sample_shape(FrameSize(width, height))
        if min(shape) < LEAST_PX:
            raise ConfigError(f"{pair.reference} is {width} x {height}, too narrow to show a place")
        ignore = _mask(pair.ignore, shape)
        dry, sample = (_sample(one, shape, ignore) for one in (reference, image))
        things = None
        if self._bystanders is not None:
            things = (self._bystanders.of(reference, shape), self._bystanders.of(image, shape))
        look = look_at_pair(self._setup, dry, sample, self._network, things)
        found = look.in_picture
        truth = None if pair.mask is None else _mask(pair.mask, shape)
        counted = (self._everywhere | self._zones(shape)) & ~ignore
        verdict = PairVerdict(
            name=pair.name,
            unseen=look.unseen,
            state=self._state(look),
            mask_ratio=round(look.evidence.area_ratio, 4),
            strength=round(look.evidence.strength, 3),
            basis=basis(look.evidence),
            votes=_votes(look.evidence),
            against_truth=None if truth is None else agreement(found, truth, counted),
            floor=None if truth is None else agreement(_bottom_half(shape), truth, counted),
            truth_ratio=None if truth is None else _share(truth, counted),
            same_light=dry.infrared == sample.infrared,
        )
        size = (image.shape[1], image.shape[0])
        water = cv2.resize(found.view(np.uint8), size, interpolation=cv2.INTER_NEAREST)
        return JudgedPair(verdict, self._drawn(look), water.view(np.bool_))

    def _state(self, look: PairLook) -> str:
        state = self._lasting(look.evidence)
        blind = look.unseen not in (None, Unseen.SHIFTED)
        if not look.recognised or (blind and state is WaterState.NORMAL):
            return NOT_SEEN
        return state.value

    def _lasting(self, evidence: Evidence) -> WaterState:
        """Return what it would be called if it stayed so."""
        machine = WaterMachine(self._setup)
        reading = WaterReading(AT, None, evidence.area_ratio, evidence.strength)
        judgement = machine.step(reading, RainState.UNKNOWN)
        for number in range(1, LASTS // LOOKS_EVERY):
            later = replace(reading, at=AT + number * LOOKS_EVERY)
            judgement = machine.step(later, RainState.UNKNOWN)
        return judgement.state

    def _zones(self, shape: tuple[int, int]) -> Mask:
        mask = np.zeros(shape, np.uint8)
        for zone in self._setup.zones:
            corners = np.asarray(zone.polygon.corners) * (shape[1], shape[0])
            cv2.fillPoly(mask, [np.rint(corners).astype(np.int32)], 1)
        return mask.view(np.bool_)

    def _drawn(self, look: PairLook) -> Image:
        return overlay(look.after, look.evidence, self._setup.zones)


def whole_ground(place: PlaceType = PlaceType.ROAD) -> WaterSetup:
    """Return the set-up of a camera of which nothing is known but that the ground is below."""
    return WaterSetup(place, (Zone("ground", Polygon(LOWER_PICTURE)),))


def zone_setup(corners: str, place: PlaceType) -> WaterSetup:
    """Return the set-up of a zone as written on a command line: "x,y x,y x,y".

    Raises ConfigError.
    """
    try:
        points = [tuple(float(part) for part in pair.split(",")) for pair in corners.split()]
        return WaterSetup(place, (Zone("zone", Polygon.of(points)),))
    except (ValueError, RuleError) as error:
        raise ConfigError(f"--zone {corners!r}: give corners as `x,y x,y x,y`, 0-1: {error}") from (
            error
        )


def pairs_in(folder: Path) -> Iterator[PairFiles]:
    """Yield the pairs of a folder, one or more of each directory below it that has a reference.

    A directory holds `reference.jpg`, any other pictures to be held against it, and for a picture
    `NAME.jpg` its truth `NAME.mask.png`; `ignore.png` is for all of them, `NAME.ignore.png` for
    one. Raises ConfigError where there is none.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder} is no folder")
    scenes = sorted(path.parent for path in folder.rglob(f"{REFERENCE}.*") if _is_reference(path))
    if not scenes:
        raise ConfigError(f"{folder} has no directory with a {REFERENCE}.jpg in it")
    for scene in scenes:
        reference = next(
            path for path in sorted(scene.glob(f"{REFERENCE}.*")) if _is_reference(path)
        )
        for image in sorted(filter(_is_picture, scene.iterdir())):
            if image == reference or image.stem == IGNORE or image.stem.endswith(MASKS):
                continue
            yield PairFiles(
                name=str(image.relative_to(folder)),
                reference=reference,
                image=image,
                mask=_beside(scene, f"{image.stem}.{TRUTH}"),
                ignore=_beside(scene, f"{image.stem}.{IGNORE}") or _beside(scene, IGNORE),
            )


def read_picture(path: Path) -> Image:
    """Return a picture, BGR. Raises ConfigError."""
    return np.asarray(_decoded(path, cv2.IMREAD_COLOR), np.uint8)


def agreement(found: Mask, truth: Mask, counted: Mask) -> Agreement:
    """Return how far two masks agree where it counts."""
    found, truth = found & counted, truth & counted
    both = int(np.count_nonzero(found & truth))
    either = int(np.count_nonzero(found | truth))
    return Agreement(
        iou=_ratio(both, either),
        precision=_ratio(both, int(np.count_nonzero(found))),
        recall=_ratio(both, int(np.count_nonzero(truth))),
    )


@dataclass(frozen=True, slots=True)
class Summary:
    """Many pairs together. mean_iou, mean_floor_iou: over the flooded ones, None without any.

    flooded, dry: pairs whose truth has water, or none. found: flooded ones called watch or worse;
    alarms: dry ones that were. unseen: pairs of which a worker would say nothing. failed: pairs
    that could not be judged and count nowhere else.
    """

    pairs: int
    failed: int
    flooded: int
    found: int
    dry: int
    alarms: int
    unseen: int
    mean_iou: float | None
    mean_floor_iou: float | None

    @classmethod
    def of(cls, verdicts: Sequence[PairVerdict], failed: int = 0) -> "Summary":
        """Sum up."""
        flooded = [one for one in verdicts if one.truth_ratio]
        dry = [one for one in verdicts if one.truth_ratio == 0.0]
        return cls(
            pairs=len(verdicts),
            failed=failed,
            flooded=len(flooded),
            found=sum(one.state in TOLD for one in flooded),
            dry=len(dry),
            alarms=sum(one.state in TOLD for one in dry),
            unseen=sum(one.unseen is not None for one in verdicts),
            mean_iou=_mean([one.against_truth.iou for one in flooded if one.against_truth]),
            mean_floor_iou=_mean([one.floor.iou for one in flooded if one.floor]),
        )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(sum(known) / len(known), 4) if known else None


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _share(mask: Mask, counted: Mask) -> float:
    total = int(np.count_nonzero(counted))
    return round(int(np.count_nonzero(mask & counted)) / total, 4) if total else 0.0


def _votes(evidence: Evidence) -> dict[str, float]:
    return {name: round(share, 4) for name, share in evidence.votes.items()}


def _bottom_half(shape: tuple[int, int]) -> Mask:
    mask = np.zeros(shape, np.bool_)
    mask[shape[0] // 2 :] = True
    return mask


def _sample(image: Image, shape: tuple[int, int], ignore: Mask) -> Sample:
    height, width = image.shape[:2]
    small = cv2.resize(image, shape[::-1], interpolation=cv2.INTER_AREA)
    picture = np.asarray(small, np.uint8)
    size = FrameSize(width, height)
    return Sample(AT, picture, ignore.copy(), size, is_infrared(picture), image)


def _mask(path: Path | None, shape: tuple[int, int]) -> Mask:
    if path is None:
        return np.zeros(shape, np.bool_)
    brightness = _drawn_on(_decoded(path, cv2.IMREAD_UNCHANGED))
    meant = (brightness > MEANT * brightness.max()).astype(np.float32)
    return np.asarray(cv2.resize(meant, shape[::-1], interpolation=cv2.INTER_AREA) > 0.5, np.bool_)


def _drawn_on(mask: npt.NDArray[np.generic]) -> Map:
    """Return how bright a mask of any depth is: none where it is transparent.

    One that is black wherever it is opaque is drawn in black.
    """
    layers = np.atleast_3d(mask).astype(np.float32)
    if layers.shape[2] != WITH_ALPHA:
        return np.asarray(layers.max(axis=2), np.float32)
    opaque = layers[:, :, -1]
    brightness = layers[:, :, :-1].max(axis=2) * opaque
    return np.asarray(brightness if brightness.any() or opaque.all() else opaque, np.float32)


def _decoded(path: Path, how: int) -> npt.NDArray[np.generic]:
    """Return what a file shows, of a depth and channels that `how` leaves. Raises ConfigError."""
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    try:
        picture = cv2.imdecode(data, how) if data.size else None
    except cv2.error:  # larger than OpenCV takes
        picture = None
    if picture is None:
        raise ConfigError(f"{path} is not a picture; give a JPEG or PNG")
    return np.asarray(picture)


def _beside(scene: Path, stem: str) -> Path | None:
    """Return the picture of a directory that has this name, whatever its sort."""
    named = (scene / f"{stem}{suffix}" for suffix in PICTURES)
    return next((path for path in named if path.exists()), None)


def _is_reference(path: Path) -> bool:
    return path.stem == REFERENCE and _is_picture(path)


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURES
