"""Cameras from and to files over the API, and cameras changed one by one."""

import time

import pytest

from gateway.errors import WorkerUnreachableError
from gateway.jobs import ENDED
from gateway.store.workers import Worker

SECRET = "cam-secret"
CSV = {"Content-Type": "text/csv"}


@pytest.fixture
def units(coded_stream):
    return [packet.data for packet in coded_stream(pictures=50, gop=10).packets]


@pytest.fixture
def rtsp(rtsp_camera, units) -> str:
    """Return the URL of a camera that asks for a password."""
    return rtsp_camera(units, "--fps", "25", "--user", "admin", "--password", SECRET).url


@pytest.fixture
def known_worker(store, worker_url):
    """Enter the scripted worker among those that `serve` tells of changes."""
    from datetime import UTC, datetime

    store.workers.enter(Worker(0, worker_url, 1, datetime.now(UTC)))


def finished(browser, answer) -> dict:
    assert answer.status_code == 202, answer.text
    job, deadline_s = answer.json(), time.monotonic() + 60
    while job["state"] not in ENDED:
        assert time.monotonic() < deadline_s, job
        time.sleep(0.05)
        job = browser.get(f"/api/onboarding/jobs/{job['id']}").json()
    return job


def test_a_plan_tells_every_mistake_and_does_nothing(browser, store, camera):
    store.inventory.add(camera, SECRET)
    file = (
        "编号,名称,主码流,纬度,经度,密码\r\n"
        "gate,村口东,,,,\r\n"
        "pond,水塘,rtsp://10.0.0.9/1,,,p\r\n"
        "Bad Id,x,rtsp://10.0.0.7/1,95,120,hidden-one\r\n"
    ).encode("gb18030")
    answer = browser.post("/api/onboarding/plans", content=file, headers=CSV)
    body = answer.json()
    assert (body["added"], body["changed"], body["kept"]) == (1, 1, 0)
    assert [(one["row"], one["action"], one["changed"]) for one in body["rows"]] == [
        (2, "change", ["name"]), (3, "add", []),
    ]  # fmt: skip
    assert [(one["row"], one["column"], one["value"]) for one in body["bad"]] == [
        (4, "id", "Bad Id"), (4, "latitude", "95"),
    ]  # fmt: skip
    assert "hidden-one" not in answer.text
    assert [one.name for one in store.inventory.cameras()] == [camera.name]


def test_cameras_that_give_pictures_are_stored_and_the_others_told(
    browser, store, rtsp, known_worker, worker
):
    file = (
        "id,name,main_uri,username,password\n"
        f"good,好,{rtsp},admin,{SECRET}\n"
        "gone,没了,rtsp://127.0.0.1:9/live,,\n"
        "cloud,云,rtsp://169.254.169.254/x,,\n"
        "film,片,file:///etc/passwd,,\n"
    ).encode()
    answer = browser.post("/api/onboarding/imports", content=file, headers=CSV)
    job = finished(browser, answer)
    assert (job["state"], job["done"], job["total"]) == ("done", 4, 4)
    codes = {one["camera"]: one["code"] for one in job["found"]}
    assert codes == {"good": "", "gone": "unreachable", "cloud": "bad_config", "film": "bad_config"}
    assert [one.id for one in store.inventory.cameras()] == ["good"]
    assert '"h264"' in store.inventory.get("good").survey
    assert store.inventory.password("good") == SECRET
    assert worker.reloads == 1
    assert SECRET not in str(job)


def test_cameras_may_be_stored_untried(browser, store):
    file = b"id,name,main_uri\ngone,x,rtsp://127.0.0.1:9/live\n"
    answer = browser.post("/api/onboarding/imports?test=false", content=file, headers=CSV)
    assert finished(browser, answer)["found"][0]["code"] == ""
    assert store.inventory.get("gone").survey == ""


def test_a_file_with_mistakes_is_refused_whole_unless_they_are_left_out(browser, store, refused):
    file = b"id,name,main_uri\nBAD,x,rtsp://h/1\ngone,x,rtsp://127.0.0.1:9/live\n"
    answer = browser.post("/api/onboarding/imports?test=false", content=file, headers=CSV)
    assert "1 mistakes" in refused(answer, 422, "bad_request")
    path = "/api/onboarding/imports?test=false&skip_bad=true"
    finished(browser, browser.post(path, content=file, headers=CSV))
    assert [one.id for one in store.inventory.cameras()] == ["gone"]


