"""A case as an archive: whole, readable and provable without the program that made it."""

import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest
from sqlalchemy import text, update

from gateway.audit.act import Act, AuditAction
from gateway.casefile.blur import PersonBlur
from gateway.casefile.bundle import ExportWish, export_case
from gateway.casefile.check import Fault, FileState, check_case
from gateway.casefile.page import LEFT_OUT
from gateway.casefile.wording import Wording
from gateway.casefile.zip_stream import Entry, zip_stream
from gateway.dispatch.case_message import CaseWriter
from gateway.errors import NotFoundError
from gateway.store.evidence import EvidenceType
from gateway.store.tables import case_changes, manifests
from gateway.workflow.case import Action, Actor, Deed, FalseAlarm, Outcome, Party, Step
from vision.types import ChangeType, Severity

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
LI = Actor(Party.OPERATOR, "li <b>")
COMPOSE = CaseWriter("dongshan")
WISH = ExportWish("i-1", "wu", NOW, "东山村", ZoneInfo("Asia/Shanghai"), "0.1.0")
CLIP = b"a film " * 200_000


def act(store, action: Action, **fields: object) -> None:
    revision = store.cases.get("i-1").case.revision
    store.cases.take("i-1", Deed(action, LI, NOW, **fields), revision, COMPOSE)


@pytest.fixture
def keep(store, samples, tmp_path):
    """Keep files of the incident "i-1" as the incident writer does."""

    def put(files: dict[str, bytes]) -> None:
        pieces = []
        for name, data in files.items():
            path = f"evidence/gate/2026-05-01/i-1/{name}"
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(data)
            kind = EvidenceType(name.partition(".")[0].partition("-")[0])
            sha256 = hashlib.sha256(data).hexdigest()
            piece = samples.evidence("i-1", kind)
            pieces.append(replace(piece, id=name, path=path, sha256=sha256, size_bytes=len(data)))
        store.incidents.add_evidence("i-1", pieces, NOW, samples.compose)

    store.incidents.record(samples.change(), samples.origin, (), samples.compose)
    return put


@pytest.fixture
def closed(store, keep):
    """A case with three files and a trail, closed as a false alarm."""
    keep({"raw.jpg": b"raw", "marked.jpg": b"marked", "clip.mp4": CLIP})
    act(store, Action.COMMENT, note="<script>alert(1)</script> & 村口")
    act(store, Action.DISMISS, reason=FalseAlarm.ANIMAL)


@pytest.fixture
def unpacked(store, tmp_path):
    """Return an exporter into a folder."""

    def export(wish: ExportWish = WISH) -> Path:
        folder = tmp_path / "unpacked"
        data = b"".join(export_case(store, tmp_path, wish))
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
            archive.extractall(folder)
        return folder

    return export


def manifest_of(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_bytes())


def verified(folder: Path) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, "-I", str(folder / "verify.py")]
    return subprocess.run(run, capture_output=True, encoding="utf-8", check=False)


