"""Cameras found, looked at, tested and saved over the API, against real devices."""

import pytest
from sqlalchemy import update

from gateway.demo import DemoCamera
from gateway.store.tables import users
from gateway.store.users import Role

SECRET = "cam-secret"


@pytest.fixture
def units(coded_stream):
    return [packet.data for packet in coded_stream(pictures=50, gop=10).packets]


@pytest.fixture
def rtsp(rtsp_camera, units) -> str:
    """Return the URL of a camera that asks for a password."""
    return rtsp_camera(units, "--fps", "25", "--user", "admin", "--password", SECRET).url


def test_forms_are_told_what_to_offer(browser):
    choices = browser.get("/api/onboarding/choices").json()
    assert "lo" in choices["interfaces"]
    assert 554 in choices["ports"]
    assert "hikvision" in {brand["id"] for brand in choices["brands"]}
    assert "file" not in choices["schemes"]


def test_a_discovery_finds_devices(browser, done, virtual_cameras):
    job = done(browser.post("/api/onboarding/discoveries", json={"seconds": 2}))
    assert (job["kind"], job["state"], job["error"]) == ("discovery", "done", None)
    found = {one["address"]: one["name"] for one in job["found"]}
    for camera in virtual_cameras.values():
        assert found[camera.address] == camera.scene.name


def test_a_scan_finds_devices_and_rtsp_servers(browser, done, virtual_camera, rtsp, store, camera):
    port = int(virtual_camera.address.rpartition(":")[2])
    rtsp_port = int(rtsp.partition(":")[2].rpartition(":")[2].partition("/")[0])
    question = {"ranges": ["127.0.0.1-2"], "ports": [port, rtsp_port, 1]}
    job = done(browser.post("/api/onboarding/scans", json=question))
    assert (job["state"], job["done"], job["total"]) == ("done", 2, 2)
    found = {(one["address"], one["protocol"]) for one in job["found"]}
    assert (virtual_camera.address, "onvif") in found
    assert (f"127.0.0.1:{rtsp_port}", "rtsp") in found


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ({"ranges": ["8.8.8.0/24"]}, "yours to ask"),
        ({"ranges": ["10.0.0.0/8"]}, "more than the 1024"),
        ({"ranges": ["everywhere"]}, "no address range"),
    ],
)
def test_a_scan_of_strangers_or_too_many_is_refused(browser, refused, question, told):
    answer = browser.post("/api/onboarding/scans", json=question)
    assert told in refused(answer, 422, "bad_config")


def test_a_scan_can_be_cancelled(browser, done):
    question = {"ranges": ["127.0.0.0/23"], "ports": [1, 2, 3, 4]}
    answer = browser.post("/api/onboarding/scans", json=question)
    browser.delete(f"/api/onboarding/jobs/{answer.json()['id']}")
    assert done(answer)["state"] == "cancelled"


def test_from_an_address_to_a_camera(browser, done, virtual_camera: DemoCamera, store):
    credentials = virtual_camera.credentials
    who = {"username": credentials.user, "password": credentials.password}
    job = done(
        browser.post("/api/onboarding/looks", json={"address": virtual_camera.address} | who)
    )
    (draft,) = job["found"]
    assert draft["address"] == f"onvif://{virtual_camera.address}"
    assert {profile["width"] for profile in draft["profiles"]} == {1280, 640}
    streams = {key: draft[key] for key in ("address", "main_uri", "sub_uri")}
    looked = {"look": job["id"]}
    job = done(browser.post("/api/onboarding/tests", json=streams | who | looked))
    (tested,) = job["found"]
    survey = tested["survey"]
    learned = (draft["device"], list(draft["failed"]), draft["clock_skew_s"])
    assert (survey["device"], survey["failed"], survey["clock_skew_s"]) == learned
    assert survey["device"]
    assert (survey["main"]["width"], survey["sub"]["width"]) == (1280, 640)
    assert survey["sub"]["browser_playable"]
    assert survey["sessions_allowed"] >= 1
    wish = {"id": "gate", "name": "村口", "unit": "东山村", "latitude": 30.1, "longitude": 120.2}
    answer = browser.post("/api/cameras", json=wish | streams | who | {"test": job["id"]})
    assert answer.status_code == 201, answer.text
    assert answer.json()["has_password"]
    assert answer.json()["survey"] == survey
    assert store.inventory.password("gate") == credentials.password
    everything = browser.get("/api/onboarding/jobs").text + answer.text
    assert credentials.password not in everything


