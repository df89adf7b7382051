"""Photographs of real floods and real roads, where they happen to be on this machine.

`../shared/water` holds web photographs for looking at, most without a licence; nothing of them is
in the project. Each shows its street once, so there is no real reference for any. Asked are:

- real water over other ground: the water of a photograph is laid over a place's zone, and the place
  is the reference. Water is real; its edge, light and perspective are not;
- nothing happened: a photograph of a dry, wet, snowy or dirt road is its own reference, seen again
  brighter or darker, a little moved, coded anew. Whatever is found is wrong.

Beside every figure stands what calling the zone's (or picture's) lower half water would score.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from benchmarks.report import Figure, Outcome
from benchmarks.water_places import SIZE, Place
from benchmarks.water_trial import EPOCH
from vision.geometry import Polygon
from vision.scene import Zone
from vision.types import FrameSize, Image
from vision.water.bank import ReferenceBank
from vision.water.sampler import is_infrared, sample_shape
from vision.water.types import Mask, PlaceType, RainState, Sample, WaterSetup
from vision.water.votes import WaterVoter
from vision.water.watch import WaterOutcome, WaterWatch

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "water"
WATCH_RATIO = 0.05
"""From this share of the zone on, one look speaks for water."""
LOWER_HALF = Polygon(((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)))
SEED = 51


@dataclass(frozen=True, slots=True)
class Verdict:
    """One pair judged. iou: of what was found with the truth, and floor: of the lower half."""

    name: str
    found_ratio: float
    iou: float
    floor: float
    seen: bool


def outcome(places: Sequence[Place], network: WaterVoter | None, *, quick: bool) -> Outcome:
    """Return the figures of real photographs; none, and a note, where there are none."""
    rows = _manifest()
    if not rows:
        return Outcome((), ("no photographs of real floods on this machine: no figures of them",))
    masked = [row for row in rows if row["kind"] == "street" and row["mask"]]
    floods = list(_real_water(masked[:2] if quick else masked, places, network))
    empty = [row for row in rows if row["flood"] == "0"]
    nothing = list(_nothing_happened(empty[:4] if quick else empty, network))
    notes = (
        "real: water of web photographs over rendered pairs and single photographs of roads; no "
        "real before-and-after pair is among them",
        *(f"real, nothing happened: {one.name} {one.found_ratio:.2f}" for one in nothing
          if one.found_ratio >= WATCH_RATIO),
    )  # fmt: skip
    return Outcome((*_flood_figures(floods), *_nothing_figures(nothing)), notes)


def _flood_figures(done: Sequence[Verdict]) -> Iterator[Figure]:
    name = "real water over other ground"
    seen = [one for one in done if one.seen]
    told = sum(one.found_ratio >= WATCH_RATIO for one in seen)
    yield Figure(f"{name}: told by one look", told / max(1, len(seen)), f"of {len(seen)} seen")
    yield Figure(f"{name}: not seen", len(done) - len(seen), f"of {len(done)}")
    if seen:
        yield Figure(f"{name}: IoU, median", median(one.iou for one in seen), "0-1")
        yield Figure(f"{name}: IoU of the lower half", median(o.floor for o in seen), "0-1")


def _nothing_figures(done: Sequence[Verdict]) -> Iterator[Figure]:
    name = "real roads, nothing happened"
    seen = [one for one in done if one.seen]
    wrong = sum(one.found_ratio >= WATCH_RATIO for one in seen)
    yield Figure(f"{name}: called water", wrong / max(1, len(seen)), f"of {len(seen)} seen")
    yield Figure(f"{name}: called water by the lower half", 1.0, f"of {len(done)}")


def _manifest() -> list[dict[str, str]]:
    path = FOLDER / "manifest.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _real_water(
    rows: Sequence[dict[str, str]], places: Sequence[Place], network: WaterVoter | None
) -> Iterator[Verdict]:
    for number, row in enumerate(rows):
        photo, mask = _read(row["file"]), _read(row["mask"])[:, :, 0] > 127
        water = _largest_patch(photo, np.asarray(mask, np.bool_))
        for place in (places[number % len(places)], places[(number + 3) % len(places)]):
            level_cm = place.floor.level_for((0.15, 0.3, 0.5, 0.7)[number % 4])
            truth = np.asarray(place.floor.height_cm < level_cm, np.bool_) & ~place.hidden
            flooded = _laid(place.picture, water, truth)
            result = _pair(place.setup, place.picture, flooded, network)
            yield _verdict(f"{row['file']} at {place.name}", result, truth & place.zone_mask, place)


def _verdict(name: str, result: WaterOutcome, truth: Mask, place: Place) -> Verdict:
    rows = np.flatnonzero(place.zone_mask.any(axis=1))
    lower = place.zone_mask & (np.arange(SIZE.height)[:, None] > rows.mean())
    if result.evidence is None:
        return Verdict(name, 0.0, 0.0, _iou(lower, truth), seen=False)
    shape = (SIZE.width, SIZE.height)
    found = cv2.resize(result.evidence.water.astype(np.uint8), shape) > 0
    iou = _iou(np.asarray(found, np.bool_), truth)
    return Verdict(name, result.reading.area_ratio, iou, _iou(lower, truth), seen=True)


def _iou(a: Mask, b: Mask) -> float:
    either = int(np.count_nonzero(a | b))
    return int(np.count_nonzero(a & b)) / either if either else 1.0


def _nothing_happened(
    rows: Sequence[dict[str, str]], network: WaterVoter | None
) -> Iterator[Verdict]:
    random = np.random.default_rng(SEED)
    setup = WaterSetup(PlaceType.ROAD, (Zone("lower", LOWER_HALF),))
    for row in rows:
        photo = _wide(_read(row["file"]))
        again = _seen_again(photo, random)
        result = _pair(setup, photo, again, network)
        ratio, seen = result.reading.area_ratio, result.evidence is not None
        yield Verdict(row["file"], ratio, 0.0, 0.0, seen=seen)


def _seen_again(photo: Image, random: np.random.Generator) -> Image:
    """Return a photograph as the camera shows it some hours later, nothing having happened."""
    gain, gamma = random.uniform(0.7, 1.25), random.uniform(0.85, 1.2)
    shift = np.array([[1, 0, random.uniform(-3, 3)], [0, 1, random.uniform(-2, 2)]], np.float32)
    moved = cv2.warpAffine(photo, shift, photo.shape[1::-1], borderMode=cv2.BORDER_REFLECT)
    lit = 255 * (moved.astype(np.float32) / 255 * gain).clip(0, 1) ** gamma
    noisy = lit + random.normal(0, 2.0, photo.shape)
    coded = cv2.imencode(".jpg", np.clip(noisy, 0, 255).astype(np.uint8), (1, 75))[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


def _pair(setup: WaterSetup, before: Image, now: Image, network: WaterVoter | None) -> WaterOutcome:
    """Return what the watch says of a picture when it knows the place by one other."""
    bank = ReferenceBank(sample_shape(_size(before)))
    known = _sample(before, 0.0)
    bank.teach(known, known.at)
    watch = WaterWatch(setup, bank, network, camera="pair")
    return watch.look(_sample(now, 60.0), RainState.UNKNOWN)


def _sample(picture: Image, at_s: float) -> Sample:
    shape = sample_shape(_size(picture))
    image = cv2.resize(picture, shape[::-1], interpolation=cv2.INTER_AREA)
    small = np.asarray(image, np.uint8)
    at = EPOCH + timedelta(seconds=at_s)
    return Sample(at, small, np.zeros(shape, np.bool_), _size(picture), is_infrared(small))


def _size(picture: Image) -> FrameSize:
    return FrameSize(picture.shape[1], picture.shape[0])


def _read(name: str) -> Image:
    picture = cv2.imread(str(FOLDER / name))
    if picture is None:
        raise FileNotFoundError(f"{FOLDER / name} is named in manifest.csv and cannot be read")
    return np.asarray(picture, np.uint8)


def _wide(photo: Image) -> Image:
    return np.asarray(cv2.resize(photo, (SIZE.width, SIZE.height)), np.uint8)


def _largest_patch(photo: Image, mask: Mask) -> Image:
    """Return an upright box of a photograph that is nearly all water, as large as one is found."""
    best, box = 0, (0, 0, photo.shape[1], photo.shape[0])
    table = cv2.integral(mask.astype(np.uint8))
    height, width = mask.shape
    for tall in (height // 2, height // 3, height // 5, height // 8):
        for wide in (width // 2, width // 3, width // 5):
            full = table[tall:, wide:] - table[:-tall, wide:] - table[tall:, :-wide]
            full = full + table[:-tall, :-wide]
            down, across = (int(n) for n in np.unravel_index(int(full.argmax()), full.shape))
            if full[down, across] >= 0.97 * tall * wide and tall * wide > best:
                best, box = tall * wide, (across, down, wide, tall)
    x, y, wide, tall = box
    return photo[y : y + tall, x : x + wide]


def _laid(ground: Image, water: Image, where: Mask) -> Image:
    """Return ground with real water where it is flooded, as bright as the ground is."""
    rows, columns = (np.flatnonzero(where.any(axis=axis)) for axis in (1, 0))
    top, left = int(rows[0]), int(columns[0])
    size = (int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top)
    patch = cv2.resize(water, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    part = (slice(top, top + size[1]), slice(left, left + size[0]))
    under = ground[part].astype(np.float32)
    patch *= np.clip(0.9 * under.mean() / max(1.0, float(patch.mean())), 0.5, 2.0)
    soft = cv2.GaussianBlur(where[part].astype(np.float32), (3, 3), 0)[..., None]
    laid = ground.copy()
    laid[part] = np.clip(under * (1 - soft) + patch * soft, 0, 255).astype(np.uint8)
    return laid
