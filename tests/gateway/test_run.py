"""What `run` prepares before anything runs: demonstration cameras in the inventory."""

import os
from dataclasses import replace

import pytest

from gateway.config import WorkerSettings
from gateway.demo import DemoCamera
from gateway.run import Desk, _adopt_demo, worker_count
from gateway.store import Store


@pytest.fixture
def desk() -> Desk:
    def nobody(who: str) -> str:
        pytest.fail(f"asked for the password of {who}")

    return Desk(print, nobody, print)


def test_a_demonstration_camera_that_moved_is_followed(
    store: Store, virtual_camera: DemoCamera, desk: Desk
) -> None:
    _adopt_demo(store, virtual_camera, desk)
    (known,) = store.inventory.cameras()
    elsewhere = replace(known, address="onvif://127.0.0.1:1", sub_uri="rtsp://127.0.0.1:1/old")
    store.inventory.replace(elsewhere)
    store.inventory.set_password(known.id, "of an earlier run")
    _adopt_demo(store, virtual_camera, desk)
    (again,) = store.inventory.cameras()
    assert (again.id, again.address, again.sub_uri) == (known.id, known.address, known.sub_uri)
    assert store.inventory.password(again.id) == virtual_camera.credentials.password


@pytest.mark.parametrize(
    ("asked", "cameras", "most"), [(0, 0, 1), (0, 99, 1), (0, 100, 2), (0, 10_000, None), (3, 0, 3)]
)
def test_a_town_is_shared_by_as_many_workers_as_it_takes(asked, cameras, most) -> None:
    cores = len(os.sched_getaffinity(0))
    expected = asked or min(cores, most or cores)
    assert worker_count(WorkerSettings(count=asked), cameras) == expected
