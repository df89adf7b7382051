"""What people find becomes an incident with evidence, a message and a case, all or nothing."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing

import cv2
import httpx
import numpy as np
import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import update

from gateway.dispatch.case_message import CaseWriter
from gateway.dispatch.message import MessageWriter
from gateway.dispatch.schema import schema_text
from gateway.errors import NoPictureError
from gateway.store.incident_list import IncidentFilter
from gateway.store.tables import users
from gateway.store.users import Role
from gateway.workflow.case import Action, Actor, Deed, Party

PLACE = {"kind": "rubbish", "text": "桥头有垃圾", "place": "三组桥头", "grid": "第三网格"}


def picture(shade: int = 90) -> bytes:
    return cv2.imencode(".jpg", np.full((48, 64, 3), shade, np.uint8))[1].tobytes()


def files(*pictures: bytes) -> list[tuple[str, tuple[str, bytes]]]:
    return [("picture", (f"{number}.jpg", data)) for number, data in enumerate(pictures)]


@pytest.fixture
def reporter(site) -> Iterator[httpx.Client]:
    """Return a browser signed in as one who only reports."""
    with site.store._database.write() as connection:
        connection.execute(update(users).values(role=Role.REPORTER))
    with closing(site.signed_in()) as client:
        yield client


def test_a_photo_report_goes_all_the_way(site, reporter):
    answer = reporter.post("/api/findings", data=PLACE, files=files(picture(), picture(200)))
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["kind"], told["severity"], told["pictures"]) == ("rubbish", "green", 2)
    stored = site.store.incidents.get(told["incident"])
    assert stored.finding.text == "桥头有垃圾"
    assert stored.origin.camera.name == "三组桥头"
    for piece in stored.evidence:
        data = (site.services.data_dir / piece.path).read_bytes()
        assert hashlib.sha256(data).hexdigest() == piece.sha256
        assert (site.services.data_dir / piece.path).is_relative_to(site.services.evidence_dir)
    (change,) = site.store.cases.get(told["incident"]).trail
    assert (change.deed.actor.party, change.deed.actor.name) == (Party.REPORTER, "admin")
    (message,) = site.store.outbox.of_incident(told["incident"])
    data = json.loads(message.body)["data"]
    Draft202012Validator(json.loads(schema_text("incident"))).validate(data)
    assert data["incident"]["camera"]["id"] == "@place"
    assert data["incident"]["finding"]["source"] == "photo"


def test_what_is_sent_twice_under_one_key_is_told_once(site, browser):
    once = [
        browser.post("/api/findings", data=PLACE | {"key": "k1"}, files=files(picture()))
        for _ in range(2)
    ]
    assert [answer.status_code for answer in once] == [201, 200]
    assert once[0].json() == once[1].json()
    assert len(site.store.incident_list.page(IncidentFilter()).incidents) == 1


def test_an_operator_s_eye_keeps_what_the_camera_shows_now(site, gate, worker, operator):
    worker.picture = picture()
    answer = operator.post(
        "/api/findings", files={"kind": (None, "fire_smoke"), "camera": (None, "gate")}
    )
    assert answer.status_code == 201, answer.text
    body = operator.get(f"/api/incidents/{answer.json()['incident']}").json()
    assert (body["camera"]["name"], body["severity"]) == ("村口", "red")
    assert body["finding"] == {
        "source": "eye",
        "by": "admin",
        "text": "",
        "place": "",
        "latitude": None,
        "longitude": None,
        "round": None,
    }
    (piece,) = body["evidence"]
    assert operator.get(piece["url"]).content == worker.picture


def test_a_camera_without_a_picture_hinders_no_report(gate, worker, operator):
    worker.refusal = NoPictureError("none yet")
    answer = operator.post("/api/findings", files={"kind": (None, "other"), "camera": (None, gate)})
    assert (answer.status_code, answer.json()["pictures"]) == (201, 0)


@pytest.mark.parametrize(
    ("fields", "sent", "status", "code"),
    [
        (PLACE | {"kind": "nonsense"}, files(picture()), 422, "bad_request"),
        (PLACE | {"colour": "red"}, files(picture()), 422, "bad_request"),
        (PLACE | {"latitude": "91", "longitude": "0"}, files(picture()), 422, "bad_request"),
        (PLACE | {"latitude": "30"}, files(picture()), 422, "bad_request"),
        ({"kind": "rubbish"}, files(picture()), 422, "bad_request"),
        (PLACE, files(*[picture()] * 7), 422, "bad_request"),
        (PLACE, [("other", ("a.jpg", picture()))], 422, "bad_request"),
        (PLACE, files(b"<svg onload=alert(1)>"), 422, "bad_upload"),
        ({"kind": "rubbish", "camera": "nowhere"}, files(picture()), 404, "not_found"),
    ],
)
def test_what_cannot_be_taken_is_refused_and_leaves_nothing(
    site, browser, refused, fields, sent, status, code
):
    refused(browser.post("/api/findings", data=fields, files=sent), status, code)
    assert site.store.incident_list.page(IncidentFilter()).incidents == ()
    assert not list(site.services.evidence_dir.rglob("*.jpg"))


def test_a_finding_without_pictures_needs_a_camera(browser, refused):
    sent = {name: (None, value) for name, value in PLACE.items()}
    assert "needs a picture" in refused(
        browser.post("/api/findings", files=sent), 422, "bad_request"
    )
    refused(browser.post("/api/findings", json=PLACE), 415, "unsupported_media_type")


def test_a_reporter_sees_nothing_of_the_site(site, reporter, gate, refused):
    for path in ("incidents", "cameras", "cameras/gate/snapshot.jpg", "cases", "system"):
        refused(reporter.get(f"/api/{path}"), 403, "forbidden")
    refused(reporter.post(f"/api/cameras/{gate}/whep", content=""), 401, "unauthenticated")
    sent = files(picture())
    refused(
        reporter.post("/api/findings", data=PLACE | {"camera": gate}, files=sent), 403, "forbidden"
    )
    assert reporter.get("/api/session").json()["user"]["role"] == "reporter"


def test_only_who_is_signed_in_may_report(site, refused):
    with closing(site.client()) as client:
        sent = client.post("/api/findings", data=PLACE, files=files(picture()))
    refused(sent, 401, "unauthenticated")


def test_a_finding_ends_when_its_case_is_closed_and_not_before(site, operator):
    answer = operator.post("/api/findings", data=PLACE, files=files(picture()))
    incident = answer.json()["incident"]
    store, compose = site.store, MessageWriter("s")
    at = site.services.now()
    store.incidents.interrupt("@place", at, compose)
    assert store.incidents.settle_findings(at, compose) == ()
    deed = Deed(Action.RECORD, Actor(Party.OPERATOR, "李四"), at)
    store.cases.take(incident, deed, 0, CaseWriter("s"))
    (closed,) = store.incidents.settle_findings(at, compose)
    assert (closed.incident.closed_at, closed.ending) == (at, "cleared")
    assert store.incidents.settle_findings(at, compose) == ()
