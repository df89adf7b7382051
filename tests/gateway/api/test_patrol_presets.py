"""A round over a camera that turns: a third-party ONVIF device, a worker, and the API.

What the camera shows tells where it looks: it plays a film, and turns by cropping it.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta

import av
import cv2
import numpy as np
import pytest

from gateway.analysis.engine import AnalysisEngine
from gateway.camera_unit import Bench
from gateway.clock import utc_now
from gateway.config import Settings
from gateway.incident_writer import IncidentWriter
from gateway.onboarding import Wish, adopt, look_at
from gateway.onvif.ptz import Motion
from gateway.patrol_file import PlanBody
from gateway.quarantine import Quarantine
from gateway.sources import with_credentials
from gateway.worker import Shard, Worker
from gateway.worker_api import create_worker_app
from vision.ensemble import DetectorSet
from vision.tracker import TrackerSettings

PATIENCE_S = 60.0
SIZE = (64, 28)
BRIDGE = Motion(0.9, 0.9, 0.9)


@pytest.fixture
def road(store, virtual_camera):
    """Take the device in as a person would: by address, user and password."""
    source = with_credentials(f"onvif://{virtual_camera.address}", virtual_camera.credentials)
    (found,) = look_at(source, lambda _: "")
    return adopt(store, found, Wish(camera_id="road", name="东环路")).id


@pytest.fixture
def watched(store, samples, detector, tmp_path, running, worker, road):
    """Run a worker that watches it."""
    settings = Settings.from_mapping({"data_dir": str(tmp_path), "recording": {"min_free_mb": 0}})
    bench = Bench(
        settings=settings,
        store=store,
        engine=AnalysisEngine(DetectorSet.combine([detector]), settings.analysis),
        tracker=TrackerSettings(),
        writer=IncidentWriter(store, tmp_path, samples.compose),
        version="0.1.0",
        quarantine=Quarantine(tmp_path / "quarantine", "worker-0", utc_now()),
    )
    real = Worker(bench, Shard("0/1"))
    with running(create_worker_app(real, worker.token)) as url:
        real.start(url)
        yield road
        real.stop()


def crop(frame: np.ndarray, at: Motion) -> np.ndarray:
    """Return what ipycam shows of a frame: zoom up to 4, the centre moved within what is left."""
    zoom = 1 + at.zoom * 3
    high, wide = (int(side / zoom) for side in frame.shape[:2])
    top = (frame.shape[0] - high) / 2 * (1 - at.tilt)
    left = (frame.shape[1] - wide) / 2 * (1 + at.pan)
    return frame[int(top) : int(top) + high, int(left) : int(left) + wide]


def grey(image: np.ndarray) -> np.ndarray:
    """Return a picture as a few pixels, brightness and contrast taken out."""
    small = cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    return (small - small.mean()) / (small.std() + 1e-6)


def wait_for(condition: Callable[[], object]) -> object:
    deadline = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)
    return found


class Eyes:
    """Tells where a camera looks: which frame of its film, whole or cropped, a picture is like."""

    def __init__(self, browser, film) -> None:
        self._browser = browser
        with av.open(film) as container:
            frames = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
        self._views = {
            name: np.stack([grey(crop(frame, at)) for frame in frames])
            for name, at in (("home", Motion()), ("bridge", BRIDGE))
        }

    def name(self, jpeg: bytes) -> str:
        image = grey(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE))
        return max(self._views, key=lambda one: float((self._views[one] @ image).max()))

    def see(self, name: str) -> bool:
        answer = self._browser.get("/api/cameras/road/snapshot.jpg")
        return answer.status_code == 200 and self.name(answer.content) == name


@pytest.fixture
def preset(browser, watched, road_film):
    """Return the eyes, and the token of a view that the camera keeps; it looks home again."""
    eyes, ptz = Eyes(browser, str(road_film)), "/api/cameras/road/ptz"
    wait_for(lambda: eyes.see("home"))
    turned = browser.post(f"{ptz}/turn-to", json=asdict(BRIDGE))
    assert turned.status_code < 300, turned.text
    wait_for(lambda: eyes.see("bridge"))
    kept = browser.post(f"{ptz}/presets", json={"name": "桥头"})
    assert kept.status_code < 300, kept.text
    (token,) = (one["token"] for one in browser.get(ptz).json()["presets"] if one["name"] == "桥头")
    assert browser.post(f"{ptz}/home").status_code < 300
    wait_for(lambda: eyes.see("home"))
    return eyes, token


@pytest.fixture
def due(site, preset):
    """Have a round become due that stops at the view."""
    now = utc_now()
    zone = site.services.site.zone
    at = (now - timedelta(minutes=2)).astimezone(zone)
    stops = [{"camera": "road", "preset": preset[1], "dwell_s": 1, "name": "桥头"}]
    route = {"id": "road", "name": "东环线", "at": [f"{at:%H:%M}"], "stops": stops}
    site.store.patrol.put_plan(
        PlanBody.model_validate({"routes": [route]}), "admin", now - timedelta(minutes=10), zone
    )
    return preset[0]


def test_a_round_turns_a_real_camera_takes_its_picture_and_lets_it_go_home(browser, due):
    eyes = due
    (found,) = browser.get("/api/patrol/day").json()["rounds"]
    (stop,) = found["stops"]
    path = f"/api/patrol/rounds/{found['id']}"
    began = utc_now()
    assert browser.post(f"{path}/arrivals", json={"stop": stop["id"]}).status_code == 200
    wait_for(lambda: eyes.see("bridge"))
    seen = {"stop": stop["id"], "verdict": "normal"}
    done = wait_for(
        lambda: (
            answer
            if (answer := browser.post(f"{path}/checkins", json=seen)).status_code == 200
            else None
        )
    ).json()
    assert (done["standing"], done["stops"][0]["verdict"]) == ("done", "normal")
    picture = browser.get(f"{path}/pictures/0.jpg").content
    assert hashlib.sha256(picture).hexdigest() == done["stops"][0]["sha256"]
    assert eyes.name(picture) == "bridge"
    told = done["stops"][0]
    assert told["arrived_at"] < told["at"]
    assert began - timedelta(seconds=5) < datetime.fromisoformat(told["captured_at"]) <= utc_now()
    wait_for(lambda: eyes.see("home"))
