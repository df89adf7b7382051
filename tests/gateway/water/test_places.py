"""Several cameras of one place: one incident, with what each of them saw."""

import pytest

from gateway.store.incident_list import IncidentFilter
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
