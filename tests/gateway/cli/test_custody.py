"""gridpatrol case verify, export, hold: what a case proves, handed on and kept."""

import hashlib
import zipfile
from dataclasses import replace

import pytest

from gateway.secrets import SecretBox
from gateway.store import Store


@pytest.fixture
def picture(gridpatrol, data_dir, samples):
    """Return the picture of a case that was filed."""
    path = data_dir / "evidence" / "raw.jpg"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a picture")
    sha256 = hashlib.sha256(b"a picture").hexdigest()
    piece = replace(samples.evidence(), path="evidence/raw.jpg", sha256=sha256, size_bytes=9)
    with Store.open(data_dir / "gridpatrol.db", SecretBox.open(data_dir / "secret.key")) as store:
        store.incidents.record(samples.change(), samples.origin, [piece], samples.compose)
    return path


def test_a_case_is_verified_once_it_is_closed(gridpatrol, refused, picture):
    assert "sealed when it is closed" in refused(13, "case", "verify", "i-1")
    gridpatrol("case", "step", "i-1", "record")
    (found,) = gridpatrol("case", "verify", "i-1", "--json").objects
    assert (found["number"], found["faults"]) == (1, [])
    picture.write_bytes(b"b picture")
    outcome = gridpatrol("case", "verify", "i-1")
    assert outcome.exit_code == 31
    assert "evidence/raw.jpg  altered" in outcome.out


def test_a_case_is_written_as_an_archive(gridpatrol, refused, picture, tmp_path):
    gridpatrol("case", "export", "i-1", "--to", tmp_path / "case.zip")
    with zipfile.ZipFile(tmp_path / "case.zip") as archive:
        assert archive.read("evidence/001-raw.jpg") == b"a picture"
    assert "cannot be written" in refused(3, "case", "export", "i-1", "--to", tmp_path / "no" / "x")
    refused(13, "case", "export", "i-9", "--to", tmp_path / "other.zip")
    assert [path.name for path in tmp_path.glob("*.zip*")] == ["case.zip"]


def test_a_case_is_held_and_released(gridpatrol, refused, picture):
    gridpatrol("case", "hold", "i-1", "--reason", "县公安局")
    (held,) = gridpatrol("case", "holds", "--json").objects
    assert (held["incident_id"], held["reason"]) == ("i-1", "县公安局")
    assert "县公安局" in gridpatrol("case", "holds").out
    gridpatrol("case", "release", "i-1", "--reason", "done")
    refused(13, "case", "release", "i-1")
    assert "needs a reason" in refused(3, "case", "hold", "i-1", "--reason", " ")
