"""Proposals over the API: an operator accepts, rules change, and their trail says why."""

import pytest

from gateway.clock import utc_now
from gateway.store.workers import Worker
from vision.types import Severity


@pytest.fixture
def wrong(store, samples, gate, worker_url):
    """Put three alarms of the camera's default rule into the store, of this very hour."""
    store.workers.enter(Worker(0, worker_url, 1, utc_now()))
    now = utc_now()
    for number in range(3):
        change = samples.change(f"i-{number}", rule="persons", opened_at=now, last_seen_at=now,
                                severity=Severity.GREEN)  # fmt: skip
        store.incidents.record(change, samples.origin, (), samples.compose)


@pytest.fixture
def dismiss(operator):
    """Return what calls an incident false."""

    def do(incident: str, reason: str = "insect") -> None:
        question = {"action": "dismiss", "revision": 0, "reason": reason}
        answer = operator.post(f"/api/cases/{incident}/steps", json=question)
        assert answer.status_code == 200, answer.text

    return do


PATH = "/api/false-alarms/proposals"


def test_an_operator_accepts_and_the_trail_of_rules_says_why(
    operator, store, worker, wrong, dismiss, refused
):
    for number in (0, 1):
        dismiss(f"i-{number}")
    assert operator.get(PATH).json()["proposals"] == []
    dismiss("i-2")
    (found,) = operator.get(PATH).json()["proposals"]
    assert (found["camera"], found["rule"], found["reason"]) == ("gate", "persons", "insect")
    assert (found["count"], found["judged"], found["remedy"]) == (3, 3, "patience")
    assert (found["setting"], found["before"], found["after"]) == ("confirm_s", "1 s", "3 s")
    assert store.rule_changes.of("gate") == ()
    answer = operator.post(f"{PATH}/{found['id']}", json={"accept": True, "note": "蜘蛛"})
    assert (answer.status_code, answer.json()["rules_changed"]) == (200, True)
    assert worker.reloads == 1
    rules = operator.get("/api/cameras/gate/rules").json()["rules"]
    assert [(one["id"], one["confirm_s"]) for one in rules] == [("persons", 3.0), ("vehicles", 1.0)]
    (change,) = store.rule_changes.of("gate")
    assert (change.by, change.why) == (
        "admin",
        "3 false alarms (insect) at persons: confirm_s 1 s → 3 s",
    )
    after = operator.get(PATH).json()
    assert after["proposals"] == []
    assert [(one["accepted"], one["by"], one["note"]) for one in after["decided"]] == [
        (True, "admin", "蜘蛛")
    ]
    refused(operator.post(f"{PATH}/{found['id']}", json={"accept": True}), 404, "not_found")


def test_what_is_refused_changes_nothing_and_does_not_come_back(operator, store, wrong, dismiss):
    for number in range(3):
        dismiss(f"i-{number}", "plant")
    (found,) = operator.get(PATH).json()["proposals"]
    assert (found["remedy"], found["setting"]) == ("zone", None)
    answer = operator.post(f"{PATH}/{found['id']}", json={"accept": False})
    assert (answer.json()["accepted"], answer.json()["rules_changed"]) == (False, False)
    assert operator.get(PATH).json()["proposals"] == []
    assert store.rule_changes.of("gate") == ()


def test_strangers_and_nonsense_are_refused(site, operator, gate, refused):
    refused(operator.post(f"{PATH}/none", json={"accept": True}), 404, "not_found")
    refused(operator.post(f"{PATH}/none", json={}), 422, "bad_request")
    with site.client() as stranger:
        refused(stranger.get(PATH), 401, "unauthenticated")
