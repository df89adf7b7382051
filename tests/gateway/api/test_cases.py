"""The seven steps over the API: what is offered, taken, refused, and who was first."""

import hashlib

import cv2
import numpy as np
import pytest

from gateway.store.users import Role
from gateway.workflow.case import Party

PATH = "/api/cases/i-0"


@pytest.fixture
def opened(store, samples):
    """Return the path of the one case there is."""
    samples.fill(store, 1)
    return PATH


@pytest.fixture
def step(browser, opened):
    """Take a step of the case as it now is, as the administrator."""

    def take(action: str, **told: object):
        revision = browser.get(opened).json()["revision"]
        question = {"action": action, "revision": revision, **told}
        return browser.post(f"{opened}/steps", json=question)

    return take


def test_all_seven_steps_with_who_and_when(browser, opened, step):
    fresh = browser.get(opened).json()
    assert (fresh["step"], fresh["kind"], fresh["level"]) == (
        "discovered",
        "person_presence",
        "grid",
    )
    assert fresh["offered"] == [
        *("confirm", "dismiss", "record", "merge", "differ", "may_match", "comment")
    ]
    for action, told in (
        ("confirm", {"note": "两个人"}),
        ("report", {}),
        ("assign", {"handler": "王五", "deadline": "2099-05-01T18:00:00+08:00"}),
        ("start", {}),
        ("verify", {}),
        ("close", {}),
    ):
        answer = step(action, **told)
        assert answer.status_code == 200, answer.text
    closed = answer.json()
    assert (closed["step"], closed["outcome"], closed["due_at"]) == ("closed", "resolved", None)
    assert [one["action"] for one in closed["trail"]] == [
        "discover",
        "confirm",
        "report",
        "assign",
        "start",
        "verify",
        "close",
    ]
    assert (closed["trail"][1]["actor"], closed["trail"][1]["party"]) == ("admin", "admin")
    assert closed["trail"][3]["deadline"] == "2099-05-01T10:00:00.000Z"
    assert browser.get("/api/incidents/i-0").json()["step"] == "closed"


def test_the_second_of_two_is_told_who_was_first(browser, opened, step, operator):
    seen = operator.get(opened).json()["revision"]
    assert step("confirm").status_code == 200
    late = operator.post(f"{opened}/steps", json={"action": "record", "revision": seen})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "case_changed")
    assert "admin was first: confirm at " in late.json()["error"]["message"]


@pytest.mark.parametrize(
    ("told", "status", "code"),
    [
        ({"action": "close"}, 409, "step_refused"),
        ({"action": "escalate"}, 409, "step_refused"),
        ({"action": "dismiss"}, 409, "step_refused"),
        ({"action": "absorb", "other": "i-0"}, 409, "step_refused"),
        ({"action": "merge", "other": "i-9"}, 404, "not_found"),
        ({"action": "vanish"}, 422, "bad_request"),
        ({"action": "confirm", "note": "x" * 2001}, 422, "bad_request"),
        ({"action": "confirm", "actor": "somebody else"}, 422, "bad_request"),
    ],
)
def test_what_is_refused(step, told, status, code):
    answer = step(**told)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_lists_by_step_and_page(browser, store, samples, opened, step):
    step("dismiss", reason="animal", note="狗")
    samples.fill(store, 3, "j")
    (closed,) = browser.get("/api/cases", params={"closed": True}).json()["cases"]
    assert (closed["id"], closed["reason"], closed["camera"]["name"]) == ("i-0", "animal", "村口")
    first = browser.get("/api/cases", params={"closed": False, "limit": 2}).json()
    rest = browser.get("/api/cases", params={"closed": False, "before": first["next"]}).json()
    assert [len(one["cases"]) for one in (first, rest)] == [2, 1]
    assert browser.get("/api/cases", params={"late": True}).json()["cases"] == []
    assert browser.get("/api/cases", params={"before": "?"}).status_code == 422
    assert browser.get("/api/cases/i-9").status_code == 404


def test_nobody_without_a_sign_in(site, opened):
    with site.client() as stranger:
        assert stranger.get(opened).status_code == 401


def test_every_role_is_a_party_to_cases():
    assert {Party(role.value) for role in Role} == {Party.ADMIN, Party.OPERATOR, Party.REPORTER}


JPEG = cv2.imencode(".jpg", np.full((40, 60, 3), 99, np.uint8))[1].tobytes()
PDF = b"%PDF-1.7\n%a paper\n"


def test_notes_carry_pictures_and_papers_that_the_trail_shows(site, browser, opened):
    sent = [("file", ("现场.jpg", JPEG)), ("file", ("../结论.pdf", PDF))]
    told = {"action": "comment", "revision": "0", "note": "已到现场"}
    answer = browser.post(f"{opened}/steps-with-files", data=told, files=sent)
    assert answer.status_code == 200, answer.text
    entry = answer.json()["trail"][-1]
    assert (entry["action"], entry["note"]) == ("comment", "已到现场")
    photo, paper = entry["attachments"]
    assert [(one["name"], one["type"]) for one in (photo, paper)] == [
        ("现场.jpg", "photo"),
        ("结论.pdf", "file"),
    ]
    served = browser.get(paper["url"])
    assert (served.content, served.headers["content-type"]) == (PDF, "application/pdf")
    assert served.headers["content-disposition"].startswith("attachment")
    assert hashlib.sha256(browser.get(photo["url"]).content).hexdigest() == photo["sha256"]
    assert browser.get(opened).json()["trail"][0]["attachments"] == []
    kept = {piece["id"] for piece in browser.get("/api/incidents/i-0").json()["evidence"]}
    assert {photo["id"], paper["id"]} <= kept


@pytest.mark.parametrize(
    ("told", "file", "status", "code"),
    [
        ({"action": "close", "revision": "0"}, PDF, 409, "step_refused"),
        ({"action": "comment", "note": "x"}, PDF, 422, "bad_request"),
        ({"action": "comment", "revision": "0", "note": "x"}, b"MZ", 422, "bad_upload"),
    ],
)
def test_files_of_what_is_refused_are_not_kept(
    site, browser, opened, refused, told, file, status, code
):
    sent = [("file", ("a.pdf", file))]
    refused(browser.post(f"{opened}/steps-with-files", data=told, files=sent), status, code)
    assert not list(site.services.evidence_dir.rglob("*.pdf"))
