"""Speaking through a camera: from the API to a worker's real port."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from gateway.api import talk
from gateway.config import ServeSettings
from gateway.errors import (
    BadOfferError,
    NoTalkError,
    NotFoundError,
    StreamLostError,
    TalkBusyError,
    UnauthorizedError,
    UnreachableError,
)
from gateway.store.users import Role
from gateway.worker_api import WorkerStatus, create_worker_app
from gateway.worker_talk_api import TalkAnswer, TalkState

TALK = "/api/cameras/gate/talk"
SDP = {"Content-Type": "application/sdp"}
OFFER = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"
ANSWER = OFFER.replace("o=- 1", "o=- 2")
SINCE = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


@dataclass
class TalkingWorker:
    """A worker of one camera that answers for its loudspeaker only."""

    refusal: Exception | None = None
    speakers: dict[str, str] = field(default_factory=dict)

    async def talk_offer(self, camera, offer, speaker):
        self._check(camera)
        assert offer == OFFER
        session = f"talk-{len(self.speakers)}"
        self.speakers[session] = speaker
        return TalkAnswer(session, ANSWER, 60.0)

    async def talk_state(self, camera):
        self._check(camera)
        return next((TalkState(who, SINCE) for who in self.speakers.values()), TalkState())

    async def live_delete(self, session):
        self.speakers.pop(session, None)

    async def status(self):
        return WorkerStatus("0/1", ("gate",), tuple(self.speakers))

    def _check(self, camera):
        if self.refusal is not None:
            raise self.refusal
        if camera != "gate":
            raise NotFoundError(f"there is no camera {camera} here")


@pytest.fixture
def talking(store, camera, reports, running, worker):
    """Put the camera "gate" to work behind a real port."""
    store.inventory.add(camera, password="cam-secret")
    talking = TalkingWorker()
    with running(create_worker_app(talking, worker.token)) as url:
        store.camera_states.put([reports.online("gate", url)])
        yield talking


def test_who_is_signed_in_may_speak(browser, talking):
    answer = browser.post(TALK, content=OFFER, headers=SDP)
    assert (answer.status_code, answer.text) == (201, ANSWER)
    assert answer.headers["content-type"] == "application/sdp"
    assert answer.headers["x-talk-limit-s"] == "60"
    assert talking.speakers == {"talk-0": "admin"}
    assert browser.get(TALK).json() == {"speaker": "admin", "since": "2026-05-01T08:00:00.000Z"}
    for _ in range(2):
        assert browser.delete(answer.headers["location"]).status_code == 200
    assert talking.speakers == {}
    assert browser.get(TALK).json() == {"speaker": "", "since": None}


def test_the_location_carries_the_path_prefix(make_site, talking):
    site = make_site(serve=ServeSettings(root_path="/patrol"))
    with site.client() as client:
        client.post("/patrol/api/session", json=site.credentials())
        answer = client.post(f"/patrol{TALK}", content=OFFER, headers=SDP)
        assert answer.headers["location"] == "/patrol/api/live/talk-0"


def test_others_may_not(site, browser, talking, refused, monkeypatch):
    with site.client() as stranger:
        for answer in (stranger.post(TALK, content=OFFER, headers=SDP), stranger.get(TALK)):
            refused(answer, 401, "unauthenticated")
    token = browser.post("/api/cameras/gate/player-token", json={}).json()["token"]
    with site.client(Authorization=f"Bearer {token}") as player:
        refused(player.post(TALK, content=OFFER, headers=SDP), 401, "unauthenticated")
    elsewhere = {"Origin": "https://elsewhere.example"}
    refused(browser.post(TALK, content=OFFER, headers=SDP | elsewhere), 403, "bad_origin")
    monkeypatch.setattr(talk, "SPEAKERS", frozenset({Role.OPERATOR}))
    refused(browser.post(TALK, content=OFFER, headers=SDP), 403, "forbidden")
    assert talking.speakers == {}


def test_a_talk_ends_with_its_sign_in(site, browser, talking):
    other = site.signed_in()
    other.post(TALK, content=OFFER, headers=SDP)
    browser.delete("/api/live/talk-0")
    assert talking.speakers == {"talk-0": "admin"}
    other.delete("/api/session")
    other.close()
    assert talking.speakers == {}


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (TalkBusyError("王芳 speaks"), 503, "talk_busy"),
        (NoTalkError("it is deaf"), 409, "no_talk"),
        (BadOfferError("no sound"), 400, "bad_offer"),
        (UnreachableError("gone"), 502, "unreachable"),
        (UnauthorizedError("wrong"), 502, "unauthorized"),
        (StreamLostError("hung up"), 502, "stream_lost"),
    ],
)
def test_why_a_camera_cannot_be_spoken_through(browser, talking, refused, refusal, status, code):
    talking.refusal = refusal
    said = refused(browser.post(TALK, content=OFFER, headers=SDP), status, code)
    assert said == str(refusal)


def test_what_is_no_offer(browser, talking, refused):
    refused(browser.post(TALK, content=OFFER), 415, "unsupported_media_type")
    refused(browser.post(TALK, content="hello", headers=SDP), 400, "bad_offer")


def test_the_page_may_use_the_microphone_and_no_other_page_may(browser):
    policy = browser.get("/").headers["permissions-policy"]
    assert "microphone=(self)" in policy
    assert "camera=()" in policy
