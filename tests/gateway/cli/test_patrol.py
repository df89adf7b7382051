"""gridpatrol patrol and finding: a plan from a file, rounds, tables, a report from a shell."""

import zipfile
from datetime import timedelta
from getpass import getuser

import cv2
import numpy as np
import pytest

from gateway.clock import utc_now
from gateway.config import SiteSettings
from gateway.secrets import SecretBox
from gateway.store import Store
from gateway.store.inventory import Camera

ZONE = SiteSettings().zone


@pytest.fixture
def opened(data_dir):
    """Return the store of the data directory, with one camera."""
    data_dir.mkdir(parents=True)
    with Store.open(data_dir / "gridpatrol.db", SecretBox.open(data_dir / "secret.key")) as store:
        store.inventory.add(Camera(id="gate", name="村口"))
        yield store


@pytest.fixture
def plan(tmp_path):
    soon = (utc_now() + timedelta(minutes=3)).astimezone(ZONE)
    path = tmp_path / "plan.yaml"
    path.write_text(
        "rota: [{shift: 全天, starts: '00:00', ends: '00:00', crews: [[张三]]}]\n"
        "routes:\n"
        "  - id: village\n"
        "    name: 早晚巡\n"
        f"    at: ['{soon:%H:%M}']\n"
        "    stops: [{camera: gate}]\n",
        "utf-8",
    )
    return path


def test_a_plan_is_imported_walked_and_reported(gridpatrol, opened, plan, tmp_path):
    assert "1 shifts, 1 routes" in gridpatrol("patrol", "import", plan).out
    assert "张三" in gridpatrol("patrol", "rota", "--days", "1").out
    opened.patrol.advance(utc_now() + timedelta(minutes=5), ZONE)
    tomorrow = f"{(utc_now() + timedelta(days=2)).astimezone(ZONE):%Y-%m-%d}"
    listed = gridpatrol("patrol", "rounds", "--to", tomorrow, "--json").objects
    assert [one["round"]["name"] for one in listed] == ["早晚巡"]
    round_id = listed[0]["round"]["id"]
    opened.patrol.skip(round_id, "张三", "停电", utc_now())
    assert "skipped 停电" in gridpatrol("patrol", "show", round_id).out
    table = tmp_path / "t.csv"
    gridpatrol("patrol", "rounds", "--to", tomorrow, "--as", "csv", "--out", table)
    assert "早晚巡" in table.read_text("utf-8-sig")
    book = tmp_path / "t.xlsx"
    gridpatrol("patrol", "rounds", "--to", tomorrow, "--as", "xlsx", "--out", book)
    assert zipfile.is_zipfile(book)


def test_mistakes_of_a_plan_are_told_with_their_lines(refused, opened, plan):
    plan.write_text(plan.read_text("utf-8").replace("camera: gate", "camera: nowhere"), "utf-8")
    assert "nowhere" in refused(3, "patrol", "import", plan)
    plan.write_text("routes:\n  - id: r\n    name: x\n    stops: []\n    att: ['8']\n", "utf-8")
    said = refused(3, "patrol", "import", plan)
    assert "plan.yaml:4: routes.0.stops" in said
    assert "did you mean `at`?" in said


def test_a_finding_from_a_shell(gridpatrol, refused, opened, tmp_path):
    photo = tmp_path / "a.png"
    photo.write_bytes(cv2.imencode(".png", np.zeros((40, 60, 3), np.uint8))[1].tobytes())
    (told,) = gridpatrol(
        "finding", "add", "rubbish", "--place", "桥头", "--picture", photo, "--json"
    ).objects
    stored = opened.incidents.get(told["id"])
    assert (stored.finding.by.name, len(stored.evidence)) == (f"cli:{getuser()}", 1)
    assert "--place" in refused(3, "finding", "add", "rubbish")
    photo.write_bytes(b"none")
    told = ("finding", "add", "rubbish", "--place", "桥头", "--picture", photo)
    assert "no picture" in refused(27, *told)
