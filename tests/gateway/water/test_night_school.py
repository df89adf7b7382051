"""Cameras are taught at night without being told to: those that learnt something, once each."""

from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest

from gateway.detector_setup import open_water_network
from gateway.water.bank_files import BankFiles
from gateway.water.night_school import AGAIN, NightSchool, has_news
from gateway.water.teacher import Teacher
from gateway.worker_water_api import TrainingFacts
from vision.types import FrameSize
from vision.water.bank import ReferenceBank
from vision.water.eye_trial import EyeFigures
from vision.water.reference import Reference
from vision.water.types import Sample, WaterState

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = datetime(2026, 7, 2, 2, 0, tzinfo=SHANGHAI).astimezone(UTC)
LOOK = FrameSize(320, 180)
FIGURES = EyeFigures(0.5, 0.5, 0.1, None)


def learn(camera, tmp_path, states: int) -> None:
    """Have a camera know so many states of its street: one, and others with a shadow on a part."""
    street = cv2.resize(camera.street(), (LOOK.width, LOOK.height), interpolation=cv2.INTER_AREA)
    bank = ReferenceBank((LOOK.height, LOOK.width))
    clear = np.zeros(bank.shape, np.bool_)
    at = camera.clock.now
    for number in range(states - 1):
        shaded = street.copy()
        shaded[:, 80 * number : 80 * number + 80] //= 3
        bank.teach(Sample(at, shaded, clear, LOOK), at)
    BankFiles(tmp_path, camera.water.camera.id).save(bank)
    camera.show(camera.street(), 40)
    camera.water.only_wet()
    assert len(camera.water.references()) == states


@pytest.fixture
def school(store):
    """Return what makes a school for cameras, with the teacher that it sends them to."""
    teacher = Teacher(partial(open_water_network, None))

    def make(*cameras) -> tuple[NightSchool, Teacher]:
        waters = [camera.water for camera in cameras]
        return NightSchool(teacher, store.water, lambda: waters, SHANGHAI), teacher

    yield make
    teacher.stop()


def taught_now(teacher: Teacher, *names: str) -> list[str]:
    """Return which cameras are being taught, or were until they were stopped."""
    return [name for name in names if teacher.run_of(name)]


def test_by_night_those_who_know_enough_are_taught_once(
    street_camera, school, store, tmp_path
) -> None:
    gate, yard = street_camera("gate"), street_camera("yard")
    learn(gate, tmp_path, 3)
    learn(yard, tmp_path, 4)
    store.water.put([*gate.looks, *yard.looks])
    night_school, teacher = school(gate, yard)
    night_school.step(NIGHT + timedelta(hours=8))
    assert taught_now(teacher, "gate", "yard") == []
    night_school.step(NIGHT)
    assert taught_now(teacher, "gate", "yard") == ["yard"]
    began = teacher.run_of("yard").started_at
    teacher.stop()
    night_school.step(NIGHT + timedelta(minutes=2))
    assert teacher.run_of("yard").started_at == began
    night_school.step(NIGHT + timedelta(days=1))
    assert teacher.run_of("yard").started_at > began


def test_nobody_is_taught_while_water_stands(street_camera, school, store, tmp_path) -> None:
    gate = street_camera("gate")
    learn(gate, tmp_path, 4)
    gate.show(gate.street(0.6), 60)
    store.water.put(gate.looks)
    assert store.water.get("gate").state is WaterState.RED
    night_school, teacher = school(gate)
    night_school.step(NIGHT)
    assert taught_now(teacher, "gate") == []


def test_a_slope_has_no_eye_for_water(street_camera, school, store, tmp_path) -> None:
    gate = street_camera("gate", kind="slope")
    learn(gate, tmp_path, 4)
    store.water.put(gate.looks)
    night_school, teacher = school(gate)
    night_school.step(NIGHT)
    assert taught_now(teacher, "gate") == []


@pytest.mark.parametrize(
    ("states", "taught_ago", "learnt_ago", "news"),
    [
        (3, None, timedelta(hours=1), False),
        (4, None, timedelta(days=90), True),
        (4, AGAIN, timedelta(hours=1), True),
        (4, AGAIN - timedelta(hours=1), timedelta(minutes=1), False),
        (9, 3 * AGAIN, 4 * AGAIN, False),
        (9, 3 * AGAIN, 2 * AGAIN, True),
    ],
)
def test_what_was_learnt_since_is_news_after_a_week(states, taught_ago, learnt_ago, news) -> None:
    picture = np.zeros((2, 2, 3), np.uint8)
    known = [Reference(str(number), picture, NIGHT - learnt_ago, NIGHT) for number in range(states)]
    last = (
        None
        if taught_ago is None
        else TrainingFacts(at=NIGHT - taught_ago, kept=True, before=FIGURES, after=FIGURES)
    )
    assert has_news(known, last, NIGHT) is news
