"""Streams tuned over the API: one, many as a job, with consent where a camera is taken in."""

from dataclasses import replace

import pytest

from gateway.onvif import encoder as encoder_module
from gateway.record_mode import RecordMode

ENCODER = "/api/cameras/gate/encoder"
TUNINGS = "/api/onboarding/tunings"
STREAMS = {"main_uri": "rtsp://127.0.0.1:554/main", "sub_uri": "rtsp://127.0.0.1:554/sub"}


@pytest.fixture(autouse=True)
def brisk(monkeypatch):
    monkeypatch.setattr(encoder_module, "READ_BACK_PAUSE_S", 0.0)


@pytest.fixture
def device(onvif_device, onvif_server):
    sub = onvif_server.Encoder(1280, 720, constant=True)
    return onvif_device(encoders={"e1": onvif_server.Encoder(2560, 1440), "e2": sub})


@pytest.fixture
def gate(store, camera, device):
    kept = {"address": f"onvif://{device.address}", "username": "admin"} | STREAMS
    gate = replace(camera, **kept)
    store.inventory.add(gate, password="right")
    return gate


def test_looked_at_tuned_and_undone(browser, gate, device):
    before = browser.get(ENCODER).json()
    assert (before["now"]["width"], before["now"]["mode"]) == (1280, "cbr")
    assert (before["before"], before["obstacle"]) == (None, "")
    tuned = browser.put(ENCODER, json={})
    assert tuned.status_code == 200
    assert tuned.json() == before["suggested"]
    assert tuned.json()["after"] == {
        "codec": "h264", "width": 640, "height": 360, "fps": 6.0, "gop": 12,
        "bit_rate_kbps": 160, "mode": "vbr", "quality": 4.0,
    }  # fmt: skip
    assert browser.get(ENCODER).json()["before"] == before["now"]
    assert browser.delete(ENCODER).json()["after"] == before["now"]
    (undone, done) = browser.get("/api/audit?object=camera/gate&limit=2").json()["records"]
    assert (done["action"], undone["action"]) == ("stream_tuned", "stream_restored")
    assert done["actor"] == "admin"
    assert "640x360" in str(done["detail"])


def test_as_wished(browser, gate):
    wish = {"fps": 8, "key_s": 1, "bit_rate_kbps": 300, "width": 480, "height": 270, "mode": "cbr"}
    after = browser.put(ENCODER, json=wish).json()["after"]
    assert (after["fps"], after["gop"], after["width"], after["mode"]) == (8, 10, 480, "cbr")


@pytest.mark.parametrize(
    "wish", [{"fps": 0}, {"width": 640}, {"mode": "abr"}, {"bit_rate_kbps": 1}, {"codec": "h264"}]
)
def test_what_makes_no_sense_reaches_no_camera(browser, gate, device, refused, wish):
    refused(browser.put(ENCODER, json=wish), 422, "bad_request")
    assert device.asked == []


def test_a_recorded_stream_wants_to_be_asked_for(browser, gate, store, refused):
    store.inventory.replace(replace(gate, record=RecordMode.CONTINUOUS))
    assert "recorded" in refused(browser.put(ENCODER, json={}), 409, "stream_shared")
    assert browser.put(ENCODER, json={"shared": True}).status_code == 200


def test_many_are_looked_at_tuned_and_set_back(browser, done, gate, store, device):
    store.inventory.add(replace(gate, id="dead", address="onvif://127.0.0.1:1", channel_code=""))

    def outcomes(**question):
        job = done(browser.post(TUNINGS, json=question))
        assert (job["kind"], job["state"], job["total"]) == ("tuning", "done", len(job["found"]))
        return {one["camera"]: one for one in job["found"]}

    looked = outcomes()
    assert looked["dead"]["code"] == "unreachable"
    assert looked["gate"]["change"]["saved_kbps"] == 1888
    assert device.encoders["e2"].kbps == 2048
    assert outcomes(do="tune", cameras=["gate"]).keys() == {"gate"}
    assert device.encoders["e2"].kbps == 160
    assert outcomes(do="restore").keys() == {"gate"}
    assert device.encoders["e2"].kbps == 2048


def test_administrators_only(operator, gate, refused):
    refused(operator.put(ENCODER, json={}), 403, "forbidden")
    refused(operator.delete(ENCODER), 403, "forbidden")
    refused(operator.post(TUNINGS, json={}), 403, "forbidden")
    assert operator.get(ENCODER).status_code == 200


def test_with_consent_a_camera_taken_in_is_tuned(browser, done, device):
    who = {"username": "admin", "password": "right", "skip_test": True}
    wish = {"id": "gate", "name": "村口", "address": f"onvif://{device.address}"} | STREAMS | who
    added = browser.post("/api/cameras", json=wish | {"tune": True}).json()
    job = browser.get(f"/api/onboarding/jobs/{added['tuning']}")
    assert job.json()["kind"] == "tuning"
    job.status_code = 202
    (outcome,) = done(job)["found"]
    assert outcome["change"]["after"]["bit_rate_kbps"] == 160


def test_without_consent_no_camera_is_touched(browser, device):
    who = {"username": "admin", "password": "right", "skip_test": True}
    wish = {"id": "gate", "name": "村口", "address": f"onvif://{device.address}"} | STREAMS | who
    assert browser.post("/api/cameras", json=wish).json()["tuning"] == ""
    assert device.asked == []


@pytest.mark.parametrize("tune", [True, False])
def test_with_consent_new_cameras_of_a_file_are_tuned(browser, done, device, tune):
    text = (
        "编号,名称,地址,用户名,密码,主码流,子码流\n"
        f"gate,村口,onvif://{device.address},admin,right,{STREAMS['main_uri']},{STREAMS['sub_uri']}\n"
        "pond,水塘,,,,rtsp://127.0.0.1:9/live,\n"
    )
    answer = browser.post(
        f"/api/onboarding/imports?test=false&tune={tune}",
        content=text.encode(),
        headers={"Content-Type": "text/csv"},
    )
    rows = {one["camera"]: one for one in done(answer)["found"]}
    assert {one["code"] for one in rows.values()} == {""}
    tunings = {camera: row["tuning"] for camera, row in rows.items()}
    if tune:
        assert tunings["gate"]["change"]["saved_kbps"] == 1888
        assert tunings["pond"]["code"] == "not_found"
    else:
        assert tunings == {"gate": None, "pond": None}
