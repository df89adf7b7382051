"""Statuses by signed webhook: who may send, what is answered, what happens twice."""

import base64
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.clock import to_iso, utc_now
from gateway.platform_settings import PlatformSettings
from gateway.webhook_signature import key_of, signed_headers

SENDER = Path(__file__).parents[3] / "docs" / "examples" / "status_sender.py"
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
PATH = "/api/platform/statuses"


def event(case: str = "i-0", status: str = "assigned", **data: object) -> dict:
    return {
        "specversion": "1.0",
        "id": f"{case}/{status}",
        "source": "/county",
        "type": "gridpatrol.case.status",
        "subject": case,
        "time": to_iso(utc_now()),
        "data": {"status": status} | data,
    }


@pytest.fixture
def site(make_site, store, samples):
    samples.fill(store, 1)
    return make_site(platform=PlatformSettings(webhook_secret=SECRET))


@pytest.fixture
def send(site):
    """Post a message as a platform does, without Origin and without a session."""
    client = site.client()
    del client.headers["Origin"]

    def post(message: object, age: timedelta = timedelta(), secret: str = SECRET, **headers: str):
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        signed = signed_headers(key_of(secret), "m-1", body, utc_now() - age)
        kind = {"content-type": "application/cloudevents+json"}
        return client.post(PATH, content=body, headers=kind | signed | headers)

    yield post
    client.close()


def test_a_signed_status_is_taken_once(site, send):
    first, again = send(event(handler="王五")), send(event(handler="王五"))
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == {"verdict": "applied", "case": "i-0", "step": "assigned", "revision": 1}
    assert again.json()["verdict"] == "repeat"
    assert send(event(status="accepted")).json()["verdict"] == "old_news"
    assert site.store.cases.get("i-0").case.handler == "王五"


def test_of_another_site_is_let_pass(site, send):
    answer = send(event() | {"site": "xishan"})
    assert (answer.status_code, answer.json()["verdict"]) == (202, None)
    assert site.store.cases.get("i-0").case.revision == 0


OTHER = "whsec_" + base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    ("told", "status", "code"),
    [
        ({"secret": OTHER}, 401, "unauthenticated"),
        ({"age": timedelta(minutes=6)}, 401, "unauthenticated"),
        ({"age": timedelta(minutes=-6)}, 401, "unauthenticated"),
        ({"webhook-id": "m-2"}, 401, "unauthenticated"),
        ({"webhook-timestamp": "9" * 5000}, 401, "unauthenticated"),
        ({"webhook-signature": "v1,"}, 401, "unauthenticated"),
        ({"content-type": "text/plain"}, 415, "unsupported_media_type"),
    ],
)
def test_who_may_not_send(site, send, refused, told, status, code):
    refused(send(event(), **told), status, code)
    assert site.store.statuses.parked() == ()
    assert site.store.cases.get("i-0").case.revision == 0


@pytest.mark.parametrize(
    ("message", "status", "code"),
    [
        (event(case="i-9"), 404, "not_found"),
        (event(deadline="2020-01-01T00:00:00Z"), 409, "step_refused"),
        (event(status="done"), 422, "bad_status"),
        (b"\xff", 422, "bad_status"),
    ],
)
def test_what_is_refused_is_parked(site, send, refused, message, status, code):
    said = refused(send(message), status, code)
    refused(send(message), status, code)
    (parked,) = site.store.statuses.parked()
    assert (parked.code, parked.detail, parked.times, parked.way) == (code, said, 2, "webhook")


def test_too_large_and_not_taken_here(site, send, refused, make_site):
    refused(send(event(note="长" * 30_000)), 413, "too_large")
    with make_site().client() as client:
        refused(client.post(PATH, json=event()), 404, "not_found")


def test_people_see_try_and_drop_what_was_parked(site, send, samples, refused):
    send(event(case="late"))
    send(event(case="never"))
    with site.client() as nobody:
        refused(nobody.get(PATH), 401, "unauthenticated")
    browser = site.signed_in()
    parked = browser.get(PATH).json()["parked"]
    assert [one["code"] for one in parked] == ["not_found", "not_found"]
    late, never = (one["id"] for one in parked)
    site.store.incidents.record(samples.change("late"), samples.origin, (), samples.compose)
    assert browser.post(f"{PATH}/{late}/again").json()["step"] == "assigned"
    refused(browser.post(f"{PATH}/{never}/again"), 404, "not_found")
    assert browser.delete(f"{PATH}/{never}").status_code == 204
    assert browser.get(PATH).json()["parked"] == []
    refused(browser.delete(f"{PATH}/{never}"), 404, "not_found")
    browser.close()


def test_the_example_sender_is_understood(site):
    command = [sys.executable, SENDER, f"{site.url}{PATH}"]
    environment = os.environ | {"PLATFORM_SECRET": SECRET}
    for case, said in (("i-0", "taken\n"), ("i-9", "refused\n")):
        done = subprocess.run(
            [*command, case, "handling", "--handler", "王五"],
            env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout.endswith(said)
    assert site.store.cases.get("i-0").case.handler == "王五"
