"""Cameras over the API: what is shown, and what never is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.clock import to_iso, utc_now
from gateway.errors import NoPictureError
from gateway.survey import Survey, survey_to_json


def test_a_camera_is_shown_whole_and_without_its_secrets(browser, gate, reports):
    answer = browser.get("/api/cameras")
    (camera,) = answer.json()["cameras"]
    assert camera == {
        "id": "gate",
        "name": "村口",
        "channel_code": "33010200001320000001",
        "unit": "东山村",
        "grid": "第三网格",
        "enabled": True,
        "record": "incidents",
        "has_controls": False,
        "can_talk": False,
        "state": "online",
        "code": "",
        "detail": "",
        "since": "2026-05-01T08:00:00.250Z",
        "last_picture_at": "2026-05-01T08:00:00.250Z",
        "stream": {
            "codec": "h264",
            "width": 640,
            "height": 360,
            "fps": 15.0,
            "gop_s": 2.0,
            "clock": "rtcp",
            "reader": "rtsp",
            "transport": "tcp",
            "note": "",
        },
        "live": "whep",
        "analysed_fps": 5.0,
        "seen_every_s": 0.2,
        "rung": "full",
        "interest": "stirred",
        "why": "camera",
        "alarms": {"told_ratio": 0.92, "occasions": 40, "true_ratio": None, "wakes": True},
        "open_incidents": 0,
        "watches_water": False,
        "water": None,
        "zones": [{"id": "gate", "name": "村口", "polygon": [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0]]}],
        "lines": [{"id": "dike", "name": "堤顶", "line": [[0.0, 0.6], [1.0, 0.6]]}],
    }
    assert browser.get("/api/cameras/gate").json() == camera
    for secret in ("192.168", "rtsp://", "viewer", "cam-secret"):
        assert secret not in answer.text


def test_a_camera_nobody_has_reported_on_is_connecting(browser, store, camera):
    store.inventory.add(camera)
    shown = browser.get("/api/cameras/gate").json()
    assert (shown["state"], shown["stream"], shown["live"]) == ("connecting", None, "refresh")


@pytest.mark.parametrize(
    ("survey", "can_talk"),
    [
        (Survey(talk="pcm_alaw"), True),
        (Survey(talk=""), False),
        (Survey(talk=None), False),
        (None, False),
    ],
)
def test_a_camera_with_a_loudspeaker_may_be_spoken_through(
    browser, store, camera, survey, can_talk
):
    store.inventory.add(replace(camera, survey=survey_to_json(survey)))
    assert browser.get("/api/cameras/gate").json()["can_talk"] is can_talk


def test_zones_nobody_can_read_cost_their_camera_alone(browser, store, gate, camera):
    broken = replace(camera, id="broken", zones='[{"polygon": 7}]')
    store.inventory.add(broken)
    shown = {one["id"]: one["zones"] for one in browser.get("/api/cameras").json()["cameras"]}
    assert shown["broken"] == []
    assert shown[camera.id]


def test_a_camera_switched_off_says_so_whatever_was_reported(browser, store, gate, camera):
    store.inventory.replace(replace(camera, enabled=False))
    assert browser.get("/api/cameras/gate").json()["state"] == "disabled"


def test_a_camera_whose_worker_is_silent_is_not_passed_off_as_well(browser, store, gate, reports):
    heard_at = utc_now() - timedelta(minutes=5)
    store.camera_states.put([reports.online("gate", None, updated_at=heard_at)])
    shown = browser.get("/api/cameras/gate").json()
    assert (shown["state"], shown["code"]) == ("stalled", "worker_silent")
    assert shown["since"] == to_iso(heard_at)
    assert (shown["analysed_fps"], shown["seen_every_s"]) == (None, None)
    assert shown["rung"] == shown["interest"] == shown["why"] == ""
    chinese = browser.get("/api/cameras/gate", headers={"Accept-Language": "zh-CN"}).json()
    assert chinese["detail"] == f"自 {to_iso(heard_at)} 起没有进程报告本摄像机。"


def test_open_incidents_are_counted(browser, store, gate, samples):
    samples.fill(store, 3)
    assert browser.get("/api/cameras/gate").json()["open_incidents"] == 3
    assert browser.get("/api/cameras").json()["cameras"][0]["open_incidents"] == 3


def test_an_unknown_camera_is_not_found(browser, refused):
    for path in ("", "/snapshot.jpg"):
        assert "nowhere" in refused(browser.get(f"/api/cameras/nowhere{path}"), 404, "not_found")


def test_a_snapshot_comes_from_the_worker_with_its_time(browser, gate, worker):
    answer = browser.get("/api/cameras/gate/snapshot.jpg", params={"width": 320})
    assert answer.content == worker.picture
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-captured-at"] == "2026-05-01T08:00:00.250Z"
    browser.get("/api/cameras/gate/snapshot.jpg")
    assert worker.widths == [320, None]


def test_a_width_out_of_range_is_refused_and_asks_no_worker(browser, gate, worker, refused):
    for width in ("0", "15", "3841", "-1", "1e3", "wide", ""):
        answer = browser.get("/api/cameras/gate/snapshot.jpg", params={"width": width})
        assert "width" in refused(answer, 422, "bad_request")
    assert worker.widths == []


def test_a_camera_without_a_picture_says_so(browser, gate, worker, refused):
    worker.refusal = NoPictureError("no picture since 14:02")
    answer = browser.get("/api/cameras/gate/snapshot.jpg")
    assert refused(answer, 404, "no_picture") == "no picture since 14:02"


def test_a_worker_that_is_down_is_a_503_to_be_tried_again(browser, store, gate, refused, reports):
    store.camera_states.put([reports.online("gate", "http://127.0.0.1:1")])
    answer = browser.get("/api/cameras/gate/snapshot.jpg")
    refused(answer, 503, "worker_unreachable")
    assert int(answer.headers["retry-after"]) > 0


def test_a_worker_that_fails_is_told_apart_from_our_own_mistakes(browser, gate, worker, refused):
    worker.refusal = RuntimeError("boom")
    message = refused(browser.get("/api/cameras/gate/snapshot.jpg"), 503, "worker_unreachable")
    assert "500" in message
    assert "boom" not in message
