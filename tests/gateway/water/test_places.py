"""Several cameras of one place: one incident, with what each of them saw."""

import threading

import pytest

from gateway.case_watch import CaseWatch
from gateway.dispatch.case_message import CaseWriter
from gateway.store.incident_list import IncidentFilter
from gateway.workflow.unasked import Policy
from vision.types import Severity


@pytest.fixture
def two(street_camera):
    """Return what makes two cameras that have learnt their street, of the places named."""

    def make(first: str, second: str):
        cameras = street_camera("east", first), street_camera("west", second)
        for camera in cameras:
            camera.show(camera.street(), 40)
        return cameras

    return make


def kept(store, writer):
    writer.stop()
    return store.incident_list.page(IncidentFilter()).incidents


def flood(camera, seconds: float = 60, level: float = 0.8) -> None:
    camera.show(camera.street(level), seconds)


def test_two_cameras_of_one_place_open_one_incident_that_both_prove(two, store, writer) -> None:
    east, west = two("桥下", "桥下")
    flood(east)
    flood(west, level=0.7)
    (one,) = kept(store, writer)
    assert one.incident.camera == "east"
    assert any("/west/" in piece.path for piece in one.evidence)


def test_red_that_only_one_of_them_sees_is_told(two, store, writer) -> None:
    east, west = two("桥下", "桥下")
    flood(east, level=0.3)
    flood(west, level=0.3)
    flood(west, level=0.9)
    flood(east, 20, level=0.3)
    seen = {one.incident.camera: one.incident.severity for one in kept(store, writer)}
    assert seen == {"east": Severity.YELLOW, "west": Severity.RED}


def test_cameras_of_different_places_are_told_apart(two, store, writer) -> None:
    for camera in two("桥下", "桥上"):
        flood(camera)
    assert {one.incident.camera for one in kept(store, writer)} == {"east", "west"}


def test_cameras_of_no_place_are_told_apart(two, store, writer) -> None:
    for camera in two("", ""):
        flood(camera)
    assert len(kept(store, writer)) == 2


def test_the_other_takes_over_where_the_first_sees_the_water_go(two, store, writer) -> None:
    east, west = two("桥下", "桥下")
    flood(east)
    flood(west)
    east.show(east.street(), 200)
    flood(west, 20)
    incidents = {one.incident.camera: one.incident for one in kept(store, writer)}
    assert incidents["east"].closed_at is not None
    assert incidents["west"].closed_at is None


@pytest.fixture
def apart(street_camera):
    """Return two cameras of one place that have learnt their street, of two workers."""
    cameras = street_camera("east", "桥下"), street_camera("west", "桥下", worker=1)
    for camera in cameras:
        camera.show(camera.street(), 40)
    return cameras


def open_of(store, camera: str) -> list[str]:
    return [one.incident.id for one in store.incidents.open_incidents(camera)]


def test_cameras_of_two_workers_open_one_incident_that_both_prove(
    apart, store, writer, wait_until
) -> None:
    east, west = apart
    flood(east)
    wait_until(lambda: open_of(store, "east"))
    flood(west, level=0.7)
    (one,) = kept(store, writer)
    assert one.incident.camera == "east"
    assert any("/west/" in piece.path for piece in one.evidence)


def test_a_camera_of_another_worker_takes_over(apart, store, writer, wait_until) -> None:
    east, west = apart
    flood(east)
    wait_until(lambda: open_of(store, "east"))
    flood(west)
    east.show(east.street(), 200)
    wait_until(lambda: not open_of(store, "east"))
    flood(west, 20)
    incidents = {one.incident.camera: one.incident for one in kept(store, writer)}
    assert incidents["east"].closed_at is not None
    assert incidents["west"].closed_at is None


def test_two_workers_that_see_the_water_at_once_tell_one_case(apart, store, writer) -> None:
    """Neither can know of the other yet: both tell an incident, and their cases are joined."""
    hold = threading.Event()
    writer._submit(hold.wait)
    for camera in apart:
        flood(camera)
    hold.set()
    told = {one.incident.camera: one.incident.id for one in kept(store, writer)}
    assert set(told) == {"east", "west"}
    CaseWatch(store, Policy(), CaseWriter("dongshan")).look()
    found = {camera: store.cases.get(told[camera]).case for camera in told}
    assert found["west"].merged_into == told["east"] or found["east"].merged_into == told["west"]
