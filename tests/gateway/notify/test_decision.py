"""Who is told, and when: each wish, alone and together."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.errors import ConfigError
from gateway.notify.decision import Decision, News, Past, Site, When, concerns, decide
from gateway.notify.target import Occasion, Target, Wishes, check_name, wishes_from_json
from gateway.units import Unit, tree_of
from gateway.workflow.case import Level
from vision.types import Severity

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 5, 1, 4, tzinfo=UTC)
NIGHT = datetime(2026, 5, 1, 18, 30, 20, tzinfo=UTC)
"""02:30:20 of 2 May, a Saturday, at the site."""
TREE = tree_of(
    [
        Unit("town", "湖镇", Level.TOWN),
        Unit("east", "东山村", Level.VILLAGE, "town"),
        Unit("west", "西山村", Level.VILLAGE, "town"),
    ]
)
SITE = Site(TREE, ZONE)


def news(
    severity: Severity = Severity.YELLOW,
    occasion: Occasion = Occasion.OPENED,
    level: Level | None = None,
    kind: str = "crowd",
) -> News:
    return News(
        "e", "i-0", occasion, kind, severity, "gate", "东山村", "", "东山村 村口", NOON, level
    )


def target(**wishes: object) -> Target:
    return Target("duty", Wishes(**wishes))


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


@pytest.mark.parametrize(
    ("wishes", "told", "expected"),
    [
        ({}, news(), True),
        ({"enabled": False}, news(), False),
        ({}, news(Severity.GREEN), False),
        ({"least": "green"}, news(Severity.GREEN), True),
        ({"least": "red"}, news(), False),
        ({"kinds": ["waterlogging"]}, news(), False),
        ({"kinds": ["waterlogging"]}, news(kind="waterlogging"), True),
        ({}, news(occasion=Occasion.CLOSED), False),
        ({"on": ["closed"]}, news(occasion=Occasion.CLOSED), True),
        ({"unit": "east"}, news(), True),
        ({"unit": "town"}, news(), True),
        ({"unit": "west"}, news(), False),
        ({"unit": "gone"}, news(), False),
        ({"hours": ["08:00-18:00"]}, news(), True),
        ({"hours": ["18:00-08:00"]}, news(), False),
        ({"weekdays": ["mon"]}, news(), False),
    ],
)
def test_what_concerns_a_target(wishes: dict, told: News, expected: bool) -> None:
    assert concerns(target(**wishes), told, SITE, NOON) is expected


@pytest.mark.parametrize(
    ("unit", "level", "expected"),
    [
        ("east", Level.VILLAGE, True),
        ("town", Level.VILLAGE, False),
        ("east", Level.TOWN, True),
        ("town", Level.TOWN, True),
        ("town", Level.COUNTY, True),
        ("west", Level.TOWN, False),
        ("", Level.VILLAGE, True),
    ],
)
def test_what_is_late_is_told_up_to_the_unit_that_is_to_see_to_it(
    unit: str, level: Level, expected: bool
) -> None:
    late = news(occasion=Occasion.ESCALATED, level=level)
    assert concerns(target(unit=unit), late, SITE, NOON) is expected


QUIET = {"quiet": ["22:00-06:30"]}
MORNING = datetime(2026, 5, 1, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wishes", "severity", "now", "when", "due_at"),
    [
        ({}, Severity.YELLOW, NOON, When.NOW, NOON),
        (QUIET, Severity.YELLOW, NIGHT, When.QUIET, MORNING),
        (QUIET, Severity.YELLOW, NOON, When.NOW, NOON),
        (QUIET, Severity.RED, NIGHT, When.NOW, NIGHT),
        (QUIET | {"red_breaks_quiet": False}, Severity.RED, NIGHT, When.QUIET, MORNING),
        ({"digest_s": 600}, Severity.YELLOW, NOON, When.DIGEST, NOON + minutes(10)),
        ({"digest_s": 600}, Severity.RED, NOON, When.NOW, NOON),
        (QUIET | {"digest_s": 600}, Severity.YELLOW, NIGHT, When.QUIET, MORNING),
        ({"quiet": ["00:00-24:00"]}, Severity.YELLOW, NIGHT, When.NOW, NIGHT),
    ],
)
def test_when_it_is_told(
    wishes: dict, severity: Severity, now: datetime, when: When, due_at: datetime
) -> None:
    made = decide(target(**wishes), news(severity), None, None, now, ZONE)
    assert made == Decision(when, due_at)


def test_a_digest_under_way_is_joined() -> None:
    digest_at = NOON + minutes(3)
    made = decide(target(digest_s=600), news(), None, digest_at, NOON, ZONE)
    assert made == Decision(When.DIGEST, digest_at)


@pytest.mark.parametrize(
    ("told", "past", "when"),
    [
        (news(), Past(NOON - minutes(5), Severity.YELLOW), When.COOLED),
        (news(), Past(NOON - minutes(5), Severity.RED), When.COOLED),
        (news(), Past(NOON - minutes(10), Severity.YELLOW), When.NOW),
        (news(Severity.RED), Past(NOON - minutes(5), Severity.YELLOW), When.NOW),
        (news(occasion=Occasion.ESCALATED), Past(NOON, Severity.YELLOW), When.NOW),
        (news(occasion=Occasion.CLOSED), Past(NOON, Severity.YELLOW), When.NOW),
    ],
)
def test_the_like_is_not_told_again_at_once(told: News, past: Past, when: When) -> None:
    assert decide(target(), told, past, None, NOON, ZONE).when is when


@given(
    st.integers(0, 365 * 86_400),
    st.integers(0, 1439),
    st.integers(1, 1439),
)
def test_quiet_hours_end_within_a_day_and_at_their_end(
    after_s: int, start: int, length: int
) -> None:
    now = NOON + timedelta(seconds=after_s)
    end = (start + length) % 1440
    quiet = f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"
    until = Wishes(quiet=(quiet,)).quiet_until(now, ZONE)
    if until is not None:
        local = until.astimezone(ZONE)
        assert local.hour * 60 + local.minute == end
        assert timedelta() < until - now <= timedelta(days=1)


@pytest.mark.parametrize(
    "wishes",
    [{"quiet": ["late"]}, {"hours": ["8-9"]}, {"least": "blue"}, {"mood": 1}, {"digest_s": -1}],
)
def test_wishes_that_are_none(wishes: dict) -> None:
    with pytest.raises(ValidationError):
        Wishes(**wishes)


def test_wishes_are_kept_as_json() -> None:
    wishes = Wishes(quiet=("22:00-06:30",), on=(Occasion.CLOSED,), least=Severity.RED)
    assert wishes_from_json(wishes.model_dump_json()) == wishes
    with pytest.raises(ConfigError, match="quiet"):
        wishes_from_json('{"quiet": 5}')


@pytest.mark.parametrize("name", ["", "Duty", "a b", "-a", "x" * 33])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(ConfigError):
        check_name(name)
