"""Live pictures: WHEP through the API to a worker's real port."""

from dataclasses import replace

import pytest

from gateway.config import ServeSettings
from gateway.errors import BadOfferError, BusyError, NoPictureError, NotPlayableError
from gateway.store.workers import Worker

SDP = {"Content-Type": "application/sdp"}
WHEP = "/api/cameras/gate/whep"


def test_an_offer_is_answered_by_the_worker_that_owns_the_camera(browser, gate, worker):
    answer = browser.post(WHEP, content=worker.offer, headers=SDP)
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/sdp"
    assert answer.headers["location"] == "/api/live/live-0"
    assert answer.text == worker.answer


def test_the_location_carries_the_path_prefix(make_site, gate, worker):
    site = make_site(serve=ServeSettings(root_path="/patrol"))
    with site.client() as client:
        client.post("/patrol/api/session", json=site.credentials())
        answer = client.post(f"/patrol{WHEP}", content=worker.offer, headers=SDP)
        assert answer.headers["location"] == "/patrol/api/live/live-0"
        assert client.delete(answer.headers["location"]).status_code == 200
    assert worker.live == set()


def test_ending_is_idempotent(browser, gate, worker):
    location = browser.post(WHEP, content=worker.offer, headers=SDP).headers["location"]
    for _ in range(2):
        assert browser.delete(location).status_code == 200
    assert browser.delete("/api/live/never-was").status_code == 200
    assert worker.live == set()


def test_another_sign_in_cannot_end_it(site, browser, gate, worker):
    location = browser.post(WHEP, content=worker.offer, headers=SDP).headers["location"]
    stranger = site.signed_in()
    assert stranger.delete(location).status_code == 200
    stranger.close()
    assert worker.live == {"live-0"}


def test_signing_out_ends_only_this_sign_ins_pictures(site, browser, gate, worker):
    browser.post(WHEP, content=worker.offer, headers=SDP)
    other = site.signed_in()
    other.post(WHEP, content=worker.offer, headers=SDP)
    other.delete("/api/session")
    other.close()
    assert worker.live == {"live-0"}


def test_a_session_revoked_elsewhere_ends_its_pictures(site, browser, gate, worker):
    browser.post(WHEP, content=worker.offer, headers=SDP)
    site.store.users.reset_password("admin")
    site.await_call(site.app.state.runtime.watch.recheck)
    assert worker.live == set()


def test_a_changed_password_lets_pictures_go_on(site, browser, gate, worker):
    location = browser.post(WHEP, content=worker.offer, headers=SDP).headers["location"]
    change = {"old_password": site.password, "new_password": "correct horse battery"}
    browser.post("/api/session/password", json=change)
    site.await_call(site.app.state.runtime.watch.recheck)
    assert worker.live == {"live-0"}
    browser.delete(location)
    assert worker.live == set()


def test_stopping_the_server_ends_all_pictures(make_site, running, gate, worker):
    site = make_site()
    client = site.signed_in()
    client.post(WHEP, content=worker.offer, headers=SDP)
    client.close()
    site.stop()
    assert worker.live == set()


def test_starting_ends_what_a_crashed_server_left_behind(make_site, store, worker, worker_url):
    from gateway.clock import utc_now

    worker.live = {"left-behind"}
    store.workers.enter(Worker(0, worker_url, 1, utc_now()))
    store.workers.enter(Worker(1, "http://127.0.0.1:1", 2, utc_now()))
    with make_site().client() as client:
        assert client.get("/healthz").status_code == 200
    assert worker.live == set()


def test_sessions_whose_viewer_left_without_a_word_are_forgotten(site, browser, gate, worker):
    for _ in range(2):
        browser.post(WHEP, content=worker.offer, headers=SDP)
    live = site.app.state.runtime.live
    worker.live = {"live-1"}
    site.await_call(live.prune)
    assert len(live) == 1


def test_sessions_of_a_worker_that_died_are_forgotten(
    make_site, store, worker, camera, reports, running
):
    from gateway.worker_api import create_worker_app

    store.inventory.add(camera)
    site = make_site()
    client = site.signed_in()
    with running(create_worker_app(worker, worker.token)) as url:
        store.camera_states.put([reports.online("gate", url)])
        location = client.post(WHEP, content=worker.offer, headers=SDP).headers["location"]
    assert client.delete(location).status_code == 200
    assert len(site.app.state.runtime.live) == 0
    client.close()


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (NotPlayableError("H.265 cannot be played"), 409),
        (NoPictureError("nothing arrives"), 404),
        (BadOfferError("no video in it"), 400),
        (BusyError("64 viewers already"), 503),
    ],
)
def test_a_workers_refusal_comes_through_as_it_is(browser, gate, worker, refused, refusal, status):
    worker.refusal = refusal
    answer = browser.post(WHEP, content=worker.offer, headers=SDP)
    assert refused(answer, status, refusal.code) == str(refusal)


def test_unknown_camera_switched_off_camera_and_camera_without_worker(
    browser, store, camera, worker, refused
):
    offer = {"content": worker.offer, "headers": SDP}
    refused(browser.post(WHEP, **offer), 404, "not_found")
    store.inventory.add(camera)
    refused(browser.post(WHEP, **offer), 503, "worker_unreachable")
    store.inventory.replace(replace(camera, enabled=False))
    refused(browser.post(WHEP, **offer), 404, "no_picture")


def test_a_worker_that_is_down(browser, store, gate, worker, reports, refused):
    store.camera_states.put([reports.online("gate", "http://127.0.0.1:1")])
    answer = browser.post(WHEP, content=worker.offer, headers=SDP)
    refused(answer, 503, "worker_unreachable")


def test_another_media_type_is_refused(browser, gate, worker, refused):
    for kind in ("application/json", "text/plain", "", "application/sdp2"):
        answer = browser.post(WHEP, content=worker.offer, headers={"Content-Type": kind})
        refused(answer, 415, "unsupported_media_type")


def test_parameters_of_the_media_type_are_ignored(browser, gate, worker):
    headers = {"Content-Type": "Application/SDP; charset=utf-8"}
    assert browser.post(WHEP, content=worker.offer, headers=headers).status_code == 201


def test_what_is_no_offer_is_refused_here(browser, gate, worker, refused):
    for offer in (b"", b"{}", b"v=0\r\n", b"\xff\xfe\x00", b"m=video 9\r\nv=0\r\n", b"\x00" * 99):
        refused(browser.post(WHEP, content=offer, headers=SDP), 400, "bad_offer")
    assert worker.live == set()


def test_an_offer_of_unsaid_length_is_cut_off_when_it_grows_too_long(browser, gate, refused):
    chunks = (b"x" * 10_000 for _ in range(10))
    refused(browser.post(WHEP, content=chunks, headers=SDP), 413, "too_large")


def test_options_and_patch(browser, gate, refused):
    answer = browser.options(WHEP)
    assert answer.status_code == 204
    assert answer.headers["accept-post"] == "application/sdp"
    for path in (WHEP, "/api/live/x"):
        refused(browser.patch(path, headers={"If-Match": "*"}), 405, "method_not_allowed")
