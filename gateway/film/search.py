"""Where in a film something stirs: which pictures the detector has to see, which groups to decode.

A group is left out only while three witnesses agree that nothing happened in it: the small grey
pictures of the key frames around it show no motion, the detector sees the same in both, and its
packets, where they tell anything in this film, are no larger than those of the quiet around it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from gateway.film.packets import PacketTable
from vision.types import Detections, Kind

Flags: TypeAlias = npt.NDArray[np.bool_]
"""bool (N,): a flag for each group of a film, or for each of a row of pictures."""

Looks: TypeAlias = Callable[[Sequence[int]], Mapping[int, Detections]]
"""Has the detector look at some of a row of pictures, by their places in it."""

LONGEST_UNSEEN_S = 2.5
"""Groups longer than this are decoded unless the film's packets tell what happens in them: by
default an incident must be seen for a second and a half before it opens."""

SAME_IOU = 0.5
"""A box that overlaps one in the picture before by this much shows the same object at rest."""

BIN_S = 0.4
"""Packets are summed over so long; with B-frames single ones differ by their type."""
BASE_S = 300.0
"""What is quiet is judged over so long at a time: light and noise change slowly."""
OBJECT_BYTES = 800.0
"""What a small moving object adds to a packet (measured on 360p street scenes)."""
TELLING = 3.0
"""Packets tell something while an object adds so many deviations of what is quiet."""
LOUD = 4.0
"""So many deviations above what is quiet are no quiet."""
LEAST_DEVIATION = 0.02
"""Of log2(bytes): no film is steadier than this."""
ROBUST = 1.4826
"""Median absolute deviation to standard deviation, for a normal distribution."""


@dataclass(frozen=True, slots=True, eq=False)
class KeyLook:
    """What the key frame of a group shows. moved: against the pictures before it."""

    moved: bool
    detections: Detections


def sparingly(
    stirs: Flags, every: int, look: Looks, sure: Mapping[Kind, float]
) -> list[Detections]:
    """Return what each of a row of pictures shows, having `look` see no more than tell it.

    It sees those that stir and the ones beside them, every so many of the others, and both ends.
    Between two that are alike, all the others show what stays in both; else they are seen as well.
    stirs: of each picture, whether its brightness changed anywhere.
    """
    wanted = stirs.copy()
    wanted[1:] |= stirs[:-1]
    wanted[:-1] |= stirs[1:]
    wanted[::every] = wanted[-1:] = True
    seen = dict(look(np.flatnonzero(wanted).tolist()))
    gaps = [gap for gap in pairwise(sorted(seen)) if gap[1] - gap[0] > 1]
    unlike = [gap for gap in gaps if not alike(seen[gap[0]], seen[gap[1]], sure)]
    for one, other in set(gaps) - set(unlike):
        seen |= dict.fromkeys(range(one + 1, other), resident(seen[one], seen[other]))
    seen |= look([number for one, other in unlike for number in range(one + 1, other)])
    return [seen[number] for number in range(len(stirs))]


def stirring(table: PacketTable, keys: Sequence[KeyLook], sure: Mapping[Kind, float]) -> Flags:
    """Return the groups in which something may happen.

    keys: one look for each group. sure: score from which a detection counts, by kind. What nobody
    saw begin or end, in the first and the last group, may be anything.
    """
    moved = np.array([key.moved for key in keys])
    stirs = moved | _told_by_packets(table)
    unlike = [not alike(one.detections, other.detections, sure) for one, other in pairwise(keys)]
    stirs[:-1] |= moved[1:] | np.array(unlike, np.bool_)
    stirs[[0, -1]] = True
    return np.asarray(stirs, np.bool_)


def alike(one: Detections, other: Detections, sure: Mapping[Kind, float]) -> bool:
    """Say whether two looks show the same things in the same places.

    What is sure in one must be there in the other, be it unsure: a detector flickers.
    """
    return _all_found(one, other, sure) and _all_found(other, one, sure)


def resident(one: Detections, other: Detections) -> Detections:
    """Return what stays there from one look to the next, sure or not, as the first shows it."""
    keep = _same(one, other).any(axis=1)
    return Detections(one.xyxy[keep], one.score[keep], one.class_index[keep], one.classes)


def _all_found(one: Detections, other: Detections, sure: Mapping[Kind, float]) -> bool:
    rows = _is_sure(one, sure)
    return not rows.any() or bool(_same(one, other)[rows].any(axis=1).all())


def _is_sure(detections: Detections, sure: Mapping[Kind, float]) -> Flags:
    least = [sure[detections.kind(row)] for row in range(len(detections))]
    return np.asarray(detections.score >= np.array(least, np.float32), np.bool_)


def _same(one: Detections, other: Detections) -> npt.NDArray[np.bool_]:
    """Return which boxes (N, M) are of one kind and overlap."""
    kind = np.array([[a == b for b in _kinds(other)] for a in _kinds(one)], np.bool_)
    a, b = one.xyxy[:, None], other.xyxy[None, :]
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared = np.clip(sides, 0.0, None).prod(axis=-1)
    union = (a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1) - shared
    return np.asarray(kind.reshape(shared.shape) & (shared >= SAME_IOU * union), np.bool_)


def _kinds(detections: Detections) -> list[str]:
    return [detections.kind(row) for row in range(len(detections))]


def _told_by_packets(table: PacketTable) -> Flags:
    """Return the groups whose packets are loud, or that are long in a film whose tell nothing."""
    unseen = table.length_s > LONGEST_UNSEEN_S
    plain = np.flatnonzero(~table.is_key)
    if len(plain) == 0:
        return unseen
    spans = (table.at_s[plain] / BIN_S).astype(np.int64)
    spans, place = np.unique(spans + table.group_of[plain] * 2**32, return_inverse=True)
    count = np.bincount(place)
    level = np.log2(np.bincount(place, table.size[plain]) / count)
    excess = level - _quiet_level(level, spans % 2**32)
    deviation = max(ROBUST * float(np.median(np.abs(excess))), LEAST_DEVIATION)
    rise = np.log2(1.0 + OBJECT_BYTES / 2.0 ** float(np.median(level)))
    if rise < TELLING * deviation:
        return unseen
    loud = np.zeros(table.groups, np.bool_)
    loud[(spans // 2**32)[excess > max(LOUD * deviation, rise / 2)]] = True
    return loud


def _quiet_level(
    level: npt.NDArray[np.float64], span: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Return the middle of the levels around each, over BASE_S at a time."""
    era = (span * BIN_S // BASE_S).astype(np.int64)
    middle = {one: float(np.median(level[era == one])) for one in np.unique(era)}
    return np.array([middle[one] for one in era])
