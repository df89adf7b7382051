"""What says "water" in a picture, against what this very camera saw while it was dry or only wet.

Water takes the ground's own texture away (smooth water) or lays another over it (ripples), and
changes light and colour; `vision.water.texture` measures each. Its surface moves between the
pictures of one sample, which `vision.water.ripples` tells, and then what shows of the ground says
nothing against it. The weighted sum here is a logarithm of odds, averaged over neighbours. What is
left of it are patches that begin in the lower half of what is seen. Asked of several states, the
one that explains a pixel best decides it.

The weights are a logistic regression over 14 procedural roads, `vtest.avi` and `bikes.mp4`, with
rendered water and rendered nuisances. Tried on twelve other road views (photos, most from cars, and
a film of a car park), one look against one dry state, 36 pictures a row, 16 of them behind drawn
fences and poles: water by the same renderer with other parameters, textures cut out of real flood
photos, and the same kinds of nuisances. No weight was fitted to those, but EDGE and CORE were
picked with the table in view, and by hand, on a third of its pictures and on rendered hours at four
views, the weights of "warmer" and that a texture kept further off counts only where there is one
nearby (`vision.water.texture`): it is a little kind. None of it is a video of a real flood. The
last column is what a watch that knows of no water yet takes for something that lies on all the
ground, by what is seen beyond the zones.

    under water, one look    >= 5 % called   >= 15 %   IoU, mean   lies everywhere
    textures  4 %                 0.53         0.08       0.30          0.00
    textures 10 %                 0.81         0.28       0.45          0.00
    textures 30 %                 0.86         0.83       0.63          0.03
    textures 63 %                 0.89         0.81       0.65          0.03
    rendered  4 %                 0.28         0.00       0.27          0.00
    rendered 10 %                 0.75         0.14       0.47          0.00
    rendered 30 %                 0.83         0.75       0.59          0.03
    rendered 63 %                 0.89         0.86       0.71          0.06
    nuisance, none under water
    same, shift, haze, blur       0.00         0.00                     0.00
    exposure, wet                 0.03         0.01                     0.00
    night, headlights             0.07         0.04                     0.04
    cast shadows                  0.11         0.03                     0.06
    the same on wet ground        0.22         0.11                     0.03
    a tree's dappled light        0.11         0.00                     0.11
    vehicle not detected          0.58         0.14                     0.14
    snow on the ground            0.72         0.61                     0.58

So one look is no alarm: what passes does not stay, water does. A parked vehicle the detector misses
stays too, and what snow is left: those must be taught. Taking back part of what much texture says
against water, tried since, found shallow water sooner and was left out: haze, exposure and wet
ground were called water then. All that is without the network, which takes much of it back: on a
third of the same pictures the overlap rose from 0.60 to 0.68 (textures) and from 0.61 to 0.66
(rendered), dry pictures called water fell from 17 to 11 % (by 15 % of the zone: 8 to 7 %), water
found at all from 0.88 to 0.85 and 0.85 as before; its weight was picked with that in view.
Mirror symmetry and several states were not measured. A look took 8 CPU-ms against one state at
320x180, summed over its parts, and 5 for each more; 12, 19 and 32 for one, two and three on a
crowded machine.

"shade" was added since, its weight and bounds by hand; nothing above was measured again, nor what
follows with "moves", but for the benchmark's hours. With it, and every state asked once anything
stirs, eight simulated hours of sun at four views of a square, a look a minute, gave no alert where
they had given 8. Four of the benchmark's own gave 2 as before, but were above normal at 0.24 of the
looks, 0.31 before. With twice the weight it was 1 in the eight and none in the four. Two floods on
ground in cast shadows were told 10 and 12 minutes after a true twentieth, where one had been told
after 8 and the other was lost in a false alert; with twice the weight one was never told. By twice
the weight six floods without sun, at four places, lost nothing: 0.56 of the true area was found,
0.55 before, and five that had a delay were told after 6.1 minutes on average, 6.0 before. A whole
look of the watch took 44 CPU-ms in the middle of those where it had taken 40, and 45 among shadows
where it had taken 38.

That a patch wants the witnesses not against it came later still. At a square at dusk, and at a path
in rain, the network alone had made the patches of false alerts, over witnesses at even odds or
less. On 29 simulated hours with seeds that nothing was picked on, the alert at dusk is gone, and 14
floods of 14 are told as soon as before, two of them by a false alert that stood already; the error
of their extent rose by 0.017 at most. At the path in rain nothing is gained: three hours of three
have their alert, with it as without. There all the ground changed alike, and only the network tells
the patch from the rest. In replays of other hours, asking for more than even odds, or that a patch
stand out from the ground around it, took those away too, and with them a flood by infrared light.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import cv2
import numpy as np

from vision.water.reference import Reference
from vision.water.ripples import moving
from vision.water.texture import View, Witnesses, blurred, compare, ground, halved
from vision.water.types import Evidence, Map, Mask, Sample

NetworkVote: TypeAlias = Callable[[Reference], Map]
"""Says how much like water a network finds each pixel of the sample beside a state, 0-1."""

WEIGHTS: Final = {
    "loss_near": 2.13,
    "loss_wide": 0.89,
    "loss_broad": 2.45,
    "kept_near": -3.51,
    "kept_wide": -1.30,
    "kept_broad": -1.16,
    "gain": 0.37,
    "gain_broad": 1.09,
    "gain_level": 0.44,
    "brighter": -0.57,
    "darker": 0.60,
    "shade": -1.50,
    "colour": 1.65,
    "warmer": 1.00,
    "warmer_smooth": 3.00,
    "haze": -1.21,
    "haze_broad": -1.81,
    "moves": 4.0,
}
"""The weight of "moves" was picked by hand: beside the network, which knows only still pictures and
doubts clear water, it takes the odds over EDGE by itself, and not over CORE."""
KEPT: Final = ("kept_near", "kept_wide", "kept_broad")
BIAS: Final = -1.04
SMOOTH_PX = 2.0
"""Standard deviation, at half size, that the odds of neighbours are averaged over."""
EDGE, CORE = 1.0, 2.0
"""Water reaches as far as its odds' logarithm is over EDGE, and must be over CORE somewhere."""
SURE = 4.0
"""No witness is surer than this: one that is wrong can be outvoted."""
NETWORK_WEIGHT = 0.8
"""The network may tip the scales, not decide: by itself its overlap on other people's water is 0.36
(textures) and 0.44 (rendered), that of the witnesses 0.60 and 0.61, of both 0.68 and 0.66. A patch
against which the witnesses speak on the whole is none, whatever it says."""
NETWORK_LEAN = 2.5
"""Added to the network's odds: it was taught with half of all pairs dry, and hard, and doubts water
it does not know. With 2, 2.5 and 3 it found 0.81, 0.85 and 0.90 of the textures and called 10, 11
and 14 % of dry pictures water; without the network 0.88 and 17 %."""
BEYOND_PX = 12
"""Ground beyond the zones is up to so many pixels above them, at half size."""
LEAST_RATIO = 0.01
"""Patches smaller than this share of the zones are nothing."""
CONTROL_RATIO = 0.05
"""With less than this share of the picture outside the zones, all of it tells the light."""
HIDDEN_MARGIN_PX = 3
"""What hides the ground is taken this much wider: texture is measured around a pixel."""
PROBABLE = 0.5
"""From here on one witness by itself calls a pixel water."""


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """What the witnesses of one look come to.

    odds: logarithm of the odds that a pixel is water, float32, half size. own: the same before a
    network was asked. votes, reference: as in `Evidence`.
    """

    odds: Map
    own: Map
    votes: dict[str, float]
    reference: str


