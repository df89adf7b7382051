"""From the browser to the camera: the API, a worker's real port, and a device that turns."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

import httpx
import pytest

from gateway.camera_control import CameraControl
from gateway.control_pool import ControlPool
from gateway.errors import NotFoundError, UnreachableError
from gateway.sources import Credentials
from gateway.worker_api import create_worker_app

CAMERA = "/api/cameras/gate"
LEFT = {"pan": -0.5}


class ControllingWorker:
    """A worker of one camera that answers for its controls only."""

    def __init__(self, control: CameraControl) -> None:
        self._control = control
        self.refusal: Exception | None = None

    async def control(self, camera, command):
        self._check(camera)
        await self._control.do(command)

    async def control_state(self, camera, state):
        self._check(camera)
        return await self._control.read(state)

    def _check(self, camera):
        if self.refusal is not None:
            raise self.refusal
        if camera != "gate":
            raise NotFoundError(f"there is no camera {camera} here")


@pytest.fixture
def device(onvif_device):
    return onvif_device()


@pytest.fixture
def controlled(device, store, camera, reports, running, worker) -> Iterator[ControllingWorker]:
    """Put the camera "gate" to work behind a real port; it is the device."""
    pool = ControlPool()
    pool.start()
    gate = replace(camera, address=f"onvif://{device.address}")
    store.inventory.add(gate, password="right")
    control = CameraControl(
        gate,
        Credentials("admin", "right"),
        pool,
        store.camera_controls,
        lambda _alarm: None,
        lambda _moving: None,
    )
    control.start()
    controls = ControllingWorker(control)
    with running(create_worker_app(controls, worker.token)) as url:
        store.camera_states.put([reports.online("gate", url)])
        yield controls
    control.stop()
    pool.stop()


def test_turning(browser, device, controlled):
    """On a busy machine the move's own end may come before the person's: a stop twice."""
    for path, body in (("move", LEFT), ("stop", None), ("turn-to", {"pan": 1, "tilt": 1})):
        assert browser.post(f"{CAMERA}/ptz/{path}", json=body).status_code == 204
    motions = [motion for motion, _ in groupby(device.motions)]
    assert motions == ["move -0.5 0.0 0.0", "stop", "to 1.0 1.0"]
    state = browser.get(f"{CAMERA}/ptz").json()
    assert state["abilities"]["continuous"] == {"pan_tilt": True, "zoom": True}
    assert state["moving"] is True


def test_a_move_ends_when_the_browser_goes_away(browser, device, controlled):
    browser.post(f"{CAMERA}/ptz/move", json=LEFT)
    browser.close()
    device.wait_until(lambda: device.motions[-1] == "stop")


def test_presets_and_tour(browser, device, controlled):
    kept = browser.post(f"{CAMERA}/ptz/presets", json={"name": "河边"})
    assert kept.status_code == 201
    assert kept.json()[-1] == {"token": "p3", "name": "河边"}
    assert browser.put(f"{CAMERA}/ptz/presets/p3", json={"name": "河"}).status_code == 204
    assert browser.post(f"{CAMERA}/ptz/presets/p3/go").status_code == 204
    assert browser.delete(f"{CAMERA}/ptz/presets/p1").status_code == 204
    tour = {"stops": [{"preset": "p3", "dwell_s": 60.0}], "resume_s": 0, "enabled": True}
    assert browser.put(f"{CAMERA}/ptz/tour", json=tour).status_code == 204
    assert browser.get(f"{CAMERA}/ptz").json()["tour"] == tour


def test_picture_clock_and_features(browser, device, controlled):
    changed = browser.patch(f"{CAMERA}/imaging", json={"values": {"contrast": 70}})
    assert changed.status_code == 204
    assert browser.get(f"{CAMERA}/imaging").json()["knobs"][1]["value"] == 70
    assert browser.post(f"{CAMERA}/clock").status_code == 204
    assert abs(browser.get(f"{CAMERA}/clock").json()["skew_s"]) < 5
    features = browser.get(f"{CAMERA}/features").json()["features"]
    assert {one["outcome"] for one in features} == {"ok"}
    assert browser.post(f"{CAMERA}/reboot").status_code == 204


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/reboot", None),
        ("POST", "/clock", None),
        ("PUT", "/ptz/home", None),
        ("POST", "/ptz/presets", {"name": "here"}),
        ("PUT", "/ptz/presets/p1", {"name": "here"}),
        ("DELETE", "/ptz/presets/p1", None),
        ("PUT", "/ptz/tour", {"stops": []}),
        ("PATCH", "/imaging", {"values": {"contrast": 70}}),
        ("PUT", "/encoder", {"fps": 8}),
        ("DELETE", "/encoder", None),
    ],
)
def test_what_changes_a_camera_for_everybody_is_for_administrators(
    operator, device, controlled, refused, method, path, body
):
    refused(operator.request(method, CAMERA + path, json=body), 403, "forbidden")
    assert device.motions == []
    assert operator.post(f"{CAMERA}/ptz/stop").status_code == 204


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/ptz/move", {"pan": 1.5}),
        ("/ptz/move", {"speed": 1}),
        ("/ptz/presets", {"name": ""}),
        ("/ptz/presets", {"name": "x" * 65}),
    ],
)
def test_what_makes_no_sense_reaches_no_camera(browser, device, controlled, refused, path, body):
    refused(browser.post(CAMERA + path, json=body), 422, "bad_request")
    assert device.motions == []


def test_nobody_turns_a_camera_unseen(site, device, controlled, refused):
    with site.client() as stranger:
        refused(stranger.post(f"{CAMERA}/ptz/stop"), 401, "unauthenticated")
    browser = site.signed_in()
    elsewhere = {"Origin": "https://elsewhere.example"}
    refused(browser.post(f"{CAMERA}/ptz/stop", headers=elsewhere), 403, "bad_origin")
    browser.close()
    assert device.motions == []


def test_refusals_of_camera_and_worker_come_through(browser, device, controlled, refused):
    refused(browser.post(f"{CAMERA}/ptz/presets/p9/go"), 502, "onvif_fault")
    controlled.refusal = UnreachableError("nothing answers ONVIF")
    refused(browser.get(f"{CAMERA}/ptz"), 502, "unreachable")
    refused(browser.get("/api/cameras/nowhere/ptz"), 404, "not_found")


def test_the_port_wants_its_token(device, controlled, store, refused):
    url = store.camera_states.get("gate").worker_url
    refused(httpx.post(f"{url}/cameras/gate/control", json={"do": "stop"}), 401, "unauthenticated")
    assert device.motions == []
