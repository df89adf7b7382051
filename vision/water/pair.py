"""Two pictures of one place, held against each other: the look a worker would take, and no less.

A worker that cannot see says so and stops. Of a pair the water is looked for all the same, because
there is no next picture to wait for; why a worker would have stopped stands beside it, unless it is
that the picture is cut otherwise and lies well all the same. And because there is no past either,
its patches are outlined by what they look like in this picture, and judged as wholes: a vehicle
that came or went is none, nor is water that was there before. Where the reference holds the water,
there is none now.
"""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from vision.types import Image
from vision.water.drier import has_gone
from vision.water.evidence import Weighed, evidence_of, smoothed, weigh
from vision.water.ground import Ground
from vision.water.laid_over import laid_over
from vision.water.moved_alike import moved_alike
from vision.water.on_screen_text import TextFinder, strokes
from vision.water.outline import outline
from vision.water.patches import made_whole, without
from vision.water.placing import LIES, place
from vision.water.reference import Reference
from vision.water.registration import Registration, aligned, laid_back, luma_of
from vision.water.sight import Usual, unseen
from vision.water.snow import is_covered
from vision.water.texture import ground, halved
from vision.water.types import Evidence, Map, Mask, Sample, Unseen, WaterSetup
from vision.water.votes import WaterVoter

FARTHEST: Final = 0.15
"""Share of the picture's height above which no ground is looked for, however far water reaches."""
THINGS, ALIKE = 0.6, 0.7
"""A patch of which more than this share lies in boxes of vehicles and persons, or is the same sort
of surface as before, is no water."""
HALF: Final = 0.5
"""Share of the four pixels that are one at half size, from which it is as they are."""
HALO_PX: Final = 8
"""Texture is compared around a pixel: what stands somewhere changes so much beside it."""
TRUST, LEAN = 1.5, 1.25
"""The network's odds count so many times as much as for a worker, whose next look outvotes one, and
this is added to them. Picked, as THINGS and ALIKE were, on the pairs `docs/how-to/waterlogging.md`
tells of."""


@dataclass(frozen=True, slots=True, eq=False)
class PairLook:
    """What one picture shows against another.

    unseen: why a worker would say nothing, but for another cut that was undone well. recognised:
    they show one place; where they do not, what was found says nothing of water. evidence: what was
    found all the same. after: the picture judged, laid over the reference.
    in_picture: the water found, as the picture itself lies.
    """

    unseen: Unseen | None
    recognised: bool
    evidence: Evidence
    after: Image
    in_picture: Mask


@dataclass(frozen=True, slots=True, eq=False)
class _Laid:
    """A pair laid over each other. ignore: what never counts; hidden: that, and what is written.

    things: where vehicles or persons are in either picture. graphics: what somebody laid over one
    of them.
    """

    dry: Sample
    now: Sample
    ignore: Mask
    hidden: Mask
    things: Mask
    graphics: Mask


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
    site = Ground.of(setup, dry.shape)
    written, ignore = _written(site, dry, now), site.permanent
    left_out = ignore | written[0] | written[1] | dry.blocked
    placed = place(now, dry.size, luma_of(dry.image), left_out)
    why = unseen(now, placed, site.zones, ignore | written[0], Usual.of([dry.image]))
    if why is Unseen.SHIFTED and placed.score >= LIES:
        why = None
    laid = _lay(now, placed)
    over = _moved(written[1], now, placed)
    boxes = np.zeros(dry.shape, np.bool_)
    if things is not None:
        boxes = things[0] | _moved(things[1], now, placed)
    graphics = _graphics(dry) ^ _moved(_graphics(now), now, placed)
    pair = _Laid(dry, laid, ignore, ignore | written[0] | over, boxes, graphics)
    vote = None if network is None else network.probability(laid.image, dry.image)
    evidence = _evidence(pair, site.zones, vote)
    water = laid_back(evidence.water, placed)
    return PairLook(why, placed.found, evidence, laid.image, water)


def _evidence(pair: _Laid, zones: Mask, vote: Map | None) -> Evidence:
    """Return what is under water; the zones' share of it, and how far it reaches beyond them."""
    state = Reference("pair", pair.dry.image, pair.dry.at, pair.dry.at, pair.dry.infrared)
    trusted = None if vote is None else _trusted(vote)
    asked = None if trusted is None else lambda _: trusted

    def weighed(where: Mask) -> Weighed:
        return weigh(pair.now, (state,), where, pair.hidden, asked)

    seen = zones & ~pair.hidden & ~pair.now.blocked
    evidence = evidence_of(weighed(zones), seen, anywhere=True)
    water = evidence.water
    if water.any():
        wide = _ground_beyond(zones)
        spread = _spread(water, weighed(wide), pair, wide)
        water = _without_the_rest(made_whole(spread, pair.hidden & ~pair.ignore), pair, zones)
    if _is_something_else(water, pair, vote):
        water = np.zeros_like(water)
    counted = int(np.count_nonzero(seen))
    ratio = int(np.count_nonzero(water & seen)) / counted if counted else 0.0
    return replace(evidence, water=water & ~(pair.ignore | pair.now.blocked), area_ratio=ratio)


def _is_something_else(water: Mask, pair: _Laid, vote: Map | None) -> bool:
    """Say whether what was found is water that has gone, or something bright on the ground."""
    shown = ~(pair.hidden | pair.now.blocked)
    now, before = pair.now.image, pair.dry.image
    if has_gone(water, now, before, shown):
        return True
    return vote is not None and is_covered(water, now, before, shown, vote)


def _without_the_rest(water: Mask, pair: _Laid, zones: Mask) -> Mask:
    """Return the patches that are neither what came or went, nor what was there before."""
    rim = np.ones((2 * HALO_PX + 1, 2 * HALO_PX + 1), np.uint8)
    for one in (pair.things, pair.graphics):
        water = without(water, cv2.dilate(one.view(np.uint8), rim) > 0, THINGS)
    same = moved_alike(pair.now.image, pair.dry.image, ~(zones | pair.hidden))
    return without(water, same, ALIKE)


def _spread(core: Mask, weighed: Weighed, pair: _Laid, ground_: Mask) -> Mask:
    """Return how far the water reaches of which some is known."""
    seen = ground_ & ~pair.hidden & ~pair.now.blocked
    part = halved(seen.astype(np.float32))
    reach = outline(
        halved(core.astype(np.float32)) > HALF,
        smoothed(weighed.odds, part),
        ground(pair.now.image),
        ground(pair.dry.image),
        part > HALF,
    )
    size = core.shape[::-1]
    return core | (cv2.resize(reach.view(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0)


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


def _written(site: Ground, dry: Sample, now: Sample) -> tuple[Mask, Mask]:
    """Return where the cameras write on either picture: as the site says, else as it looks."""
    if site.text is not None:
        return site.text, site.text
    return _writing(dry), _writing(now)


def _writing(sample: Sample) -> Mask:
    """Return where one picture looks written on; its full size tells more."""
    coarse = TextFinder().see(sample)
    return coarse if sample.full is None else coarse | strokes(sample.full, sample.shape)


def _graphics(sample: Sample) -> Mask:
    """Return what somebody laid over a picture; nothing where its full size is not there."""
    if sample.full is None:
        return np.zeros(sample.shape, np.bool_)
    return laid_over(sample.full, sample.shape)


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