def judge(
    sample: Sample,
    reference: Reference,
    zones: Mask,
    ignore: Mask,
    network_vote: NetworkVote | None,
) -> Evidence:
    """Compare a sample with one state of the same place; see `judge_against`."""
    return judge_against(sample, (reference,), zones, ignore, network_vote)


def judge_against(
    sample: Sample,
    references: Sequence[Reference],
    zones: Mask,
    ignore: Mask,
    network_vote: NetworkVote | None,
) -> Evidence:
    """Compare a sample with states of the same place, at least one, that it was laid over before.

    zones: where water counts. ignore: what is never looked at (text, permanent water, what the
    shift of the picture left empty). All of the sample's shape. network_vote: asked of the state
    that explains most, which the evidence names; None without a network.
    """
    weighed = weigh(sample, references, zones, ignore, network_vote)
    shown = ~(ignore | sample.blocked)
    return replace(
        evidence_of(weighed, zones & shown), beyond=_share_beyond(weighed.odds, zones, shown)
    )


def weigh(
    sample: Sample,
    references: Sequence[Reference],
    zones: Mask,
    ignore: Mask,
    network_vote: NetworkVote | None,
) -> Weighed:
    """Weigh the witnesses of every pixel; the arguments of `judge_against`."""
    seen = zones & ~ignore & ~sample.blocked
    part = halved(seen.astype(np.float32)) > PROBABLE
    now = ground(sample.image)
    moves = _moves(sample, part, _view(sample, references[0], zones, ignore).control)
    found = []
    for reference in references:
        view = _view(sample, reference, zones, ignore)
        witnesses = _seen_through(compare(now, ground(reference.image), view), moves)
        found.append((_odds(witnesses), witnesses, reference))
    _, witnesses, closest = min(found, key=lambda one: float(one[0].sum()))
    least = np.min([_known(odds, one, closest, moves) for odds, _, one in found], axis=0)
    votes = _votes(witnesses, part)
    own = least
    if network_vote is not None:
        vote = halved(network_vote(closest))
        votes["network"] = _share(vote, part)
        leaning = np.minimum(_log_odds(vote) + NETWORK_LEAN, SURE)
        leaning = _known(leaning, closest, closest, np.zeros_like(moves))
        own = np.clip(least, -SURE, SURE)
        least = own + NETWORK_WEIGHT * leaning
    return Weighed(least, own, votes, closest.id)


