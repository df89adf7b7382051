"""gridpatrol report, proposals and case related, from a shell."""

import zipfile
from dataclasses import replace

import pytest

from gateway.clock import utc_now
from gateway.secrets import SecretBox
from gateway.store import Store
from gateway.store.inventory import Camera


@pytest.fixture
def wrong(gridpatrol, data_dir, samples):
    """Three alarms of the gate, all false, and one of the yard at the same time."""
    data_dir.mkdir(parents=True)
    now = utc_now()
    with Store.open(data_dir / "gridpatrol.db", SecretBox.open(data_dir / "secret.key")) as store:
        store.inventory.add(Camera("gate", "村口"))
        for name, camera in (("i-0", "gate"), ("i-1", "gate"), ("i-2", "gate"), ("y", "yard")):
            ref = replace(samples.origin.camera, id=camera, name=camera)
            change = samples.change(
                name, camera=camera, rule="persons", opened_at=now, last_seen_at=now
            )
            store.incidents.record(change, replace(samples.origin, camera=ref), (), samples.compose)
    for number in range(3):
        gridpatrol("case", "step", f"i-{number}", "dismiss", "--reason", "animal")


def test_reports_as_tables_csv_and_workbook(gridpatrol, refused, wrong, tmp_path):
    told = gridpatrol("report", "cases", "--by", "camera")
    assert told.exit_code == 0, told.err
    lines = told.out.splitlines()
    assert [line.split()[:5] for line in lines[1:]] == [
        ["gate", "3", "0", "0", "3"],
        ["yard", "1", "1", "0", "0"],
        ["all", "4", "1", "0", "3"],
    ]
    weekly = gridpatrol("report", "false-alarms").out.splitlines()[1]
    assert weekly.split()[-4:] == ["3", "100", "animal", "3"]
    assert "误报率（%）" in gridpatrol("report", "cases", "--csv").out
    (false, _) = gridpatrol("report", "false-alarms", "--json").objects
    assert (false["camera_id"], false["false"], false["reasons"]) == ("gate", 3, [["animal", 3]])
    assert gridpatrol("report", "false-alarms", "--xlsx", tmp_path / "w.xlsx").exit_code == 0
    assert zipfile.is_zipfile(tmp_path / "w.xlsx")
    refused(3, "report", "cases", "--from", "2026-05-02", "--to", "2026-05-01")


def test_a_proposal_is_accepted_once(gridpatrol, refused, wrong):
    (found,) = gridpatrol("proposals", "list", "--json").objects
    assert found["text"] == "3 false alarms (animal) at persons: min_height_ratio 0 → 0.05"
    said = gridpatrol("proposals", "accept", found["id"], "--note", "狗").out
    assert said.startswith("accepted: 3 false alarms (animal) at persons")
    assert "rules changed" in said
    rules = gridpatrol("cameras", "rules", "gate").out
    assert "min_height_ratio: 0.05" in rules
    refused(13, "proposals", "refuse", found["id"])
    assert gridpatrol("proposals", "list").out == ""


def test_what_belongs_to_a_case(gridpatrol, wrong):
    gridpatrol("case", "step", "i-2", "reopen", "--note", "不是狗")
    said = gridpatrol("case", "related", "y").out
    assert "i-2" in said
    assert "grid" in said
    (told,) = gridpatrol("case", "related", "i-2", "--json").objects
    assert (told["repeats"]["count"], told["repeats"]["false_alarms"]) == (2, 2)
