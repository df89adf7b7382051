"""Stream and alarms of a camera; its pictures are in test_quality.py."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from vision.health import (
    CAMERA_SPECS,
    HEALTH,
    KINDS_OF_LOSS,
    AlarmBoard,
    AlarmState,
    AlarmType,
    HealthLimits,
    StreamVitals,
    StreamWatch,
    site_specs,
    still_held,
    wanted_specs,
)
from vision.incidents import IncidentBook
from vision.picture_watch import PICTURE_FAULTS
from vision.types import ChangeType

BEGAN = datetime(2026, 5, 1, 8, tzinfo=UTC)


def at(seconds):
    return BEGAN + timedelta(seconds=seconds)


def kinds(conditions):
    return [condition.kind for condition in conditions]


@pytest.mark.parametrize(
    ("vitals", "faults"),
    [
        (StreamVitals(online=True), []),
        (StreamVitals(online=True, clock_offset_s=-59, gop_s=12), []),
        (StreamVitals(online=True, clock_offset_s=-61), ["clock_wrong"]),
        (StreamVitals(online=True, clock_offset_s=7200, gop_s=40), ["clock_wrong", "gop_absurd"]),
    ],
)
def test_clock_and_key_frames(vitals, faults):
    assert kinds(StreamWatch(HealthLimits()).conditions(BEGAN, vitals)) == faults


def test_lost_pictures_count_over_the_last_minute_only():
    watch, told = StreamWatch(HealthLimits(lost_ratio=0.1)), []
    shown = lost = 0
    for second in range(200):
        bad = 30 <= second < 50
        shown, lost = shown + (5 if bad else 15), lost + (10 if bad else 0)
        vitals = StreamVitals(online=True, shown=shown, lost=lost)
        told.append(kinds(watch.conditions(at(second), vitals)) == ["decode_errors"])
    assert not any(told[:32])
    assert all(told[40:90])
    assert not any(told[112:])


def test_a_new_decoder_begins_to_count_anew():
    watch = StreamWatch(HealthLimits())
    watch.conditions(at(0), StreamVitals(online=True, shown=1000, lost=0))
    assert watch.conditions(at(1), StreamVitals(online=True, shown=10, lost=9)) == []
    (worse,) = watch.conditions(at(2), StreamVitals(online=True, shown=20, lost=39))
    assert worse.readings == {"lost_ratio": 0.75}


def test_alarms_last_from_beginning_to_end_but_at_least_a_pulse():
    board = AlarmBoard(frozenset(AlarmType))
    board.put(
        AlarmState(
            AlarmType.DIGITAL_INPUT, active=True, at=at(0), topic="Device/Input", source="door"
        )
    )
    board.put(AlarmState(AlarmType.LINE, active=True, at=at(0), topic="Rule/Line", source="1"))
    board.put(AlarmState(AlarmType.LINE, active=False, at=at(1), topic="Rule/Line", source="1"))
    assert kinds(board.conditions(at(5))) == ["alarm_digital_input", "alarm_line"]
    assert kinds(board.conditions(at(11))) == ["alarm_digital_input"]
    board.put(
        AlarmState(
            AlarmType.DIGITAL_INPUT, active=False, at=at(7200), topic="Device/Input", source="door"
        )
    )
    assert board.conditions(at(7200)) == []


@pytest.mark.parametrize("set_back_after_end", [False, True])
def test_an_alarm_ends_though_the_clock_was_set_back_an_hour(set_back_after_end):
    board = AlarmBoard(frozenset(AlarmType))
    line = AlarmState(AlarmType.LINE, active=True, at=at(3600), topic="Rule/Line", source="1")
    board.put(line)
    ends_at = at(3601) if set_back_after_end else at(1)
    board.put(replace(line, active=False, at=ends_at))
    assert board.conditions(ends_at) != []
    assert board.conditions(at(12)) == []


def test_losses_of_before_the_clock_was_set_back_are_over():
    watch = StreamWatch(HealthLimits(lost_ratio=0.1))
    watch.conditions(at(3600), StreamVitals(online=True, shown=100, lost=0))
    watch.conditions(at(3601), StreamVitals(online=True, shown=100, lost=100))
    told = [
        watch.conditions(at(second), StreamVitals(online=True, shown=100 + 15 * second, lost=100))
        for second in range(70)
    ]
    assert told[5] == told[69] == []


def test_alarms_nobody_wants_are_passed_over():
    board = AlarmBoard(HealthLimits().alarms)
    board.put(AlarmState(AlarmType.MOTION, active=True, at=at(0), topic="Motion", source="1"))
    assert board.conditions(at(0)) == []


def test_every_fault_and_alarm_has_its_spec_and_its_own_incident():
    made = set(PICTURE_FAULTS) | {"camera_frozen", "clock_wrong", "gop_absurd", "decode_errors"}
    assert set(CAMERA_SPECS) == made | {f"alarm_{kind}" for kind in AlarmType}
    specs = [*CAMERA_SPECS.values(), *site_specs(45)]
    assert len({spec.id for spec in specs}) == len(specs)
    assert {spec.type for spec in specs} == {HEALTH}
    assert all(len(kind) <= 40 for kind in {s.id for s in specs} | set(KINDS_OF_LOSS.values()))


def test_faults_can_be_left_out():
    assert "camera_dark" not in {spec.id for spec in wanted_specs(["camera_dark"])}


def test_what_cannot_be_judged_opens_nothing_and_closes_nothing():
    book = IncidentBook("gate", CAMERA_SPECS.values())
    alarm = AlarmBoard(frozenset(AlarmType))
    for second in range(200):
        assert book.step(at(second), [still_held("camera_dark", "picture", at(-1))]) == []
    alarm.put(AlarmState(AlarmType.TAMPER, active=True, at=at(200), topic="Tamper", source=""))
    (opened,) = book.step(at(200), alarm.conditions(at(200)))
    assert opened.type is ChangeType.OPENED
    subject = opened.incident.subject
    for second in range(201, 400):
        assert book.step(at(second), [still_held("alarm_tamper", subject, at(200))]) == []
