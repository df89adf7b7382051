"""The site watched over a real store: scripted states of cameras in, kept incidents out."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import cv2
import numpy as np
import pytest

from gateway.config import HealthSettings
from gateway.dispatch.message import IncidentEvent
from gateway.errors import NoPictureError
from gateway.incident_writer import IncidentWriter
from gateway.site_health import FIRST_DIAL, SiteHealth, Standing, standing
from gateway.site_watch import SiteWatch
from gateway.store.camera_states import CameraState
from gateway.store.incident_list import IncidentFilter
from gateway.store.inventory import SITE_ID, Camera
from gateway.store.stored_incident import Ending
from gateway.worker_api import Snapshot
from vision.water.conditions import WATER, WATERLOGGING

VILLAGE = tuple(f"cam-{number}" for number in range(5))
STEP_S = 2.5
BEGAN = datetime(2026, 5, 1, 8, tzinfo=UTC)


class Site:
    """A store with one village, a clock that is told, and the watch over it."""

    def __init__(self, store, data_dir, compose, settings):
        self.store, self.data_dir, self.compose = store, Path(data_dir), compose
        self.settings = settings
        self.now = BEGAN
        self.since = {}
        self.watch = None
        for camera in VILLAGE:
            store.inventory.add(Camera(camera, f"村口{camera}", unit="东山村"))

    def report(self, lost=(), state="unreachable", code="unreachable", silent=()):
        """Have the workers say how each camera is."""
        states = []
        for camera in VILLAGE:
            now = (state, code) if camera in lost else ("online", "")
            if self.since.get(camera, (None, None))[0] != now:
                self.since[camera] = (now, self.now)
            if camera not in silent:
                states.append(
                    CameraState(
                        camera,
                        now[0],
                        self.since[camera][1],
                        self.now,
                        code=now[1],
                        detail=now[1] and "Nothing answers at 10.0.0.9.",
                        worker_url="http://127.0.0.1:9",
                    )
                )
        self.store.camera_states.put(states)

    async def snapshot(self, url, camera, width):
        if camera == VILLAGE[1]:
            raise NoPictureError("no picture yet")
        _, jpeg = cv2.imencode(".jpg", np.full((90, 160, 3), 90, np.uint8))
        return Snapshot(jpeg.tobytes(), self.now)

    def start(self):
        """Begin to watch, as `serve` does when it starts."""
        health = SiteHealth("东山镇", self.settings)
        self.watch = SiteWatch(
            self.store, self.data_dir, health, self.compose, self.snapshot, "0.1.0"
        )
        self.watch._writer.start()
        self.watch.resume()

    async def pass_s(self, seconds, **states):
        """Let time pass with cameras in these states."""
        for _ in range(round(seconds / STEP_S)):
            self.report(**states)
            await self.watch.look(self.now)
            self.now += timedelta(seconds=STEP_S)

    def stop(self):
        self.watch._writer.stop()

    def told(self):
        """Return camera, kind and whether it is open of every incident, oldest first."""
        return [
            (s.incident.camera, s.incident.kind, s.incident.closed_at is None)
            for s in self.stored()
        ]

    def stored(self):
        """Return every incident, oldest first, by camera where they opened together."""
        found = self.store.incident_list.page(IncidentFilter()).incidents
        return sorted(found, key=lambda s: (s.incident.opened_at, s.incident.camera))


@pytest.fixture
def site(store, samples, tmp_path):
    site = Site(store, tmp_path, samples.compose, HealthSettings(disk_free_mb=0))
    site.start()
    yield site
    site.stop()


def settle(site):
    """Have everything written that was decided."""
    site.stop()
    site.start()


async def test_a_lost_camera_is_one_incident_with_cause_and_last_picture(site):
    await site.pass_s(10)
    await site.pass_s(60, lost=VILLAGE[:2])
    settle(site)
    assert site.told() == [(c, "camera_offline", True) for c in VILLAGE[:2]]
    first, second = site.stored()
    assert first.incident.readings["cause"] == "Nothing answers at 10.0.0.9."
    assert [piece.type for piece in first.evidence] == ["raw", "marked"]
    assert second.evidence == (), "its worker has no picture of it"
    await site.pass_s(30)
    settle(site)
    assert site.told() == [(c, "camera_offline", False) for c in VILLAGE[:2]]
    bodies = [message.body for message in site.store.outbox.waiting()]
    events = [IncidentEvent.model_validate_json(body) for body in bodies]
    assert [event.type.rpartition(".")[2] for event in events] == ["opened"] * 2 + ["closed"] * 2
    assert {event.data.incident.model.name for event in events} == {"none"}


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("stalled", "camera_stalled"),
        ("unauthorized", "camera_unauthorized"),
        ("not_video", "camera_no_video"),
        ("quarantined", "camera_no_video"),
        ("disabled", "camera_unwatched"),
    ],
)
async def test_the_cause_names_the_incident(site, state, kind):
    await site.pass_s(60, lost=VILLAGE[:1], state=state, code=state)
    settle(site)
    assert site.told() == [(VILLAGE[0], kind, True)]


async def test_a_short_loss_and_a_flapping_camera_do_not_flood(site):
    for _ in range(6):
        await site.pass_s(30, lost=VILLAGE[:1])
        await site.pass_s(10)
    settle(site)
    assert site.told() == []
    for _ in range(4):
        await site.pass_s(60, lost=VILLAGE[:1])
        await site.pass_s(20)
    settle(site)
    assert [kind for _, kind, _ in site.told()] == ["camera_offline"]


async def test_a_village_that_drops_is_one_incident_and_single_ones_are_held_back(site):
    await site.pass_s(10)
    for lost in count(1):
        await site.pass_s(5, lost=VILLAGE[:lost])
        if lost == 4:
            break
    await site.pass_s(120, lost=VILLAGE[:4])
    settle(site)
    assert site.told() == [(SITE_ID, "unit_offline", True)]
    (unit,) = site.stored()
    assert (unit.origin.camera.name, unit.origin.camera.unit) == ("东山村", "东山村")
    readings = unit.incident.readings
    assert (readings["lost"], readings["cameras"]) == (4, 5)
    assert readings["names"].split("、") == [f"村口{c}" for c in VILLAGE[:4]]
    await site.pass_s(10, lost=VILLAGE)
    await site.pass_s(90, lost=VILLAGE[:1])
    settle(site)
    assert site.told() == [(SITE_ID, "unit_offline", False), (VILLAGE[0], "camera_offline", True)]
    assert site.stored()[0].incident.readings["peak_lost"] == 5


async def test_a_camera_long_lost_keeps_its_own_incident_when_the_village_drops(site):
    await site.pass_s(60, lost=VILLAGE[:1])
    await site.pass_s(60, lost=VILLAGE)
    settle(site)
    assert site.told() == [(VILLAGE[0], "camera_offline", True), (SITE_ID, "unit_offline", True)]


async def test_a_restart_of_the_watch_goes_on_with_what_is_open(site):
    await site.pass_s(60, lost=VILLAGE[:1])
    settle(site)
    await site.pass_s(60, lost=VILLAGE)
    settle(site)
    before = [s.incident.id for s in site.stored()]
    site.now += timedelta(seconds=40)
    await site.pass_s(120, lost=VILLAGE)
    settle(site)
    assert [s.incident.id for s in site.stored()] == before
    assert all(is_open for *_, is_open in site.told())
    await site.pass_s(30)
    settle(site)
    assert [s.incident.id for s in site.stored()] == before
    assert {s.ending for s in site.stored()} == {Ending.CLEARED}


async def test_a_planned_restart_of_all_raises_nothing(site):
    await site.pass_s(30)
    settle(site)
    site.now += timedelta(seconds=28)
    await site.pass_s(10, silent=VILLAGE)
    await site.pass_s(90, lost=VILLAGE, state="connecting", code="")
    await site.pass_s(60)
    settle(site)
    assert site.told() == []


async def test_a_worker_that_stays_silent_is_one_incident_and_keeps_the_others_open(site):
    await site.pass_s(60, lost=VILLAGE[:1])
    await site.pass_s(120, lost=VILLAGE[:1], silent=VILLAGE)
    settle(site)
    assert site.told() == [(VILLAGE[0], "camera_offline", True), (SITE_ID, "worker_silent", True)]
    await site.pass_s(20)
    settle(site)
    assert not any(is_open for *_, is_open in site.told())


async def test_a_workers_restart_does_not_close_what_tells_of_health(site, samples):
    await site.pass_s(60, lost=VILLAGE[:1])
    settle(site)
    writer = IncidentWriter(site.store, site.data_dir, samples.compose)
    writer.start()
    writer.interrupt(VILLAGE[0])
    writer.stop()
    assert site.told() == [(VILLAGE[0], "camera_offline", True)]


@pytest.mark.parametrize("leave", ["remove", "switch off"])
async def test_a_camera_taken_away_leaves_nothing_open(site, leave):
    await site.pass_s(60, lost=VILLAGE[:1])
    settle(site)
    leave_site(site, leave)
    await site.pass_s(10, lost=VILLAGE[:1])
    settle(site)
    assert [(s.incident.kind, s.ending) for s in site.stored()] == [
        ("camera_offline", Ending.INTERRUPTED)
    ]


@pytest.mark.parametrize("leave", ["remove", "switch off"])
async def test_the_water_at_a_camera_taken_away_is_not_open_for_ever(site, samples, leave):
    await site.pass_s(10)
    flood = samples.change(camera=VILLAGE[0], rule=WATERLOGGING, rule_type=WATER)
    site.store.incidents.record(flood, samples.origin, (), samples.compose)
    leave_site(site, leave)
    await site.pass_s(10)
    (one,) = site.stored()
    assert (one.incident.rule, one.ending) == (WATERLOGGING, Ending.INTERRUPTED)


def leave_site(site, leave):
    """Take a camera away, or switch it off."""
    if leave == "remove":
        site.store.inventory.remove(VILLAGE[0])
    else:
        gone = site.store.inventory.get(VILLAGE[0])
        site.store.inventory.replace(replace(gone, enabled=False))


async def test_a_full_disk_is_told_without_a_camera(store, samples, tmp_path):
    site = Site(store, tmp_path, samples.compose, HealthSettings(disk_free_mb=10**9))
    site.start()
    await site.pass_s(60)
    site.stop()
    assert site.told() == [(SITE_ID, "disk_low", True)]
    (message,) = store.outbox.waiting()
    camera = json.loads(message.body)["data"]["incident"]["camera"]
    assert camera == {"id": "@site", "name": "东山镇", "channel_code": "", "unit": "", "grid": ""}


async def test_faults_can_be_left_out(store, samples, tmp_path):
    off = HealthSettings(disk_free_mb=0, off=("camera_offline", "unit_offline"))
    site = Site(store, tmp_path, samples.compose, off)
    site.start()
    await site.pass_s(90, lost=VILLAGE)
    site.stop()
    assert site.told() == []


async def test_it_runs_until_told_to_stop_and_outlives_a_store_that_refuses(site, monkeypatch):
    stop, looks = asyncio.Event(), []
    health = SiteHealth("东山镇", site.settings)
    watch = SiteWatch(site.store, site.data_dir, health, site.compose, site.snapshot, "0.1.0")
    look, refusals = watch.look, iter([OSError("disk gone")])

    async def sometimes(at):
        looks.append(at)
        for refusal in refusals:
            raise refusal
        await look(at)
        stop.set()

    monkeypatch.setattr(watch, "look", sometimes)
    monkeypatch.setattr("gateway.site_watch.LOOK_S", 0.01)
    await asyncio.wait_for(watch.run(stop), 20)
    assert len(looks) == 2


@pytest.mark.parametrize(
    ("state", "code", "age_s", "stands"),
    [
        ("online", "", 0, Standing.SEEN),
        ("connecting", "", 0, Standing.UNKNOWN),
        ("connecting", "", FIRST_DIAL.total_seconds() + 1, Standing.LOST),
        ("connecting", "stream_lost", 0, Standing.LOST),
        ("unreachable", "unreachable", 0, Standing.LOST),
        ("disabled", "bad_config", 0, Standing.LOST),
    ],
)
def test_how_it_stands_with_a_camera(state, code, age_s, stands):
    since = BEGAN - timedelta(seconds=age_s)
    assert standing(CameraState("gate", state, since, BEGAN, code), BEGAN) is stands


def test_old_news_and_no_news_say_nothing():
    old = CameraState("gate", "online", BEGAN, BEGAN - timedelta(seconds=31))
    assert standing(old, BEGAN) is standing(None, BEGAN) is Standing.UNKNOWN