def test_an_archive_is_whole_and_proves_itself(closed, store, unpacked, tmp_path):
    store.audit.tell(Act(NOW, "zhao", AuditAction.SIGN_OUT, "user/zhao"))
    folder = unpacked()
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert names == {
        "SHA256SUMS", "VERIFY.md", "audit.txt", "evidence/001-raw.jpg", "evidence/002-marked.jpg",
        "evidence/003-clip.mp4", "index.html", "manifest.json", "sealed/manifest-1.json",
        "verify.py", "验证说明.md",
    }  # fmt: skip
    sums = subprocess.run(
        ["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=folder, capture_output=True, check=False
    )
    assert (sums.returncode, sums.stdout.count(b": OK")) == (0, len(names) - 1)
    head = store.audit.head()
    assert manifest_of(folder)["audit_head"] == {"seq": head.seq, "hash": head.hash}
    outcome = verified(folder)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert f"{head.seq}:{head.hash}" in outcome.stdout
    assert (folder / "evidence/003-clip.mp4").read_bytes() == CLIP
    said = (folder / "audit.txt").read_text()
    assert "zhao" not in said, "what others did is not told"
    assert '"case_exported","case/i-1"' in said


def change_evidence(folder: Path) -> None:
    (folder / "evidence/001-raw.jpg").write_bytes(b"row")


def drop_evidence(folder: Path) -> None:
    (folder / "evidence/001-raw.jpg").unlink()


def change_seal(folder: Path) -> None:
    seal = folder / "sealed/manifest-1.json"
    seal.write_bytes(seal.read_bytes().replace(b"li <b>", b"wu"))


def change_record(folder: Path) -> None:
    log = folder / "audit.txt"
    log.write_bytes(log.read_bytes().replace(b'"wu"', b'"xu"'))


def drop_record(folder: Path) -> None:
    first, *lines = (folder / "audit.txt").read_text().splitlines()
    (folder / "audit.txt").write_text("\n".join([first, *lines[1:]]) + "\n")


@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (change_evidence, "001-raw.jpg: changed"),
        (drop_evidence, "001-raw.jpg: missing"),
        (change_seal, "manifest-1.json: changed"),
        (change_record, "audit record"),
        (drop_record, "audit record"),
    ],
)
def test_what_is_done_to_an_archive_shows_even_with_new_checksums(closed, unpacked, forge, said):
    folder = unpacked()
    forge(folder)
    assert verified(folder).returncode == 1
    assert said in verified(folder).stdout
    if said.startswith(("audit", "manifest")):
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        lines = (
            f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}"
            for path in paths
            if path.name != "SHA256SUMS"
        )
        (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n")
        assert verified(folder).returncode == 1


def test_the_page_has_both_languages_and_nothing_from_outside(closed, unpacked):
    page = (unpacked() / "index.html").read_text()
    for words in ("误报", "False alarm", "人员", "li &lt;b&gt;", "&lt;script&gt;"):
        assert words in page
    assert "<script" not in page
    assert "http" not in page
    assert 'src="evidence/001-raw.jpg"' in page


def test_what_cannot_go_along_is_said(closed, store, unpacked, tmp_path):
    folder = tmp_path / "evidence/gate/2026-05-01/i-1"
    (folder / "raw.jpg").unlink()
    (folder / "marked.jpg").write_bytes(b"forged")
    store.evidence.mark_deleted(["evidence/gate/2026-05-01/i-1/clip.mp4"], NOW)
    files = manifest_of(unpacked())["files"]
    assert [file["left_out"] for file in files] == ["missing", "altered", "deleted"]
    assert all(file["name"] is None for file in files)
    assert verified(tmp_path / "unpacked").returncode == 0


def test_an_open_case_is_exported_without_a_seal(keep, store, unpacked):
    keep({"raw.jpg": b"raw"})
    manifest = manifest_of(unpacked())
    assert (manifest["is_closed"], manifest["seals"]) == (False, [])


@pytest.fixture(scope="module")
def street(square_film, tmp_path_factory):
    """Return a picture of pedestrians, as JPEG."""
    import av

    with av.open(str(square_film)) as film:
        frame = next(frame for number, frame in enumerate(film.decode(video=0)) if number == 100)
    _, jpeg = cv2.imencode(".jpg", frame.to_ndarray(format="bgr24"))
    return jpeg.tobytes()


def test_persons_are_veiled_in_every_picture_of_a_view_and_clips_left_out(
    keep, store, unpacked, street, detector, tmp_path
):
    keep({"raw.jpg": street, "marked.jpg": street, "clip.mp4": CLIP})
    folder = unpacked(replace(WISH, veil=PersonBlur(detector)))
    files = manifest_of(folder)["files"]
    assert [file["left_out"] for file in files] == [None, None, "persons"]
    assert [file["is_veiled"] for file in files] == [True, True, False]
    original = hashlib.sha256(street).hexdigest()
    assert {file["original_sha256"] for file in files[:2]} == {original}
    assert files[0]["sha256"] != original
    before = cv2.imdecode(np.frombuffer(street, np.uint8), cv2.IMREAD_COLOR)
    after = cv2.imread(str(folder / files[0]["name"]))
    seen, left = detector.detect([before, after])
    assert sum(seen.kind(row) == "person" for row in range(len(seen))) >= 5
    assert (
        sum(left.kind(row) == "person" and left.score[row] > 0.4 for row in range(len(left))) == 0
    )
    assert "人物已模糊" in (folder / "index.html").read_text()


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "a/../../x", "c:x", "a\\b", "a\0"])
def test_no_name_leads_out_of_the_folder(name):
    with pytest.raises(ValueError, match="archive"):
        Entry(name, ())


