"""Whether a target is told of something, and when: functions of the news and the time."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from gateway.notify.target import Occasion, Target
from gateway.units import UnitTree
from gateway.workflow.case import Level
from vision.types import Severity

_SEVERITIES = (Severity.GREEN, Severity.YELLOW, Severity.RED)
_LEVELS = tuple(Level)


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened to a case.

    event_id: of the message that told of it. unit, grid: as its camera names them. place: where, in
    words. at: when. level: how far up an escalation goes; see_to_it: the name of the unit there, ""
    unknown.
    """

    event_id: str
    case_id: str
    occasion: Occasion
    kind: str
    severity: Severity
    camera: str
    unit: str
    grid: str
    place: str
    at: datetime
    level: Level | None = None
    see_to_it: str = ""

    @property
    def subject(self) -> str:
        """What cools down together: one kind at one camera."""
        return f"{self.camera}/{self.kind}"


@dataclass(frozen=True, slots=True)
class Past:
    """What a target has last been told, or is about to be told, of a subject."""

    at: datetime
    severity: Severity


class When(StrEnum):
    """Why it is told when it is told."""

    NOW = "now"
    QUIET = "quiet"
    """When its quiet hours are over."""
    DIGEST = "digest"
    """With others, when the digest is due."""
    COOLED = "cooled"
    """Not at all: it was told of the like a moment ago."""


@dataclass(frozen=True, slots=True)
class Decision:
    """due_at: when it is to be told; the moment of deciding, where it is not told at all."""

    when: When
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Site:
    """What decisions rest on beside the news: the tree of units and the site's time zone."""

    tree: UnitTree
    zone: tzinfo


def concerns(target: Target, news: News, site: Site, now: datetime) -> bool:
    """Say whether news is for a target at all, at this time."""
    wishes = target.wishes
    return (
        wishes.enabled
        and news.occasion in wishes.on
        and (not wishes.kinds or news.kind in wishes.kinds)
        and _SEVERITIES.index(news.severity) >= _SEVERITIES.index(wishes.least)
        and _is_of_its_unit(wishes.unit, news, site.tree)
        and wishes.duty.calendar(site.zone).is_armed(now)
    )


def decide(
    target: Target, news: News, past: Past | None, digest_at: datetime | None, now: datetime,
    zone: tzinfo,
) -> Decision:  # fmt: skip
    """Return when a target is told what concerns it.

    past: the last of the same subject. digest_at: when a digest that is under way is due, None
    without one.
    """
    wishes = target.wishes
    if past is not None and _is_cooled(target, news, past, now):
        return Decision(When.COOLED, now)
    is_red = news.severity is Severity.RED
    quiet_until = wishes.quiet_until(now, zone)
    if quiet_until is not None and not (is_red and wishes.red_breaks_quiet):
        return Decision(When.QUIET, quiet_until)
    if wishes.digest_s and not is_red:
        due_at = now + timedelta(seconds=wishes.digest_s)
        return Decision(When.DIGEST, due_at if digest_at is None else min(digest_at, due_at))
    return Decision(When.NOW, now)


def _is_cooled(target: Target, news: News, past: Past, now: datetime) -> bool:
    """Say whether it has heard of the like; what is worse, late or over is always new."""
    if news.occasion in {Occasion.ESCALATED, Occasion.CLOSED}:
        return False
    if _SEVERITIES.index(news.severity) > _SEVERITIES.index(past.severity):
        return False
    return now - past.at < timedelta(seconds=target.wishes.cool_down_s)


def _is_of_its_unit(unit_id: str, news: News, tree: UnitTree) -> bool:
    """Say whether the place is a unit's; and of what is late, whether its level is reached."""
    if not unit_id:
        return True
    if not tree.jurisdiction(unit_id).covers(news.unit, news.grid):
        return False
    if news.level is None:
        return True
    return _LEVELS.index(tree.by_id[unit_id].level) <= _LEVELS.index(news.level)
