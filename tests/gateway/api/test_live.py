"""Live pictures: WHEP through the API to a worker's real port."""

from dataclasses import replace

import pytest

from gateway.config import LiveSettings, ServeSettings
from gateway.errors import (
    BadOfferError,
    BusyError,
    IceRestartError,
    NoPictureError,
    NotPlayableError,
    TranscodesFullError,
)
from gateway.store.camera_states import LiveMode
from gateway.store.workers import Worker
from gateway.whep import Hindrance, IceFragment, StreamChoice
from gateway.worker_api import LiveAnswer

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
    ("refusal", "status", "code"),
    [
        (NotPlayableError("H.265 cannot be played"), 409, "not_playable"),
        (NoPictureError("nothing arrives"), 409, "not_sending"),
        (TranscodesFullError("two already"), 409, "transcodes_full"),
        (BadOfferError("no video in it"), 400, "bad_offer"),
        (BusyError("64 viewers already"), 503, "busy"),
    ],
)
def test_a_workers_refusal_comes_through_as_it_is(
    browser, gate, worker, refused, refusal, status, code
):
    worker.refusal = refusal
    answer = browser.post(WHEP, content=worker.offer, headers=SDP)
    assert refused(answer, status, code) == str(refusal)


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


def test_the_stream_asked_for_and_how_it_is_shown_come_through(browser, gate, worker, refused):
    worker.shown = LiveAnswer("", worker.answer, LiveMode.TRANSCODED, Hindrance.CODEC)
    offer = {"content": worker.offer, "headers": SDP}
    answers = [browser.post(WHEP + query, **offer) for query in ("", "?stream=main")]
    assert worker.streams == [StreamChoice.SUB, StreamChoice.MAIN]
    shown = {(one.headers["x-live-mode"], one.headers["x-live-why"]) for one in answers}
    assert shown == {("transcoded", "codec")}
    refused(browser.post(f"{WHEP}?stream=third", **offer), 422, "bad_request")


def test_a_camera_that_sends_nothing_now_is_to_be_asked_again(browser, gate, worker):
    worker.refusal = NoPictureError("nothing arrives")
    assert browser.post(WHEP, content=worker.offer, headers=SDP).headers["retry-after"] == "2"
    worker.refusal = NotPlayableError("never")
    assert "retry-after" not in browser.post(WHEP, content=worker.offer, headers=SDP).headers


def test_servers_for_players_are_told_to_who_may_watch(make_site, gate, worker):
    settings = LiveSettings(
        stun_url="stun:relay:3478", turn_url="turn:relay:3478", turn_secret="north"
    )
    site = make_site(live=settings)
    client, stranger = site.signed_in(), site.client()
    for answer in (client.post(WHEP, content=worker.offer, headers=SDP), client.options(WHEP)):
        first, second = answer.headers.get_list("link")
        assert first == '<stun:relay:3478>; rel="ice-server"'
        assert second.startswith('<turn:relay:3478>; rel="ice-server"; username="')
    assert "link" not in stranger.options(WHEP).headers
    client.close()
    stranger.close()


FRAGMENT = "a=ice-ufrag:abcd\r\na=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 4711 typ host\r\n"


def test_candidates_found_later_reach_the_worker_under_the_sessions_tag(
    browser, gate, worker, refused
):
    answer = browser.post(WHEP, content=worker.offer, headers=SDP)
    location, tag = answer.headers["location"], answer.headers["etag"]
    assert tag[0] == tag[-1] == '"'

    def patch(path: str = location, kind: str = "application/trickle-ice-sdpfrag", **headers):
        return browser.patch(path, content=FRAGMENT, headers={"Content-Type": kind} | headers)

    for accepted in (tag, f'"other", {tag}', "*"):
        done = patch(**{"If-Match": accepted})
        assert (done.status_code, done.content, "etag" in done.headers) == (204, b"", False)
    assert worker.fragments[-1] == IceFragment("abcd", ("1 1 udp 1 192.0.2.1 4711 typ host",))
    refused(patch(), 428, "precondition_required")
    refused(patch(**{"If-Match": '"other"'}), 412, "precondition_failed")
    refused(patch(kind="application/sdp", **{"If-Match": tag}), 415, "unsupported_media_type")
    refused(patch("/api/live/never-was", **{"If-Match": tag}), 404, "not_found")
    worker.refusal = IceRestartError("no restart")
    refused(patch(**{"If-Match": "*"}), 422, "ice_restart")
    assert len(worker.fragments) == 3


