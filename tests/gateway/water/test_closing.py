"""Floods that meet something on their way: each closes in the end, and hides none after it."""

import cv2
import numpy as np
import pytest

from gateway.case_watch import CaseWatch
from gateway.clock import utc_now
from gateway.dispatch.case_message import CaseWriter
from gateway.store.incident_list import IncidentFilter
from gateway.workflow.case import Action, Actor, Deed, FalseAlarm, Party, Step
from gateway.workflow.unasked import Policy
from vision.water.conditions import WATER
from vision.water.types import Unseen, WaterState


@pytest.fixture
def known(street_camera):
    """Return a camera that has learnt how its street looks by day and by infrared light."""
    camera = street_camera()
    camera.show(camera.street(), 40)
    camera.show(by_night(camera.street()), 80)
    camera.show(camera.street(), 40)
    assert camera.looks[-1].reference_count == 2
    return camera


def by_night(scene: np.ndarray) -> np.ndarray:
    """Return a scene without colour, as a camera with a lamp of its own shows it."""
    return cv2.cvtColor(cv2.cvtColor(scene, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)


def waterlogging(store, writer):
    """Return the incidents of water kept so far, once all that was told is; the oldest first."""
    writer.stop()
    page = store.incident_list.page(IncidentFilter()).incidents
    return [one.incident for one in page[::-1] if one.incident.kind == "waterlogging"]


def drained(camera) -> bool:
    camera.show(camera.street(), 200)
    return camera.looks[-1].state is WaterState.NORMAL


def test_a_flood_into_the_night_closes_by_infrared_light(known, store, writer) -> None:
    known.show(known.street(0.8), 60)
    known.show(by_night(known.street(0.8)), 60)
    assert known.looks[-1].state is not WaterState.NORMAL
    known.show(by_night(known.street()), 200)
    assert (known.looks[-1].unseen, known.looks[-1].state) == (None, WaterState.NORMAL)
    (one,) = waterlogging(store, writer)
    assert one.closed_at is not None


def test_a_flood_into_a_night_never_learnt_is_unknown_till_day_and_closes_then(
    street_camera, store, writer
) -> None:
    camera = street_camera()
    camera.show(camera.street(), 40)
    camera.show(camera.street(0.8), 60)
    camera.show(by_night(camera.street()), 900)
    assert camera.looks[-1].unseen is Unseen.LEARNING
    assert camera.looks[-1].state is not WaterState.NORMAL
    assert camera.looks[-1].reference_count == 1
    assert drained(camera)
    (one,) = waterlogging(store, writer)
    assert one.closed_at is not None


def test_a_flood_during_which_the_camera_is_lost_closes_when_it_is_back(
    known, store, writer
) -> None:
    known.show(known.street(0.8), 60)
    known.show(None, 1500)
    assert known.looks[-1].state is not WaterState.NORMAL
    assert drained(known)
    (one,) = waterlogging(store, writer)
    assert one.closed_at is not None


def test_only_wet_closes_the_incident_for_good_and_hides_no_flood(known, store, writer) -> None:
    wet = known.street()
    wet[250:] = cv2.GaussianBlur(wet[250:] * 0.45, (0, 0), 6.0)
    known.show(wet, 90)
    assert known.looks[-1].state is not WaterState.NORMAL
    known.water.only_wet()
    known.show(wet, 900)
    assert {look.state for look in known.looks[-20:]} == {WaterState.NORMAL}
    assert drained(known)
    known.show(wet, 300)
    assert known.looks[-1].state is WaterState.NORMAL
    known.show(known.street(0.9), 90)
    assert known.looks[-1].state is WaterState.RED
    (one,) = waterlogging(store, writer)
    assert (one.closed_at, one.severity) == (None, "red")


def test_a_flood_dismissed_while_it_was_small_is_a_case_again_once_it_is_deep(
    known, store, writer, wait_until
) -> None:
    known.show(known.street(0.3), 60)
    assert known.looks[-1].state is WaterState.YELLOW
    wait_until(lambda: store.incidents.open_incidents("gate"))
    (incident,) = (one.incident for one in store.incidents.open_incidents("gate"))
    person = Actor(Party.OPERATOR, "li")
    dismissed = Deed(Action.DISMISS, person, utc_now(), reason=FalseAlarm.LIGHT)
    store.cases.take(incident.id, dismissed, 0, CaseWriter("dongshan"))
    known.show(known.street(0.9), 90)
    assert known.looks[-1].state is WaterState.RED
    writer.stop()
    CaseWatch(store, Policy(), CaseWriter("dongshan")).look()
    case = store.cases.get(incident.id).case
    assert (case.step, case.severity) == (Step.DISCOVERED, "red")


def test_a_place_closes_where_the_camera_that_told_first_is_blind_for_long(
    street_camera, store, writer
) -> None:
    east, west = street_camera("east", "桥下"), street_camera("west", "桥下")
    for camera in (east, west):
        camera.show(camera.street(), 40)
        camera.show(camera.street(0.8), 60)
    east.show(None, 900)
    assert drained(west)
    assert east.looks[-1].state is not WaterState.NORMAL
    assert drained(east)
    (one,) = waterlogging(store, writer)
    assert one.closed_at is not None


def test_a_camera_that_leaves_its_place_in_a_flood_hides_none_of_the_others_floods(
    street_camera, store, writer, wait_until
) -> None:
    east, west = street_camera("east", "桥下"), street_camera("west", "桥下")
    for camera in (east, west):
        camera.show(camera.street(), 40)
    east.show(east.street(0.8), 60)
    west.show(west.street(0.7), 60)
    east.water.leave()
    looks = len(east.looks)
    east.show(east.street(0.8), 60)
    assert len(east.looks) == looks
    writer.abandon("east", WATER)
    wait_until(lambda: not store.incidents.open_incidents("east"))
    west.show(west.street(0.7), 60)
    incidents = {one.camera: one for one in waterlogging(store, writer)}
    assert incidents["east"].closed_at is not None
    assert incidents["west"].closed_at is None
