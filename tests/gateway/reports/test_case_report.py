"""Reports against the simplest possible computation, at whatever hours and zones."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.reports.calendar import midnight, week_of
from gateway.reports.case_report import CaseLine, case_report
from gateway.reports.false_alarms import false_alarms
from gateway.reports.group_by import GroupBy
from gateway.reports.spread import Spread
from gateway.store.case_facts import CaseFacts, Verdict
from gateway.workflow.case import FalseAlarm, Outcome

SHANGHAI, BERLIN, NEW_YORK = map(ZoneInfo, ("Asia/Shanghai", "Europe/Berlin", "America/New_York"))
T0 = datetime(2026, 3, 1, tzinfo=UTC)


def facts(opened_at: datetime = T0, **fields: object) -> CaseFacts:
    usual = {
        "case_id": "i",
        "unit": "东山村",
        "kind": "person_presence",
        "camera_id": "gate",
        "camera_name": "村口",
        "rule": "persons",
        "begun_at": opened_at,
        "answered_at": None,
        "closed_at": None,
        "outcome": None,
        "verdict": Verdict.OPEN,
        "reason": None,
        "is_timed": True,
        "is_late": False,
    }
    return CaseFacts(opened_at=opened_at, **usual | fields)  # type: ignore[arg-type]


seconds = st.floats(0, 1e6)


@st.composite
def any_facts(draw: st.DrawFn) -> CaseFacts:
    opened_at = T0 + timedelta(seconds=draw(st.integers(0, 60 * 86_400)))
    begun_at = opened_at + timedelta(seconds=draw(st.floats(0, 100)))
    answer = draw(st.none() | seconds)
    closing = draw(st.none() | seconds)
    is_timed = draw(st.booleans())
    return facts(
        opened_at,
        unit=draw(st.sampled_from(["", "东山村", "西山村"])),
        kind=draw(st.sampled_from(["crowd", "waterlogging"])),
        camera_id=draw(st.sampled_from(["gate", "yard"])),
        begun_at=begun_at,
        answered_at=None if answer is None else begun_at + timedelta(seconds=answer),
        closed_at=None if closing is None else begun_at + timedelta(seconds=closing),
        outcome=None if closing is None else draw(st.sampled_from(Outcome)),
        verdict=draw(st.sampled_from(Verdict)),
        reason=draw(st.none() | st.sampled_from(FalseAlarm)),
        is_timed=is_timed,
        is_late=is_timed and draw(st.booleans()),
    )


def naive_key(one: CaseFacts, by: GroupBy, zone: ZoneInfo) -> str:
    local = one.opened_at.astimezone(zone)
    monday = local - timedelta(days=local.weekday())
    return {
        GroupBy.UNIT: one.unit,
        GroupBy.KIND: one.kind,
        GroupBy.CAMERA: one.camera_id,
        GroupBy.DAY: f"{local:%Y-%m-%d}",
        GroupBy.WEEK: f"{monday:%Y-%m-%d}",
        GroupBy.MONTH: f"{local:%Y-%m}-01",
    }[by]


def naive_spread(times_s: list[float]) -> tuple[int, object, object]:
    if not times_s:
        return 0, None, None
    return len(times_s), *(pytest.approx(np.percentile(times_s, at), abs=1e-3) for at in (50, 90))


def told(spread: Spread) -> tuple[int, object, object]:
    median, p90 = (None if t is None else t.total_seconds() for t in (spread.median, spread.p90))
    return spread.count, median, p90


def check(line: CaseLine, group: list[CaseFacts]) -> None:
    verdicts = Counter(one.verdict for one in group)
    assert line.cases == len(group)
    assert line.open == len([one for one in group if one.closed_at is None])
    assert (line.true, line.false, line.merged) == (
        verdicts[Verdict.TRUE],
        verdicts[Verdict.FALSE],
        verdicts[Verdict.MERGED],
    )
    answers = [(o.answered_at - o.begun_at).total_seconds() for o in group if o.answered_at]
    resolved = [one for one in group if one.closed_at and one.outcome == "resolved"]
    closings = [(one.closed_at - one.begun_at).total_seconds() for one in resolved]
    assert told(line.response) == naive_spread(answers)
    assert told(line.closing) == naive_spread(closings)
    timed = [one for one in group if one.is_timed]
    on_time = [one for one in timed if not one.is_late]
    assert line.on_time_ratio == (pytest.approx(len(on_time) / len(timed)) if timed else None)
    judged = line.true + line.false
    assert line.false_ratio == (pytest.approx(line.false / judged) if judged else None)


@settings(max_examples=40)
@given(
    st.lists(any_facts(), max_size=15),
    st.sampled_from(GroupBy),
    st.sampled_from([UTC, SHANGHAI, BERLIN, NEW_YORK]),
)
def test_a_report_is_what_a_patient_clerk_would_count(cases, by, zone) -> None:
    report = case_report(iter(cases), by, zone)
    keys = sorted({naive_key(one, by, zone) for one in cases})
    assert [line.key for line in report.lines] == keys
    for line in report.lines:
        check(line, [one for one in cases if naive_key(one, by, zone) == line.key])
    check(report.total, cases)


@settings(max_examples=40)
@given(st.lists(any_facts(), max_size=15))
def test_false_alarms_add_up_by_week_camera_and_rule(cases) -> None:
    lines = false_alarms(iter(cases), SHANGHAI)
    assert sum(line.raised for line in lines) == len(cases)
    for line in lines:
        group = [
            one
            for one in cases
            if (week_of(one.opened_at, SHANGHAI), one.camera_id, one.kind)
            == (line.week, line.camera_id, line.kind)
        ]
        wrong = [one for one in group if one.verdict is Verdict.FALSE]
        assert (line.raised, line.false) == (len(group), len(wrong))
        assert line.judged == len([o for o in group if o.verdict in {"true", "false"}])
        assert Counter(one.reason for one in wrong if one.reason) == dict(line.reasons)
    weeks = [line.week for line in lines]
    assert weeks == sorted(weeks, reverse=True)


@pytest.mark.parametrize(
    ("moment", "zone", "day", "monday", "month"),
    [
        ("2026-05-31T15:59:59.999999Z", SHANGHAI, "2026-05-31", "2026-05-25", "2026-05-01"),
        ("2026-05-31T16:00:00Z", SHANGHAI, "2026-06-01", "2026-06-01", "2026-06-01"),
        ("2026-03-29T00:30:00Z", BERLIN, "2026-03-29", "2026-03-23", "2026-03-01"),
        ("2026-03-29T22:00:00Z", BERLIN, "2026-03-30", "2026-03-30", "2026-03-01"),
        ("2026-10-25T22:59:59Z", BERLIN, "2026-10-25", "2026-10-19", "2026-10-01"),
        ("2026-10-25T23:00:00Z", BERLIN, "2026-10-26", "2026-10-26", "2026-10-01"),
        ("2026-11-01T04:59:59Z", NEW_YORK, "2026-11-01", "2026-10-26", "2026-11-01"),
    ],
)
def test_days_weeks_and_months_are_the_sites_own(moment, zone, day, monday, month) -> None:
    cases = [facts(datetime.fromisoformat(moment))]
    keys = [
        case_report(cases, by, zone).lines[0].key
        for by in (GroupBy.DAY, GroupBy.WEEK, GroupBy.MONTH)
    ]
    assert keys == [day, monday, month]


@pytest.mark.parametrize(
    ("day", "zone", "begins"),
    [
        ("2026-03-29", BERLIN, "2026-03-28T23:00:00Z"),
        ("2026-03-30", BERLIN, "2026-03-29T22:00:00Z"),
        ("2026-06-01", SHANGHAI, "2026-05-31T16:00:00Z"),
    ],
)
def test_midnight_is_the_sites(day, zone, begins) -> None:
    assert midnight(date.fromisoformat(day), zone) == datetime.fromisoformat(begins)