def test_an_archive_is_made_as_it_is_read():
    asked = []

    def chunks(name: str):
        for number in range(3):
            asked.append((name, number))
            yield b"x" * 100_000

    stream = zip_stream((Entry(name, chunks(name), packed=False) for name in "ab"), NOW)
    first = next(stream)
    assert len(asked) <= 1
    with zipfile.ZipFile(io.BytesIO(first + b"".join(stream))) as archive:
        assert [len(archive.read(name)) for name in ("a", "b")] == [300_000, 300_000]


def test_a_closed_case_is_as_it_was_sealed(closed, store, tmp_path):
    found = check_case(store, tmp_path, "i-1")
    assert found.is_sound
    assert (found.number, [file.state for file in found.files]) == (1, [FileState.WHOLE] * 3)


def test_what_comes_after_the_closing_is_sealed_anew(closed, keep, store, samples, tmp_path):
    keep({"raw-2.jpg": b"more"})
    change = samples.change("i-1", ChangeType.CLOSED, 1, after_s=9)
    store.incidents.record(change, samples.origin, (), samples.compose)
    act(store, Action.COMMENT, note="seen by the village")
    seals = store.manifests.of("i-1")
    assert [seal.number for seal in seals] == [1, 2, 3, 4]
    assert len(seals[-1].opened().files) == 4
    assert check_case(store, tmp_path, "i-1").is_sound


def test_why_a_camera_reopened_a_case_is_said_in_both_languages(closed, store, unpacked):
    camera = Actor(Party.CAMERA, "gate")
    again = Deed(Action.REOPEN, camera, NOW, "turned red after the case was closed at yellow")
    store.cases.take("i-1", again, store.cases.get("i-1").case.revision, COMPOSE)
    page = (unpacked() / "index.html").read_text()
    assert "结案后积水升为红色" in page
    assert "The water turned red after the case was closed" in page


def test_what_is_not_sealed_cannot_be_checked(keep, store, tmp_path):
    for case in ("i-1", "i-9"):
        with pytest.raises(NotFoundError, match=case):
            check_case(store, tmp_path, case)


def test_changed_files_and_rows_show(closed, store, tmp_path):
    folder = tmp_path / "evidence/gate/2026-05-01/i-1"
    (folder / "raw.jpg").write_bytes(b"row")
    (folder / "marked.jpg").unlink()
    store.evidence.mark_deleted(["evidence/gate/2026-05-01/i-1/clip.mp4"], NOW)
    with store._database.write() as connection:
        connection.execute(update(case_changes).values(note="nothing"))
    found = check_case(store, tmp_path, "i-1")
    states = [file.state for file in found.files]
    assert states == [FileState.ALTERED, FileState.MISSING, FileState.DELETED]
    assert (found.faults, found.is_sound) == ((Fault.ROWS,), False)


def test_an_exchanged_manifest_shows(closed, store, tmp_path):
    body = store.manifests.of("i-1")[0].body
    forged = body.replace("animal", "test")
    with store._database.write() as connection:
        connection.execute(update(manifests).values(body=forged))
    assert check_case(store, tmp_path, "i-1").faults == (Fault.MANIFEST,)
    with store._database.write() as connection:
        sha256 = hashlib.sha256(forged.encode()).hexdigest()
        connection.execute(update(manifests).values(sha256=sha256))
        connection.execute(text("UPDATE cases SET reason = 'test'"))
    assert Fault.AUDIT in check_case(store, tmp_path, "i-1").faults


def test_every_word_of_the_page_is_there_in_chinese(closed, unpacked):
    wording = Wording.load()
    codes = [
        *(f"step {one}" for one in Step),
        *(f"action {one}" for one in Action),
        *(f"party {one}" for one in Party),
        *(f"outcome {one}" for one in Outcome),
        *(f"reason {one}" for one in FalseAlarm),
        *(f"file {one}" for one in EvidenceType),
        *(f"severity {one}" for one in Severity),
    ]
    said = re.findall(r'<span lang="zh-CN">([^<]*)</span>', (unpacked() / "index.html").read_text())
    assert {code for code in codes if code not in wording.chinese} == set()
    assert {text for text in said if text.isascii()} == set()
    assert set(LEFT_OUT.values()) <= wording.chinese.keys()
