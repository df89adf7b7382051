"""Incidents over the API: bodies, filters, pages."""

from datetime import timedelta

import pytest

from gateway.config import ServeSettings
from gateway.store.evidence import EvidenceType
from vision.types import ChangeType, Severity


def test_an_incident_is_shown_whole(browser, store, samples):
    evidence = samples.evidence(type=EvidenceType.CLIP)
    store.incidents.record(samples.change(), samples.origin, [evidence], samples.compose)
    answer = browser.get("/api/incidents/i-1")
    assert answer.json() == {
        "id": "i-1",
        "kind": "person_presence",
        "severity": "yellow",
        "camera": {"id": "gate", "name": "村口"},
        "grid": "第三网格",
        "zone": "gate",
        "rule": "person-at-gate",
        "opened_at": "2026-05-01T08:00:00.000Z",
        "last_seen_at": "2026-05-01T08:00:00.000Z",
        "closed_at": None,
        "readings": {"count": 2, "dwell_s": 0.0},
        "evidence": [
            {
                "id": evidence.id,
                "type": "clip",
                "url": f"/api/evidence/{evidence.id}",
                "content_type": "video/mp4",
                "bytes": 1234,
                "sha256": evidence.sha256,
                "deleted_at": None,
            }
        ],
        "posted_at": None,
        "queue_id": None,
        "step": "discovered",
        "case_revision": 0,
        "finding": None,
    }
    assert "evidence/2026" not in answer.text


def test_addresses_carry_the_path_prefix(make_site, store, samples):
    site = make_site(serve=ServeSettings(root_path="/patrol"))
    store.incidents.record(samples.change(), samples.origin, [samples.evidence()], samples.compose)
    with site.client() as client:
        client.post("/patrol/api/session", json=site.credentials())
        body = client.get("/patrol/api/incidents/i-1").json()
    assert body["evidence"][0]["url"].startswith("/patrol/api/evidence/")


def test_delivery_is_shown(browser, store, samples):
    samples.fill(store, 1)
    (message,) = store.outbox.waiting()
    at = samples.change().at + timedelta(seconds=1)
    store.outbox.mark_delivered({message.seq: "1700000000000-0"}, at)
    body = browser.get("/api/incidents/i-0").json()
    assert (body["posted_at"], body["queue_id"]) == ("2026-05-01T08:00:01.000Z", "1700000000000-0")


def test_an_unknown_incident_is_not_found(browser, refused):
    refused(browser.get("/api/incidents/nothing"), 404, "not_found")


def test_pages_follow_each_other_without_gap_or_repeat(browser, store, samples):
    ids = samples.fill(store, 7)
    seen, before = [], None
    while True:
        query = {"limit": 3} | ({"before": before} if before else {})
        page = browser.get("/api/incidents", params=query).json()
        seen += [incident["id"] for incident in page["incidents"]]
        assert len(page["incidents"]) <= 3
        before = page["next"]
        if before is None:
            break
    assert seen == sorted(ids, reverse=True)


@pytest.fixture
def three(store, samples):
    """One closed red vehicle, one open yellow person, one open green person elsewhere."""
    compose = samples.compose
    for incident_id, fields in {
        "closed": {"severity": Severity.RED, "kind": "vehicle_presence"},
        "open": {},
        "elsewhere": {"severity": Severity.GREEN},
    }.items():
        change = samples.change(incident_id, **fields)
        store.incidents.record(change, samples.origin, (), compose)
    ending = samples.change(
        "closed", ChangeType.CLOSED, 1, severity=Severity.RED, kind="vehicle_presence"
    )
    store.incidents.record(ending, samples.origin, (), compose)


EVERY = {"closed", "open", "elsewhere"}
FILTERS = [
    ({}, EVERY),
    ({"state": "open"}, {"open", "elsewhere"}),
    ({"state": "closed"}, {"closed"}),
    ({"severity": "green"}, {"elsewhere"}),
    ({"kind": "vehicle_presence"}, {"closed"}),
    ({"camera": "gate"}, EVERY),
    ({"camera": "yard"}, set()),
    ({"since": "2026-05-01T08:00:00Z", "until": "2026-05-01T16:00:01+08:00"}, EVERY),
    ({"since": "2026-05-01T08:00:01Z"}, set()),
    ({"until": "2026-05-01T08:00:00Z"}, set()),
    ({"state": "open", "severity": "yellow"}, {"open"}),
    ({"kind": "' OR 1=1 --"}, set()),
]


@pytest.mark.usefixtures("three")
def test_filters_narrow(browser):
    for query, expected in FILTERS:
        incidents = browser.get("/api/incidents", params=query).json()["incidents"]
        assert {incident["id"] for incident in incidents} == expected, query


def test_queries_that_make_no_sense_are_refused_by_name(browser, refused):
    for name, value in (
        ("state", "ajar"),
        ("severity", "purple"),
        ("limit", "0"),
        ("limit", "201"),
        ("limit", "many"),
        ("since", "2026-05-01T08:00:00"),
        ("before", "yesterday"),
        ("before", "99999999999999999999.x"),
        ("before", "."),
        ("befor", "1"),
    ):
        answer = browser.get("/api/incidents", params={name: value})
        assert name in refused(answer, 422, "bad_request"), (name, value)
