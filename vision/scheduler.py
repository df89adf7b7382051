"""Who may spend how much of the machine: each camera's share of decoding and of the detector.

The ladder of costs: reading a stream is paid anyhow; dearer are its key frames, dearer still every
picture, dearest the detector. `allot` gives every camera the floor first, then climbs the `TIERS`
in order for as long as the budget lasts, the most interesting cameras before the others. With time
to spare everything is decoded and looked at as often as was asked for; when it is short, quiet
cameras step down and the ones where something happens stay up. Nothing is ever queued for later.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from vision.attention import Interest

FLOOR_KEY_EVERY_S = 4.0
"""Every camera has a key frame looked at by luma this often, as far as its GOPs allow."""

FLOOR_LOOK_EVERY_S = 30.0
"""Every camera has a picture given to the detector this often, whatever stirs or not."""

SETTLED_LOOK_EVERY_S = 4.0
"""What rests is looked at this often: under half of `vision.scene.BLIND_AFTER_S`, so that one look
lost does not make the time between unseen."""

KNOWN_LOOK_EVERY_S = 2.0
"""What stirs, and what has been told of until it ends, is seen and looked at at least this often: a
rule's usual clear_s, three seconds, outlasts one look that misses it."""

ALERT_LOOK_EVERY_S = 0.5
"""Least often where something happens: a walker is seen three times in the second and a half that
rules need to be sure."""

FOLLOWED_BY_KEYS_S = 1.5
"""Where key frames come at least this often they alone follow what moves. Tried once, without a
clock, on the detections of three busy clips of benchmarks.town_clips: with a key frame a second the
two that have it lost none of their events, the one with two seconds between them lost some."""

SOON_KEY_EVERY_S = 2.0
"""Key frames seen this often let something that begins be told within two or three seconds."""

LATE_KEYS_S = 3.0
"""Where key frames come less often than this, whoever comes is told of late by them alone."""

SOON, SPARE = 0.8, 0.7
"""Part of the budget up to which quiet cameras are seen this often, and up to which cameras are
given what they could do without: a machine that is busy all the time lets pictures wait."""

NEWCOMER_MARGIN = 0.05
"""Part of the budget left to those who have a thing already, so that two do not take turns."""


class Rung(StrEnum):
    """What of a camera's stream is decoded."""

    KEYS = "keys"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Share:
    """What one camera may have. key_every_s: seconds between key frames decoded, 0 for every one.

    look_every_s: seconds between looks of the detector while something stirs, idle_look_every_s
    while nothing does.
    """

    rung: Rung = Rung.KEYS
    key_every_s: float = FLOOR_KEY_EVERY_S
    look_every_s: float = SETTLED_LOOK_EVERY_S
    idle_look_every_s: float = FLOOR_LOOK_EVERY_S


FLOOR = Share()

STRETCH = (1.0, 1.25, 1.5, 2.0)
"""How many times as far apart the floor's keys and looks are where time is short. With twice, the
key frames of most cameras are still within `vision.scene.BLIND_AFTER_S`."""

TELLING_STRETCH = 2.0
"""How much further apart still where time is short and the camera tells of motion itself: it can
wake us, and one that cannot is seen in its stead. To rules the time between is not watched."""

FLOOR_PART = 0.5
"""Part of the budget that the floor may take before it is stretched: seeing that something stirs
is worth nothing where no time is left to look at it."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What one camera would like, and what it costs, in seconds of one processor.

    rung: what it has now, or was promised. key_s: for one key frame with all that is done to it.
    keys_per_s: how many come. full_per_s: each second, for decoding every picture. look_s: for one
    look. since_s: when it began to be interesting, on any clock that all cameras share. vouched: by
    more than motion. tells: its own motion events can be hoped to wake it.
    """

    camera: str
    interest: Interest
    rung: Rung
    key_s: float
    keys_per_s: float
    full_per_s: float
    look_s: float
    since_s: float = 0.0
    vouched: bool = False
    tells: bool = False


@dataclass(frozen=True, slots=True)
class Allotment:
    """Everybody's share. cost_per_s: of all shares together, in processors.

    needed_per_s: of what cameras need, the rest being what was to spare. overloaded: somebody's
    needs cannot be met.
    """

    shares: Mapping[str, Share]
    cost_per_s: float
    needed_per_s: float
    overloaded: bool


def _followed_by_keys(demand: Demand) -> bool:
    return demand.keys_per_s * FOLLOWED_BY_KEYS_S >= 1.0


def _all(_demand: Demand) -> bool:
    return True


def _long_gop(demand: Demand) -> bool:
    return not _followed_by_keys(demand)


def _told_late_by_keys(demand: Demand) -> bool:
    return demand.keys_per_s * LATE_KEYS_S < 1.0


@dataclass(frozen=True, slots=True)
class Tier:
    """One step up. wants: for cameras of at least this interest. needed: going without is overload.

    climb: the share after it, given the seconds between looks that were asked for. up_to: part of
    the budget that it may fill, where it is not needed. only: for which of these cameras.
    """

    wants: Interest
    climb: Callable[[Share, float], Share]
    needed: bool = False
    up_to: float = SPARE
    only: Callable[[Demand], bool] = _all


def _followed(share: Share, every_s: float) -> Share:
    """Decode everything, and look often enough to follow what moves."""
    return replace(share, rung=Rung.FULL, look_every_s=max(every_s, ALERT_LOOK_EVERY_S))