def test_files_of_other_kinds_and_sizes(browser, refused):
    plans = "/api/onboarding/plans"
    answer = browser.post(plans, content=b"x", headers={"Content-Type": "application/zip"})
    refused(answer, 415, "unsupported_media_type")
    refused(browser.post(plans, content=b"x", headers=CSV), 422, "bad_config")
    big = b"id,name\n" + b"x" * 100_000
    assert browser.post(plans, content=big, headers=CSV).status_code == 200
    refused(browser.post(plans, content=bytes(9 * 2**20), headers=CSV), 413, "too_large")


@pytest.mark.parametrize(
    ("form", "media_type"), [("csv", "text/csv"), ("yaml", "application/yaml")]
)
def test_an_export_holds_no_passwords_unless_asked(browser, store, camera, form, media_type):
    store.inventory.add(camera, SECRET)
    answer = browser.post("/api/onboarding/export", json={"format": form})
    assert answer.headers["content-type"].startswith(media_type)
    assert f'filename="cameras.{form}"' in answer.headers["content-disposition"]
    assert camera.name in answer.content.decode("utf-8-sig")
    assert SECRET not in answer.text
    asked = browser.post("/api/onboarding/export", json={"format": form, "passwords": True})
    assert SECRET in asked.text
    again = browser.post(
        "/api/onboarding/plans", content=answer.content, headers={"Content-Type": media_type}
    )
    assert (again.json()["kept"], again.json()["bad"]) == (1, [])


def test_a_camera_is_changed_and_its_worker_told(browser, store, camera, known_worker, worker):
    store.inventory.add(camera, SECRET)
    change = {"name": "村口东", "enabled": False, "record": "continuous", "latitude": 30.5}
    answer = browser.patch("/api/cameras/gate", json=change)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert {key: body[key] for key in change} == change
    assert (body["address"], body["has_password"]) == (camera.address, True)
    assert SECRET not in answer.text
    assert browser.get("/api/cameras/gate/settings").json() == body
    assert worker.reloads == 1
    assert browser.delete("/api/cameras/gate").status_code == 204
    assert worker.reloads == 2
    assert store.inventory.cameras() == ()


def test_another_way_to_dial_must_be_tested(browser, store, camera, rtsp, refused):
    store.inventory.add(camera, SECRET)
    for change in (
        {"main_uri": rtsp}, {"username": "other"}, {"transport": "udp"}, {"password": "new"},
    ):  # fmt: skip
        answer = browser.patch("/api/cameras/gate", json=change)
        assert "test the camera first" in refused(answer, 422, "bad_request")
    streams = {"main_uri": rtsp, "sub_uri": "", "username": "admin"}
    job = finished(
        browser, browser.post("/api/onboarding/tests", json=streams | {"password": SECRET})
    )
    other = {"main_uri": rtsp.replace("/camera", "/other"), "sub_uri": "", "username": "admin"}
    answer = browser.patch("/api/cameras/gate", json=other | {"test": job["id"]})
    assert "of other streams" in refused(answer, 422, "bad_request")
    wish = streams | {"test": job["id"], "password": SECRET}
    changed = browser.patch("/api/cameras/gate", json=wish).json()
    assert (changed["main_uri"], changed["sub_uri"]) == (rtsp, None)
    assert changed["survey"]["main"]["codec"] == "h264"
    untested = browser.patch("/api/cameras/gate", json={"transport": "udp", "skip_test": True})
    assert (untested.status_code, untested.json()["survey"]) == (200, None)


def test_what_cannot_be_saved_is_told(browser, store, camera, refused):
    store.inventory.add(camera)
    new = {"name": "x", "main_uri": "rtsp://10.0.0.8/1", "skip_test": True}
    assert "gate" in refused(
        browser.post("/api/cameras", json=new | {"id": "gate"}), 422, "bad_config"
    )
    refused(browser.post("/api/cameras", json=new | {"id": "Not A Slug"}), 422, "bad_config")
    refused(browser.post("/api/cameras", json=new | {"latitude": 91}), 422, "bad_request")
    signed = new | {"main_uri": "rtsp://admin:pw-1@10.0.0.8/1"}
    assert "pw-1" not in refused(browser.post("/api/cameras", json=signed), 422, "bad_request")
    refused(browser.patch("/api/cameras/nobody", json={"name": "x"}), 404, "not_found")
    refused(browser.delete("/api/cameras/nobody"), 404, "not_found")


def test_a_worker_that_is_gone_stops_nobody(browser, store, camera, worker, known_worker):
    store.inventory.add(camera)
    worker.refusal = WorkerUnreachableError("gone")
    assert browser.patch("/api/cameras/gate", json={"name": "y"}).status_code == 200