def test_what_is_no_fragment_is_refused(browser, gate, worker, refused):
    answer = browser.post(WHEP, content=worker.offer, headers=SDP)
    headers = {"Content-Type": "application/trickle-ice-sdpfrag", "If-Match": "*"}
    for fragment in (b"", b"nonsense", b"\xff\xfe"):
        patched = browser.patch(answer.headers["location"], content=fragment, headers=headers)
        refused(patched, 400, "bad_offer")


def test_what_is_not_for_reading_says_nothing(browser, gate):
    for path in (WHEP, "/api/live/x"):
        answer = browser.get(path)
        assert (answer.status_code, answer.content) == (204, b"")


def test_players_on_other_pages_may_ask_and_read_but_bring_no_cookies(site, browser, gate, refused):
    stranger = site.client(Origin="https://player.example")
    for path, accept in ((WHEP, "accept-post"), ("/api/live/x", "accept-patch")):
        answer = stranger.options(path, headers={"Access-Control-Request-Method": "POST"})
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
        assert "Authorization" in answer.headers["access-control-allow-headers"]
        assert "ETag" in answer.headers["access-control-expose-headers"]
        assert accept in answer.headers
    denied = stranger.post(WHEP, headers={"Authorization": "Bearer x"} | SDP)
    refused(denied, 401, "unauthenticated")
    assert denied.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in stranger.options("/api/cameras").headers
    stranger.close()


def player(site, token: str):
    """Return a player on another page that was given a token."""
    return site.client(Origin="https://player.example", Authorization=f"Bearer {token}")


@pytest.fixture
def token(browser, gate) -> str:
    answer = browser.post("/api/cameras/gate/player-token", json={"days": 2})
    assert answer.status_code == 201
    return answer.json()["token"]


def test_a_player_with_a_token_watches_one_camera_and_does_nothing_else(
    site, store, camera, token, worker, refused
):
    store.inventory.add(replace(camera, id="yard"))
    with player(site, token) as client:
        location = client.post(WHEP, content=worker.offer, headers=SDP).headers["location"]
        assert worker.live == {"live-0"}
        other = client.post("/api/cameras/yard/whep", content=worker.offer, headers=SDP)
        refused(other, 401, "unauthenticated")
        for path in ("/api/cameras", "/api/session", "/api/cameras/gate/snapshot.jpg"):
            refused(client.get(path), 401, "unauthenticated")
        more = client.post("/api/cameras/gate/player-token", json={"days": 2})
        refused(more, 401, "unauthenticated")
        client.delete(location)
    assert worker.live == set()


def test_a_token_beside_a_cookie_counts_alone(site, browser, gate, worker, refused):
    headers = SDP | {"Authorization": "Bearer player_nonsense", "Origin": "https://evil.example"}
    refused(browser.post(WHEP, content=worker.offer, headers=headers), 401, "unauthenticated")
    session = browser.cookies["gridpatrol_session"]
    assert browser.delete("/api/session", headers=headers).status_code == 204
    assert site.store.sessions.peek(session) is not None, "another page ended the session"


def test_a_token_dies_with_its_users_password_and_its_pictures_too(site, token, worker, refused):
    with player(site, token) as client:
        client.post(WHEP, content=worker.offer, headers=SDP)
        site.await_call(site.app.state.runtime.watch.recheck)
        assert worker.live == {"live-0"}
        site.store.users.reset_password("admin")
        site.await_call(site.app.state.runtime.watch.recheck)
        assert worker.live == set()
        refused(client.post(WHEP, content=worker.offer, headers=SDP), 401, "unauthenticated")


def test_tokens_are_for_known_cameras_and_a_bounded_time(site, browser, gate, refused):
    refused(browser.post("/api/cameras/moon/player-token", json={}), 404, "not_found")
    for days in (0, 91):
        answer = browser.post("/api/cameras/gate/player-token", json={"days": days})
        refused(answer, 422, "bad_request")