TIERS: tuple[Tier, ...] = (
    Tier(
        Interest.KNOWN,
        lambda s, _: replace(
            s,
            key_every_s=min(s.key_every_s, KNOWN_LOOK_EVERY_S),
            look_every_s=min(s.look_every_s, KNOWN_LOOK_EVERY_S),
        ),
        needed=True,
    ),
    Tier(Interest.STIRRED, _followed, needed=True, only=_long_gop),
    Tier(
        Interest.STIRRED,
        lambda s, _: replace(s, key_every_s=0.0, look_every_s=ALERT_LOOK_EVERY_S),
        needed=True,
        only=_followed_by_keys,
    ),
    Tier(
        Interest.SETTLED,
        lambda s, _: replace(
            s,
            key_every_s=min(s.key_every_s, SETTLED_LOOK_EVERY_S),
            idle_look_every_s=SETTLED_LOOK_EVERY_S,
        ),
        needed=True,
    ),
    Tier(Interest.STIRRED, _followed, needed=True),
    Tier(
        Interest.QUIET,
        lambda s, _: replace(s, key_every_s=min(s.key_every_s, SOON_KEY_EVERY_S)),
        up_to=SOON,
    ),
    Tier(
        Interest.QUIET,
        lambda s, _: replace(s, rung=Rung.FULL),
        up_to=SOON,
        only=_told_late_by_keys,
    ),
    Tier(Interest.STIRRED, lambda s, every_s: replace(s, look_every_s=every_s)),
    Tier(Interest.QUIET, lambda s, _: replace(s, key_every_s=0.0)),
    Tier(Interest.QUIET, lambda s, _: replace(s, rung=Rung.FULL)),
    Tier(
        Interest.QUIET,
        lambda s, every_s: replace(s, look_every_s=every_s, idle_look_every_s=every_s),
    ),
)
"""What is bought first, dearest last. The order is the policy: wherever something happens it is
seen every other second, be it to see its end, as an incident that is not seen to end hides the next
one; then one camera after the other is followed to the moment it is told of, the cheapest first."""


def cost_per_s(demand: Demand, share: Share) -> float:
    """Return what a share costs its camera, in processors."""
    stirred = demand.interest >= Interest.RESTLESS
    every_s = share.look_every_s if stirred else share.idle_look_every_s
    looks_per_s = 1.0 / every_s
    if share.rung is Rung.FULL:
        return demand.full_per_s + looks_per_s * demand.look_s
    every_key = demand.keys_per_s
    keys_per_s = min(every_key, 1.0 / share.key_every_s) if share.key_every_s else every_key
    return keys_per_s * demand.key_s + min(looks_per_s, keys_per_s) * demand.look_s


def _usable(tier: Tier, demand: Demand) -> float:
    if tier.needed:
        return 1.0
    return tier.up_to - (NEWCOMER_MARGIN if demand.rung is Rung.KEYS else 0.0)


def floors_for(demands: Sequence[Demand], budget: float) -> Mapping[str, Share]:
    """Return each camera's floor, stretched no further than leaves time for what stirs."""
    for times in STRETCH:
        plain = _stretched(times)
        telling = plain if times == 1.0 else _stretched(times * TELLING_STRETCH)
        floors = {one.camera: telling if _sleeps(one) else plain for one in demands}
        if sum(cost_per_s(one, floors[one.camera]) for one in demands) <= FLOOR_PART * budget:
            break
    return floors


def _sleeps(demand: Demand) -> bool:
    """Say whether a camera's own alarm is what will wake it."""
    return demand.tells and demand.interest is Interest.QUIET


def _stretched(times: float) -> Share:
    return replace(
        FLOOR,
        key_every_s=FLOOR.key_every_s * times,
        idle_look_every_s=FLOOR.idle_look_every_s * times,
    )


def _urgency(demand: Demand) -> tuple[int, bool, bool, float, str]:
    """Sort by interest; among equals by what vouches, who has a thing already, what began last.

    What has only just begun can still be told in time.
    """
    is_new = demand.rung is Rung.KEYS
    return (-demand.interest, not demand.vouched, is_new, -demand.since_s, demand.camera)


def allot(demands: Sequence[Demand], budget: float, look_every_s: float) -> Allotment:
    """Share the budget (in processors) out; look_every_s: between looks, as the settings ask.

    Every camera gets the floor, even where that alone is more than the budget; where it would take
    most of it, everybody's is stretched, which is overload.
    """
    by_interest = sorted(demands, key=_urgency)
    shares = dict(floors_for(demands, budget))
    overloaded = any(floor != FLOOR for floor in shares.values())
    spent = needed = sum(cost_per_s(demand, shares[demand.camera]) for demand in demands)
    for tier in TIERS:
        for demand in by_interest:
            if demand.interest < tier.wants:
                break
            if not tier.only(demand):
                continue
            have = shares[demand.camera]
            better = tier.climb(have, look_every_s)
            dearer = cost_per_s(demand, better) - cost_per_s(demand, have)
            if spent + dearer > budget * _usable(tier, demand):
                overloaded |= tier.needed
                continue
            shares[demand.camera] = better
            spent += dearer
            needed += dearer if tier.needed else 0.0
    return Allotment(MappingProxyType(shares), spent, min(needed, spent), overloaded)