def test_a_person_may_choose_other_streams(browser, done, virtual_camera: DemoCamera):
    credentials = virtual_camera.credentials
    question = {
        "address": f"onvif://{virtual_camera.address}",
        "username": credentials.user,
        "password": credentials.password,
    }
    (draft,) = done(browser.post("/api/onboarding/looks", json=question))["found"]
    small = next(one["token"] for one in draft["profiles"] if one["width"] == 640)
    (other,) = done(browser.post("/api/onboarding/looks", json=question | {"main_profile": small}))[
        "found"
    ]
    assert other["main_uri"] == draft["sub_uri"]
    job = done(browser.post("/api/onboarding/looks", json=question | {"main_profile": "none"}))
    assert job["error"]["code"] == "bad_config"
    assert small in job["error"]["message"]


def test_what_fails_is_told_in_the_job(browser, done, rtsp):
    question = {"address": rtsp, "username": "admin", "password": "wrong"}
    job = done(browser.post("/api/onboarding/looks", json=question))
    assert (job["state"], job["error"]["code"], job["found"]) == ("failed", "unauthorized", [])
    question = {"main_uri": "rtsp://127.0.0.1:9/live"}
    job = done(browser.post("/api/onboarding/tests", json=question))
    assert job["error"]["code"] == "unreachable"


def test_what_is_no_cameras_address_is_refused(browser, refused):
    for address in ("169.254.169.254", "rtsp://169.254.169.254/x", "http://100.100.100.200/"):
        answer = browser.post("/api/onboarding/looks", json={"address": address})
        assert "allowed_networks" in refused(answer, 422, "bad_config")
        answer = browser.post(
            "/api/cameras", json={"name": "x", "main_uri": address, "skip_test": True}
        )
        assert answer.status_code == 422
    answer = browser.post("/api/onboarding/tests", json={"main_uri": "file:///etc/passwd"})
    assert "gridpatrol add-camera" in refused(answer, 422, "bad_config")
    answer = browser.post("/api/onboarding/looks", json={"address": "rtsp://admin:pw@10.0.0.8/"})
    assert "pw" not in refused(answer, 422, "bad_request")


def test_a_known_password_goes_to_its_own_camera_alone(browser, done, refused, store, rtsp, camera):
    answer = browser.post(
        "/api/cameras",
        json={"id": "known", "name": "x", "main_uri": rtsp, "username": "admin",
              "password": SECRET, "skip_test": True},
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    question = {"main_uri": rtsp, "username": "admin", "camera": "known"}
    job = done(browser.post("/api/onboarding/tests", json=question))
    assert job["state"] == "done", job
    stranger = question | {"main_uri": "rtsp://127.0.0.9:554/"}
    answer = browser.post("/api/onboarding/tests", json=stranger)
    assert "type it again" in refused(answer, 422, "bad_request")


def test_an_operator_finds_and_changes_nothing(site, store, refused):
    with store._database.write() as connection:
        connection.execute(update(users).values(role=Role.OPERATOR))
    client = site.signed_in()
    for method, path in (
        ("get", "/api/onboarding/choices"), ("post", "/api/onboarding/looks"),
        ("post", "/api/onboarding/plans"), ("post", "/api/onboarding/export"),
        ("post", "/api/cameras"), ("patch", "/api/cameras/gate"),
        ("delete", "/api/cameras/gate"), ("get", "/api/cameras/gate/settings"),
    ):  # fmt: skip
        refused(getattr(client, method)(path), 403, "forbidden")
    refused(site.client().post("/api/cameras"), 401, "unauthenticated")


def test_a_job_nobody_knows(browser, refused):
    refused(browser.get("/api/onboarding/jobs/nothing"), 404, "not_found")
    refused(browser.delete("/api/onboarding/jobs/nothing"), 404, "not_found")
