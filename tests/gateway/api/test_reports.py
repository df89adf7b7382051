"""Reports over the API: as JSON, as CSV and as a workbook, for the site's own days."""

import csv
import io
import zipfile

import pytest

PERIOD = {"from": "2026-05-01T00:00:00+08:00", "to": "2026-05-02T00:00:00+08:00"}


@pytest.fixture
def told(browser, store, samples):
    """Put three cases into the store: one dismissed, one recorded, one nobody has seen."""
    samples.fill(store, 3)
    dismissed, recorded = {"action": "dismiss", "reason": "light"}, {"action": "record"}
    for incident, told in (("i-0", dismissed), ("i-1", recorded)):
        answer = browser.post(f"/api/cases/{incident}/steps", json={"revision": 0, **told})
        assert answer.status_code == 200, answer.text


def test_cases_by_camera(browser, told):
    body = browser.get("/api/reports/cases", params={**PERIOD, "by": "camera"}).json()
    (line,) = body["lines"]
    assert (line["key"], line["name"], line["cases"]) == ("gate", "村口", 3)
    assert (line["true"], line["false"], line["false_ratio"], line["open"]) == (1, 1, 0.5, 1)
    assert line["response"]["count"] == 2
    assert line["response"]["median_s"] >= 0
    assert (line["closing"]["count"], line["on_time_ratio"]) == (0, 1.0)
    assert body["total"]["cases"] == 3


def test_the_sites_midnight_parts_the_days(browser, told):
    for end, cases in (("2026-05-01T16:00:00+08:00", 0), ("2026-05-01T16:00:00.001+08:00", 3)):
        params = {"from": "2026-05-01T00:00:00+08:00", "to": end, "by": "day"}
        assert browser.get("/api/reports/cases", params=params).json()["total"]["cases"] == cases


def test_files_in_the_readers_language(browser, told):
    answer = browser.get("/api/reports/cases.csv", params=PERIOD, headers={"Accept-Language": "en"})
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert (lines[0][0], lines[1][0], lines[-1][:2]) == ("Unit", "东山村", ["All", "3"])
    assert answer.headers["content-disposition"] == 'attachment; filename="cases-20260501.csv"'
    book = browser.get("/api/reports/false-alarms.xlsx", params=PERIOD)
    strings = zipfile.ZipFile(io.BytesIO(book.content)).read("xl/sharedStrings.xml").decode()
    assert "灯光、反光、阴影" in strings
    assert browser.get("/api/reports/cases.pdf", params=PERIOD).status_code == 422


def test_false_alarms_by_week_and_rule(browser, told):
    body = browser.get("/api/reports/false-alarms", params=PERIOD | {"rule": "person-at-gate"})
    (line,) = body.json()["lines"]
    assert (line["week"], line["raised"], line["judged"], line["false"]) == ("2026-04-27", 3, 2, 1)
    assert line["reasons"] == {"light": 1}


def test_usual_times_and_wrong_ones(browser, told, refused):
    for report in ("cases", "false-alarms"):
        assert browser.get(f"/api/reports/{report}").status_code == 200
        backwards = {"from": PERIOD["to"], "to": PERIOD["from"]}
        refused(browser.get(f"/api/reports/{report}", params=backwards), 422, "bad_request")
