"""From cameras to the dispatch queue, with real parts all the way; the tests run in this order."""

import hashlib
import os
import signal
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import av
import pytest

from gateway.dispatch.message import IncidentEvent

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PATIENCE_S = 240.0
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"),
    *("--disable-features=WebRtcHideLocalIpsWithMdns", "--disable-background-networking"),
]
PLAYING = """() => [...document.querySelectorAll('*')]
    .flatMap(function walk(e) {
        return e.shadowRoot ? [e, ...[...e.shadowRoot.querySelectorAll('*')].flatMap(walk)] : [e]
    })
    .filter(e => e.tagName === 'VIDEO' && e.getVideoPlaybackQuality().totalVideoFrames > 10).length
"""


@pytest.fixture(scope="module")
def running(product):
    product.start("--demo")
    return product


def test_the_first_run_tells_the_password_and_what_it_found(running):
    assert running.password
    assert "Onboarding 村口大路" in running.text
    assert "Footage: bikes.mp4" in running.text
    assert "Footage: vtest.avi" in running.text


def test_incidents_of_persons_and_vehicles_reach_the_queue(running, patiently):
    kinds: set[str] = set()

    def both_seen() -> bool:
        events = running.command("queue", "tail", "--from-start", "-n", "8")
        kinds.update(event["data"]["incident"]["kind"] for event in events)
        return kinds == {"person_presence", "vehicle_presence"}

    patiently(both_seen, PATIENCE_S)
    for event in running.command("queue", "tail", "--from-start", "-n", "5"):
        IncidentEvent.model_validate(event)


def test_each_incident_opens_once(running):
    events = running.command("queue", "tail", "--from-start", "-n", "8")
    opened = [e["subject"] for e in events if e["type"] == "gridpatrol.incident.opened"]
    assert len(opened) == len(set(opened))
    assert len({e["id"] for e in events}) == len(events)


def test_cameras_are_onboarded_and_online(running, patiently):
    with running.signed_in() as client:
        cameras = client.get("/api/cameras").json()["cameras"]
    assert {camera["name"] for camera in cameras} == {"村口大路", "文化广场"}
    for camera in cameras:
        assert camera["state"] == "online"
        assert camera["stream"]["codec"] == "h264"
        assert camera["stream"]["clock"] == "rtcp"
        assert camera["live"] == "whep"


def test_evidence_is_whole_and_the_clip_plays(running, patiently):
    with running.signed_in() as client:

        def with_clip() -> dict | None:
            incidents = client.get("/api/incidents", params={"state": "closed"}).json()["incidents"]
            return next((i for i in incidents if len(i["evidence"]) == 3), None)

        patiently(with_clip, PATIENCE_S)
        incident = with_clip()
        files = {}
        for piece in incident["evidence"]:
            data = client.get(piece["url"]).content
            assert hashlib.sha256(data).hexdigest() == piece["sha256"]
            files[piece["type"]] = data
    assert files["raw"][:2] == files["marked"][:2] == b"\xff\xd8"
    assert files["raw"] != files["marked"]
    clip = running.data_dir / "clip-under-test.mp4"
    clip.write_bytes(files["clip"])
    with av.open(clip) as container:
        frames = sum(1 for _ in container.decode(video=0))
        assert frames > 20
        assert container.duration / av.time_base >= incident_seconds(incident)


def incident_seconds(incident) -> float:
    opened, closed = (datetime.fromisoformat(incident[k]) for k in ("opened_at", "closed_at"))
    return min((closed - opened).total_seconds(), 50.0)


@pytest.mark.browser
def test_live_pictures_play_in_a_browser(running, patiently, chromium_path):
    from playwright.sync_api import sync_playwright

    with running.signed_in(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        page = browser.new_page(locale="zh-CN")
        page.goto(running.url)
        page.fill("input[name=username]", "admin")
        page.fill("input[type=password]", running.password)
        page.keyboard.press("Enter")
        patiently(lambda: page.evaluate(PLAYING) == 2, PATIENCE_S)
        browser.close()


def test_a_killed_worker_comes_back_and_its_incidents_are_settled(running, patiently):
    (worker,) = running.processes("gateway.cli worker")
    killed_at = datetime.now(UTC)
    os.kill(worker, signal.SIGKILL)
    patiently(lambda: running.processes("gateway.cli worker") not in ([], [worker]), PATIENCE_S)
    with running.signed_in() as client:

        def all_online() -> bool:
            cameras = client.get("/api/cameras").json()["cameras"]
            return all(
                camera["state"] == "online" and datetime.fromisoformat(camera["since"]) > killed_at
                for camera in cameras
            )

        patiently(all_online, PATIENCE_S)
    with running.signed_in() as client:
        listed = client.get("/api/incidents", params={"limit": 200}).json()["incidents"]
    opened_by = {(i["camera"]["id"], i["rule"]) for i in listed if i["closed_at"] is None}
    assert len(opened_by) == sum(i["closed_at"] is None for i in listed)


def test_ctrl_c_stops_everything_and_leaves_nothing_half_done(running):
    assert running.stop() == 0
    assert running.processes() == []
    assert [p for p in evidence(running) if p.suffix in (".part", ".whole")] == []
    assert "Stopping…" in running.text


def test_a_second_run_goes_on_from_the_same_state(running):
    known = known_incidents(running)
    assert known
    running.start("--demo")
    assert PASSWORD_LINE not in running.text
    with running.signed_in() as client:
        cameras = client.get("/api/cameras").json()["cameras"]
        listed = client.get("/api/incidents", params={"limit": 200}).json()["incidents"]
    assert len(cameras) == 2
    assert known <= {incident["id"] for incident in listed}
    events = running.command("queue", "tail", "--from-start", "-n", "5")
    assert {event["subject"] for event in events} <= known


def test_nothing_outlives_a_run_that_is_killed(running, patiently):
    running.process.kill()
    running.process.wait()
    patiently(lambda: running.processes() == [], PATIENCE_S)


PASSWORD_LINE = "shown this once"


def evidence(product) -> list[Path]:
    return [path for path in (product.data_dir / "evidence").rglob("*") if path.is_file()]


def known_incidents(product) -> set[str]:
    with sqlite3.connect(product.data_dir / "gridpatrol.db") as database:
        open_count = database.execute("SELECT count(*) FROM incidents WHERE closed_at IS NULL")
        assert open_count.fetchone() == (0,)
        waiting = database.execute("SELECT count(*) FROM outbox WHERE delivered_at IS NULL")
        assert waiting.fetchone() == (0,)
        return {row[0] for row in database.execute("SELECT id FROM incidents")}
