"""What belongs to a case, over the API: suggested, merged, told with all evidence, and repeats."""

from dataclasses import replace

import pytest

from gateway.store.evidence import EvidenceType


@pytest.fixture
def two(store, samples):
    """Put two alarms of one happening into the store, of two cameras of one grid."""
    for incident_id, camera in (("i-0", "gate"), ("i-1", "yard")):
        ref = replace(samples.origin.camera, id=camera, name=f"相机 {camera}")
        change = samples.change(incident_id, camera=camera)
        raw = samples.evidence(incident_id, EvidenceType.RAW)
        store.incidents.record(change, replace(samples.origin, camera=ref), [raw], samples.compose)


def test_a_suggestion_is_taken_and_all_evidence_is_in_one_place(browser, two):
    path = "/api/cases/{}/related".format
    (found,) = browser.get(path("i-0")).json()["matches"]
    assert (found["case"], found["camera"]["name"]) == ("i-1", "相机 yard")
    assert (found["by"], found["distance_m"], found["gap_s"]) == ("grid", None, 0.0)
    assert (found["merge"], found["into"], found["is_auto"]) == ("i-1", "i-0", False)
    (mirrored,) = browser.get(path("i-1")).json()["matches"]
    assert (mirrored["case"], mirrored["merge"]) == ("i-0", "i-1")
    question = {"action": "merge", "revision": found["revision"], "other": found["into"]}
    assert browser.post(f"/api/cases/{found['merge']}/steps", json=question).status_code == 200
    after = browser.get(path("i-0")).json()
    assert after["matches"] == []
    (member,) = after["members"]
    assert (member["id"], len(member["evidence"])) == ("i-1", 1)
    assert member["evidence"][0]["url"].startswith("/api/evidence/")


def test_a_suggestion_is_refused_for_good_and_taken_up_again(browser, two, refused):
    path, steps = "/api/cases/{}/related".format, "/api/cases/{}/steps".format
    question = {"action": "differ", "revision": 0, "other": "i-1"}
    assert browser.post(steps("i-0"), json=question).status_code == 200
    after = browser.get(path("i-1")).json()
    assert after["matches"] == []
    (apart,) = after["apart"]
    assert (apart["case"], apart["camera"]["name"], apart["by"]) == ("i-0", "相机 gate", "admin")
    (told,) = browser.get("/api/audit?object=case/i-0&action=case_step").json()["records"]
    assert (told["actor"], told["detail"]["did"]) == ("admin", "differ")
    refused(browser.post(steps("i-1"), json=question | {"other": "i-0"}), 409, "case_changed")
    again = {"action": "may_match", "revision": 1, "other": "i-0"}
    assert browser.post(steps("i-1"), json=again).status_code == 200
    related = browser.get(path("i-0")).json()
    assert ([one["case"] for one in related["matches"]], related["apart"]) == (["i-1"], [])


def test_repeats_are_counted_and_listed(browser, store, samples):
    samples.fill(store, 3)
    browser.post(
        "/api/cases/i-1/steps", json={"action": "dismiss", "reason": "plant", "revision": 0}
    )
    repeats = browser.get("/api/cases/i-2/related").json()["repeats"]
    assert (repeats["count"], repeats["false_alarms"]) == (2, 1)
    told = [(one["case"], one["outcome"], one["reason"]) for one in repeats["cases"]]
    assert told == [("i-1", "false_alarm", "plant"), ("i-0", None, None)]


def test_unknown_cases_and_strangers(browser, site, refused):
    refused(browser.get("/api/cases/i-9/related"), 404, "not_found")
    with site.client() as stranger:
        refused(stranger.get("/api/cases/i-9/related"), 401, "unauthenticated")
