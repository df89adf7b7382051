"""Cases checked, held and exported over the API."""

import io
import json
import zipfile
from contextlib import closing
from dataclasses import replace

import pytest

from gateway.audit.act import AuditAction
from gateway.clock import utc_now
from gateway.dispatch.case_message import CaseWriter
from gateway.store.audit_log import AuditFilter
from gateway.workflow.case import Action, Actor, Deed, Party
from vision.errors import ModelError


@pytest.fixture
def case(store, samples, tmp_path):
    """A closed case with a picture; return its path below /api."""
    data = b"\xff\xd8 a picture"
    sha256 = "3b8aa8f4f8b4f9bd0d3fb5b2eab6d52a33e6f7f3fd0a0f3a9e6f0f0f0f0f0f0f"
    piece = replace(samples.evidence(), path="evidence/raw.jpg", sha256=sha256, size_bytes=11)
    store.incidents.record(samples.change(), samples.origin, [piece], samples.compose)
    (tmp_path / "evidence").mkdir(exist_ok=True)
    (tmp_path / piece.path).write_bytes(data)
    deed = Deed(Action.RECORD, Actor(Party.OPERATOR, "li"), utc_now())
    store.cases.take("i-1", deed, 0, CaseWriter("dongshan"))
    return "/api/cases/i-1"


def test_a_check_names_what_is_not_as_it_was_sealed(browser, case, refused):
    body = browser.get(f"{case}/check").json()
    assert (body["number"], body["is_sound"], body["faults"]) == (1, False, [])
    assert [file["state"] for file in body["files"]] == ["altered"]
    refused(browser.get("/api/cases/i-9/check"), 404, "not_found")


def test_an_export_comes_as_an_archive_and_is_told(browser, case, store):
    answer = browser.post(f"{case}/export", json={})
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="case-i-1.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert (manifest["site"], manifest["exported_by"]) == ("东山村", "admin")
    (told,) = store.audit.newest(AuditFilter(action=AuditAction.CASE_EXPORTED))
    assert (told.actor, told.detail) == ("admin", '{"persons_veiled":false}')


def test_nothing_is_exported_unveiled_where_nobody_can_be_blurred(make_site, case, refused):
    def fail():
        raise ModelError("no such model")

    for more in ({}, {"open_veil": fail}):
        with closing(make_site(**more).signed_in()) as client:
            answer = client.post(f"{case}/export", json={"blur_persons": True})
            refused(answer, 409, "not_exportable")


def test_administrators_hold_and_release(browser, case, store, refused):
    assert browser.put(f"{case}/hold", json={"reason": "县公安局 2026-17"}).json()["by"] == "admin"
    (held,) = browser.get("/api/holds").json()["holds"]
    assert (held["case"], held["reason"]) == ("i-1", "县公安局 2026-17")
    assert browser.delete(f"{case}/hold").status_code == 204
    refused(browser.delete(f"{case}/hold"), 404, "not_found")
    refused(browser.put("/api/cases/i-9/hold", json={"reason": "x"}), 404, "not_found")
    refused(browser.put(f"{case}/hold", json={"reason": ""}), 422, "bad_request")
    told = [one.action for one in store.audit.newest(AuditFilter(object="case/i-1"), limit=2)]
    assert told == ["case_released", "case_held"]


def test_operators_do_not_hold(operator, case, refused):
    refused(operator.put(f"{case}/hold", json={"reason": "x"}), 403, "forbidden")
    assert operator.get(f"{case}/check").status_code == 200
