"""Sinks over the API: how each fares, what it refused, offering that again."""

import json
from datetime import timedelta

import pytest

from gateway.clock import utc_now
from gateway.store.audit_log import AuditFilter
from gateway.store.deliveries import Refusal
from gateway.store.outbox import QUEUE


@pytest.fixture
def parked(store, samples) -> str:
    """Return the id of a message that the queue refused, beside one that waits."""
    samples.fill(store, 2)
    first = store.deliveries.due(QUEUE, 1, utc_now())[0]
    store.deliveries.settle(QUEUE, {}, [Refusal(first.seq, "too large", None)], utc_now())
    return first.event_id


def test_how_a_sink_fares(browser, store, parked):
    now = utc_now()
    store.deliveries.unreachable(QUEUE, "no answer", now + timedelta(hours=1), now)
    (sink,) = browser.get("/api/sinks").json()["sinks"]
    assert (sink["name"], sink["waiting"], sink["parked"], sink["shed"]) == (QUEUE, 1, 1, 0)
    assert (sink["detail"], sink["failures"]) == ("no answer", 1)
    assert sink["down_since"] < sink["retry_at"]
    assert sink["oldest_s"] >= 0


def test_a_sink_for_which_nothing_waits(browser):
    (sink,) = browser.get("/api/sinks").json()["sinks"]
    assert (sink["waiting"], sink["oldest_at"], sink["oldest_s"]) == (0, None, None)


def test_parked_message_is_listed_and_offered_again(browser, store, parked):
    (listed,) = browser.get("/api/sinks/parked", params={"sink": QUEUE}).json()["parked"]
    assert (listed["event_id"], listed["sink"], listed["detail"]) == (parked, QUEUE, "too large")
    assert browser.get("/api/sinks/parked", params={"sink": "county"}).json() == {"parked": []}
    offered = browser.post(f"/api/sinks/{QUEUE}/parked/offer", json={"event_id": parked})
    assert offered.status_code == 204
    assert browser.get("/api/sinks/parked").json() == {"parked": []}
    waiting = store.deliveries.due(QUEUE, 9, utc_now())
    assert parked in [one.event_id for one in waiting]
    told = store.audit.newest(AuditFilter())[0]
    assert (told.action, told.object) == ("message_offered", f"sink/{QUEUE}")
    assert json.loads(told.detail) == {"event": parked}


def test_parked_message_is_forgotten(browser, store, parked, refused):
    path, question = f"/api/sinks/{QUEUE}/parked/drop", {"event_id": parked}
    assert browser.post(path, json=question).status_code == 204
    assert store.deliveries.parked() == ()
    refused(browser.post(path, json=question), 404, "not_found")


def test_what_is_parked_is_for_administrators(operator, parked, refused):
    assert operator.get("/api/sinks").status_code == 200
    refused(operator.get("/api/sinks/parked"), 403, "forbidden")
    for act in ("offer", "drop"):
        path = f"/api/sinks/{QUEUE}/parked/{act}"
        refused(operator.post(path, json={"event_id": parked}), 403, "forbidden")


def test_nobody_signed_in_sees_nothing(site, refused):
    with site.client() as client:
        refused(client.get("/api/sinks"), 401, "unauthenticated")
