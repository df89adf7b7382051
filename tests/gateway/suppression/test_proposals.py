"""What is proposed where a rule is wrong again and again, and what is not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.store.case_facts import CaseFacts, Verdict
from gateway.suppression.proposals import Proposal, Remedy, proposal, suspects
from gateway.workflow.case import FalseAlarm
from vision.arming import Arming, Weekday
from vision.rule import RuleSpec
from vision.rules.crossing import CrossingSpec
from vision.rules.loitering import LoiteringSpec
from vision.rules.presence import PresenceSpec

NOON = datetime(2026, 5, 4, 4, tzinfo=UTC)
"""In Shanghai."""
SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)
RULE = PresenceSpec(id="persons")


def case(reason: FalseAlarm | None, hours: float = 0.0, **fields: object) -> CaseFacts:
    at = NOON + hours * HOUR
    usual = {
        "case_id": "i",
        "unit": "东山村",
        "kind": "person_presence",
        "camera_id": "gate",
        "camera_name": "村口",
        "rule": "persons",
        "opened_at": at,
        "begun_at": at,
        "answered_at": at,
        "closed_at": at + HOUR / 2,
        "outcome": None,
        "verdict": Verdict.TRUE if reason is None else Verdict.FALSE,
        "reason": reason,
        "is_timed": True,
        "is_late": False,
    }
    return CaseFacts(**usual | fields)  # type: ignore[arg-type]


def propose(
    cases: list[CaseFacts], spec: RuleSpec | None = RULE, decided_h: float | None = None
) -> list[Proposal | None]:
    decided = {}
    if decided_h is not None:
        decided = {("gate", "persons", FalseAlarm.INSECT): NOON + decided_h * HOUR}
    return [proposal(one, spec) for one in suspects(cases, decided, SHANGHAI)]


INSECTS = [case(FalseAlarm.INSECT, hours) for hours in (0, 1, 2)]


@pytest.mark.parametrize(
    ("cases", "decided_h", "expected"),
    [
        (INSECTS, None, 1),
        (INSECTS[:2], None, 0),
        ([*INSECTS, case(None, 3)], None, 1),
        ([*INSECTS, case(None, 3), case(None, 4)], None, 0),
        ([*INSECTS, case(None, 3, verdict=Verdict.OPEN), case(None, 4, verdict="merged")], None, 1),
        ([*INSECTS[:2], replace(INSECTS[2], camera_id="yard")], None, 0),
        ([*INSECTS[:2], replace(INSECTS[2], rule="vehicles")], None, 0),
        ([*INSECTS[:2], replace(INSECTS[2], reason=FalseAlarm.LIGHT)], None, 0),
        (INSECTS, 1.0, 0),
        ([*INSECTS, *(case(FalseAlarm.INSECT, hours) for hours in (3, 4, 5))], 2.6, 1),
    ],
)
def test_three_of_one_reason_and_seven_of_ten_false(cases, decided_h, expected) -> None:
    assert len(propose(cases, decided_h=decided_h)) == expected


@pytest.mark.parametrize(
    ("reason", "spec", "remedy", "change"),
    [
        (FalseAlarm.INSECT, RULE, Remedy.PATIENCE, ("confirm_s", "1 s", "3 s")),
        (
            FalseAlarm.LIGHT,
            replace(RULE, confirm_s=8.0),
            Remedy.PATIENCE,
            ("confirm_s", "8 s", "16 s"),
        ),
        (FalseAlarm.WEATHER, replace(RULE, confirm_s=16.0), Remedy.ZONE, None),
        (
            FalseAlarm.NOTHING,
            CrossingSpec(id="persons", line="l"),
            Remedy.PATIENCE,
            ("hold_s", "0.5 s", "2.5 s"),
        ),
        (
            FalseAlarm.NOTHING,
            LoiteringSpec(id="persons"),
            Remedy.PATIENCE,
            ("stay_s", "60 s", "120 s"),
        ),
        (FalseAlarm.ANIMAL, RULE, Remedy.LARGER, ("min_height_ratio", "0", "0.05")),
        (FalseAlarm.ANIMAL, replace(RULE, min_height_ratio=0.3), Remedy.ZONE, None),
        (FalseAlarm.ANIMAL, replace(RULE, max_height_ratio=0.04), Remedy.ZONE, None),
        (FalseAlarm.ALLOWED, RULE, Remedy.HOURS, ("hours", "00:00-24:00", "15:00-12:00")),
        (FalseAlarm.PLANT, RULE, Remedy.ZONE, None),
        (FalseAlarm.CAMERA, RULE, Remedy.TEND, None),
        (FalseAlarm.INSECT, None, Remedy.TEND, None),
    ],
)
def test_the_remedy_fits_the_reason(reason, spec, remedy, change) -> None:
    (found,) = propose([case(reason, hours) for hours in (0, 1, 2)], spec)
    assert found is not None
    assert found.remedy is remedy
    told = found.change and (found.change.setting, found.change.before, found.change.after)
    assert told == change


@pytest.mark.parametrize("reason", [FalseAlarm.TEST, FalseAlarm.OTHER])
def test_what_tells_nothing_about_the_rule_proposes_nothing(reason) -> None:
    assert propose([case(reason, hours) for hours in (0, 1, 2)]) == [None]


@pytest.mark.parametrize(
    ("spec", "hours", "true_h"),
    [
        (RULE, (0, 6, 13), None),
        (RULE, (0, 1, 2, 3), 1.5),
        (replace(RULE, arming=Arming(weekdays=(Weekday.MON,))), (0, 1, 2), None),
        (replace(RULE, arming=Arming(hours=("12:00-15:00",))), (0, 1, 2), None),
    ],
)
def test_hours_are_proposed_only_where_they_are_the_matter(spec, hours, true_h) -> None:
    cases = [case(FalseAlarm.ALLOWED, hour) for hour in hours]
    if true_h is not None:
        cases.append(case(None, true_h))
    (found,) = propose(cases, spec)
    assert found is not None
    assert found.remedy is Remedy.ZONE


def test_water_is_taught_and_never_switched_off() -> None:
    cases = [replace(one, kind="waterlogging", rule="waterlogging") for one in INSECTS]
    assert [one and one.remedy for one in propose(cases, None)] == [Remedy.ONLY_WET]


def test_another_value_is_another_proposal() -> None:
    (one,), (other,) = propose(INSECTS), propose(INSECTS, replace(RULE, confirm_s=2.0))
    (same,) = propose([*INSECTS, case(FalseAlarm.INSECT, 3)])
    assert one is not None
    assert other is not None
    assert same is not None
    assert one.id == same.id != other.id
    assert one.text == "3 false alarms (insect) at persons: confirm_s 1 s → 3 s"