def _known(odds: Map, state: Reference, closest: Reference, moves: Map) -> Map:
    """Return odds without what a state tells where it is only guessed.

    There the closest state says nothing for water, but that it moves, and any other nothing at all.
    """
    if state.guessed is None:
        return odds
    guessed = halved((state.guessed > 0).astype(np.float32)) > 0.0
    likely = np.minimum(odds, WEIGHTS["moves"] * moves) if state is closest else np.float32(np.inf)
    return np.asarray(np.where(guessed, likely, odds), np.float32)


def _seen_through(witnesses: Witnesses, moves: Map) -> Witnesses:
    """Return the witnesses with what moves; texture kept under a moving surface says nothing."""
    kept = {name: witnesses[name] * (1.0 - moves) for name in KEPT}
    return {**witnesses, **kept, "moves": moves}


def _moves(sample: Sample, part: Mask, control: Mask) -> Map:
    """Return how surely the surface moves, half size; nowhere where too few pictures could tell."""
    if sample.stir is None:
        return np.zeros(part.shape, np.float32)
    return moving(sample.stir, sample.image, part, control)


def _view(sample: Sample, reference: Reference, zones: Mask, ignore: Mask) -> View:
    side = 2 * HIDDEN_MARGIN_PX + 1
    hides = ignore | sample.blocked
    if reference.guessed is not None:
        hides = hides | (reference.guessed > 0)
    hidden = cv2.dilate(hides.astype(np.uint8), np.ones((side, side), np.uint8))
    shown = halved(1.0 - hidden.astype(np.float32))
    control = (halved(zones.astype(np.float32)) <= 0.0) & (shown >= 1.0)
    if np.count_nonzero(control) < CONTROL_RATIO * control.size:
        control = shown >= 1.0
    return View(shown, control, colour=not (sample.infrared or reference.infrared))


def _odds(witnesses: Witnesses) -> Map:
    """Return the logarithm of the odds that a pixel is water, half size."""
    total = np.full_like(witnesses["gain"], BIAS)
    for name, weight in WEIGHTS.items():
        total += weight * witnesses[name]
    return total


