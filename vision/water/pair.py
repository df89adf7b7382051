"""Two pictures of one place, held against each other: the look a worker would take, and no less.

A worker that cannot see says so and stops. Of a pair the water is looked for all the same, because
there is no next picture to wait for; why a worker would have stopped stands beside it. And because
there is no past either, its patches are judged as wholes: a vehicle that came or went is none, nor
is water that was there before.
"""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from vision.types import Image
from vision.water.evidence import judge_against
from vision.water.ground import Ground
from vision.water.moved_alike import moved_alike
from vision.water.on_screen_text import TextFinder
from vision.water.patches import continued, made_whole, without
from vision.water.reference import Reference
from vision.water.registration import Registration, aligned, luma_of, register
from vision.water.sight import Usual, unseen
from vision.water.types import Evidence, Map, Mask, Sample, Unseen, WaterSetup
from vision.water.votes import WaterVoter

FARTHEST: Final = 0.15
"""Share of the picture's height above which no ground is looked for, however far water reaches."""
THINGS, ALIKE = 0.6, 0.7
"""A patch of which more than this share lies in boxes of vehicles and persons, or is the same sort
of surface as before, is no water."""
HALO_PX: Final = 8
"""Texture is compared around a pixel: what stands somewhere changes so much beside it."""
TRUST, LEAN = 1.5, 1.25
"""The network's odds count so many times as much as for a worker, whose next look outvotes one, and
this is added to them. Picked, as THINGS and ALIKE were, on the pairs `docs/how-to/waterlogging.md`
tells of."""


@dataclass(frozen=True, slots=True, eq=False)
class PairLook:
    """What one picture shows against another. unseen: why a worker would say nothing.

    evidence: what was found all the same. after: the picture judged, laid over the reference.
    """

    unseen: Unseen | None
    evidence: Evidence
    after: Image


@dataclass(frozen=True, slots=True, eq=False)
class _Laid:
    """A pair laid over each other. ignore: what never counts; hidden: that, and what is written.

    things: where vehicles or persons are in either picture.
    """

    dry: Sample
    now: Sample
    ignore: Mask
    hidden: Mask
    things: Mask


def look_at_pair(
    setup: WaterSetup,
    reference: Sample,
    sample: Sample,
    network: WaterVoter | None,
    things: tuple[Mask, Mask] | None = None,
) -> PairLook:
    """Look for water in a sample by nothing but one other of the same place.

    What is blocked in the sample does not count. Where only one has colour, both lose it: colour
    that came with the daylight is no water. The network is always asked: a worker that looks again
    and again spares it where nothing else stirs. things: boxes of vehicles and persons in the
    reference and the sample, where a detector looked.
    """
    dry, now = _alike(reference, sample)
    ground = Ground.of(setup, dry.shape)
    written, ignore = _written(ground, dry, now), ground.permanent
    placed = register(now, luma_of(dry.image), ignore | written[0] | written[1] | dry.blocked)
    why = unseen(now, placed, ground.zones, ignore | written[0], Usual.of([dry.image]))
    laid = _lay(now, placed)
    over = _moved(written[1], now, placed)
    boxes = np.zeros(dry.shape, np.bool_)
    if things is not None:
        boxes = things[0] | _moved(things[1], now, placed)
    pair = _Laid(dry, laid, ignore, ignore | written[0] | over, boxes)
    vote = None if network is None else _trusted(network.probability(laid.image, dry.image))
    return PairLook(why, _evidence(pair, ground.zones, vote), laid.image)


def _evidence(pair: _Laid, zones: Mask, vote: Map | None) -> Evidence:
    """Return what is under water; the zones' share of it, and how far it reaches beyond them."""
    state = Reference("pair", pair.dry.image, pair.dry.at, pair.dry.at, pair.dry.infrared)

    def found(where: Mask) -> Evidence:
        asked = None if vote is None else lambda _: vote
        return judge_against(pair.now, (state,), where, pair.hidden, asked)

    evidence = found(zones)
    same = moved_alike(pair.now.image, pair.dry.image, ~(zones | pair.hidden))
    rim = np.ones((2 * HALO_PX + 1, 2 * HALO_PX + 1), np.uint8)
    things = cv2.dilate(pair.things.view(np.uint8), rim) > 0
    water = without(without(evidence.water, things, THINGS), same, ALIKE)
    counted = int(np.count_nonzero(evidence.seen))
    ratio = int(np.count_nonzero(water)) / counted if counted else 0.0
    if water.any():
        beyond = found(_ground_beyond(zones)).water & ~zones
        water = made_whole(continued(water, beyond), pair.hidden & ~pair.ignore)
    shown = ~(pair.ignore | pair.now.blocked)
    return replace(evidence, water=water & shown, area_ratio=ratio)


def _ground_beyond(zones: Mask) -> Mask:
    """Return the zones and what of the picture may be ground above them.

    A zone as wide as the picture has no far edge that anybody drew.
    """
    wide = zones.copy()
    top = int(np.argmax(zones.any(axis=1)))
    if zones[top].all():
        wide[int(FARTHEST * len(zones)) : top] = True
    return wide


def _trusted(vote: Map) -> Map:
    """Return a vote whose odds count TRUST times, and LEAN more."""
    bounded = np.clip(vote, 1e-6, 1.0 - 1e-6)
    against = ((1.0 - bounded) / bounded) ** TRUST * np.exp(-LEAN)
    return np.asarray(1.0 / (1.0 + against), np.float32)


def _written(ground: Ground, dry: Sample, now: Sample) -> tuple[Mask, Mask]:
    """Return where the cameras write on either picture: as the site says, else as it looks."""
    if ground.text is not None:
        return ground.text, ground.text
    return TextFinder().see(dry), TextFinder().see(now)


def _lay(now: Sample, placed: Registration) -> Sample:
    return aligned(now, placed) if placed.found else now


def _moved(mask: Mask, now: Sample, placed: Registration) -> Mask:
    """Return a mask of the sample laid over the reference with it."""
    return _lay(replace(now, blocked=mask), placed).blocked


def _alike(reference: Sample, sample: Sample) -> tuple[Sample, Sample]:
    """Return both by the same sort of light: in colour, or both without."""
    if reference.infrared == sample.infrared:
        return reference, sample
    return _without_colour(reference), _without_colour(sample)


def _without_colour(sample: Sample) -> Sample:
    grey = cv2.cvtColor(luma_of(sample.image), cv2.COLOR_GRAY2BGR)
    return replace(sample, image=np.asarray(grey, np.uint8), infrared=True)
