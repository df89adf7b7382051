"""What people see and change over the API is in the audit log by name; administrators read it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.audit.act import Act, AuditAction
from gateway.store.audit_log import AuditFilter

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)


@pytest.fixture
def told(store):
    """Return what was told since the sign-in: actor, action, object, detail."""

    def read() -> list[tuple[str, str, str, dict[str, object]]]:
        return [
            (one.actor, one.action, one.object, json.loads(one.detail))
            for one in reversed(store.audit.newest(AuditFilter()))
            if one.action not in {"sign_in", "user_added", "password_changed"}
        ]

    return read


def test_a_page_of_pictures_is_told_once_for_each_person_and_file(
    browser, store, samples, tmp_path, told
):
    pieces = [replace(samples.evidence(), path=f"evidence/{n}.jpg", id=f"e{n}") for n in range(2)]
    store.incidents.record(samples.change(), samples.origin, pieces, samples.compose)
    for piece in pieces:
        (tmp_path / piece.path).write_bytes(b"\xff\xd8")
    for _ in range(3):
        for piece in pieces:
            assert browser.get(f"/api/evidence/{piece.id}").status_code == 200
    assert browser.get("/api/evidence/nothing").status_code == 404
    detail = {"type": "raw", "sha256": pieces[0].sha256}
    assert told() == [
        ("admin", "evidence_viewed", "case/i-1/evidence/e0", detail),
        ("admin", "evidence_viewed", "case/i-1/evidence/e1", detail),
    ]


def test_changes_over_the_api_name_who_is_signed_in(browser, told):
    camera = {"name": "East gate", "main_uri": "rtsp://192.0.2.7/1", "skip_test": True}
    assert browser.post("/api/cameras", json=camera).status_code == 201
    assert browser.patch("/api/cameras/east-gate", json={"unit": "东山村"}).status_code == 200
    assert browser.put("/api/cameras/east-gate/rules", json={"zones": []}).status_code == 200
    assert browser.post("/api/onboarding/export", json={"passwords": True}).status_code == 200
    assert browser.delete("/api/cameras/east-gate").status_code == 204
    assert browser.delete("/api/session").status_code == 204
    assert told() == [
        ("admin", "camera_added", "camera/east-gate", {"name": "East gate"}),
        ("admin", "camera_changed", "camera/east-gate", {"changed": "unit"}),
        ("admin", "inventory_exported", "inventory", {"passwords": True}),
        ("admin", "camera_removed", "camera/east-gate", {}),
        ("admin", "sign_out", "user/admin", {}),
    ]


def test_the_log_is_read_by_pages_and_filters(browser, store):
    for number in range(5):
        at = NOW + timedelta(minutes=number)
        store.audit.tell(Act(at, "li", AuditAction.CASE_STEP, f"case/i-{number}", {"n": number}))
    first = browser.get("/api/audit", params={"actor": "li", "limit": 3}).json()
    rest = browser.get(
        "/api/audit", params={"actor": "li", "limit": 3, "before": first["next"]}
    ).json()
    assert [one["detail"] for one in first["records"]] == [{"n": 4}, {"n": 3}, {"n": 2}]
    assert [one["detail"] for one in rest["records"]] == [{"n": 1}, {"n": 0}]
    assert rest["next"] is None
    head = store.audit.head()
    assert first["head"] == {"seq": head.seq, "hash": head.hash}
    newest = first["records"][0]
    assert (newest["at"], newest["object"]) == ("2026-05-01T08:04:00.000Z", "case/i-4")
    asked = {"object": "case/i-1", "since": "2026-05-01T16:00:00+08:00", "action": "case_step"}
    (only,) = browser.get("/api/audit", params=asked).json()["records"]
    assert only["detail"] == {"n": 1}


def test_operators_do_not_read_the_log(operator, refused):
    refused(operator.get("/api/audit"), 403, "forbidden")


@pytest.mark.parametrize("query", ["action=guess", "before=x", "before=-1", "since=2026-05-01T08"])
def test_senseless_questions_are_refused(browser, refused, query):
    refused(browser.get(f"/api/audit?{query}"), 422, "bad_request")