def _log_odds(probability: Map) -> Map:
    """Return the logarithm of odds, no surer than SURE."""
    bounded = np.clip(probability, 1e-6, 1.0 - 1e-6)
    return np.asarray(np.clip(np.log(bounded / (1.0 - bounded)), -SURE, SURE), dtype=np.float32)


def evidence_of(weighed: Weighed, seen: Mask, *, anywhere: bool = False) -> Evidence:
    """Return what the odds come to where the zones are seen.

    anywhere: a patch need not reach the lower half of them.
    """
    part = halved(seen.astype(np.float32))
    smooth = smoothed(weighed.odds, part)
    patches = _patches(smooth, smoothed(weighed.own, part), part > PROBABLE, anywhere=anywhere)
    height, width = seen.shape
    whole = cv2.resize(patches.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    water = np.asarray(whole > 0, dtype=np.bool_) & seen
    total = int(np.count_nonzero(seen))
    strength = float((1.0 / (1.0 + np.exp(-smooth[patches]))).mean()) if patches.any() else 0.0
    ratio = int(np.count_nonzero(water)) / total if total else 0.0
    return Evidence(water, seen, ratio, strength, weighed.votes, weighed.reference)


def smoothed(odds: Map, part: Map) -> Map:
    """Return the odds averaged over neighbours; part: how much of each pixel counts, 0-1."""
    weight = blurred(part, SMOOTH_PX) + np.float32(1e-3)
    return np.asarray(blurred(odds * part, SMOOTH_PX) / weight, dtype=np.float32)


def _share_beyond(odds: Map, zones: Mask, shown: Mask) -> float:
    """Return the share of the ground beyond the zones that looks like water, 0-1.

    Beyond is further from the camera, just above them in the picture.
    """
    zone = halved(zones.astype(np.float32)) > 0.0
    reach = np.ones((BEYOND_PX + 1, 1), np.uint8)
    near = cv2.dilate(zone.astype(np.uint8), reach, anchor=(0, 0)) > 0
    part = halved((shown & ~zones).astype(np.float32))
    beyond = near & ~zone & (part > PROBABLE)
    return float((smoothed(odds, part)[beyond] > EDGE).mean()) if beyond.any() else 0.0


def _patches(odds: Map, own: Map, seen: Mask, *, anywhere: bool) -> Mask:
    """Return the patches of water worth the name that reach the lower half of what is seen.

    anywhere: or do not.
    own: the odds of the witnesses alone, which do not speak against a patch as a whole.
    """
    rows = np.nonzero(seen)[0]
    if not rows.size:
        return np.zeros_like(seen)
    likely = ((odds > EDGE) & seen).astype(np.uint8)
    opened = cv2.morphologyEx(likely, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=8)
    bottoms = stats[:, cv2.CC_STAT_TOP] + stats[:, cv2.CC_STAT_HEIGHT]
    cores = np.bincount(labels[(odds > CORE) & (opened > 0)], minlength=count) > 0
    large = stats[:, cv2.CC_STAT_AREA] >= max(1.0, LEAST_RATIO * rows.size)
    borne_out = np.bincount(labels.ravel(), own.ravel(), count) > 0.0
    good = cores & large & borne_out & (anywhere | (bottoms >= np.median(rows)))
    good[0] = False
    return np.asarray(good[labels], dtype=np.bool_)


def _votes(witnesses: Witnesses, seen: Mask) -> dict[str, float]:
    """Return the share of what is seen that each kind of witness by itself calls water."""
    loss = np.maximum(witnesses["loss_wide"], witnesses["loss_broad"])
    gain = witnesses["gain"] * (1.0 - witnesses["kept_wide"])
    difference = np.maximum(witnesses["brighter"], witnesses["darker"]) + witnesses["colour"]
    return {
        "loss": _share(loss, seen),
        "gain": _share(gain, seen),
        "difference": _share(difference, seen),
        "moves": _share(witnesses["moves"], seen),
    }


def _share(vote: Map, seen: Mask) -> float:
    return float((vote[seen] >= PROBABLE).mean()) if seen.any() else 0.0
