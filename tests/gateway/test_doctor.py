"""What doctor finds, and the cure it names for each lack."""

import shutil
import socket

import pytest

from gateway.config import Settings
from gateway.dispatch.embedded import open_queue
from gateway.doctor import SYSTEM_PACKAGES, Finding, Verdict, _cure_for, examine
from vision.runtime import BACKENDS, probe


@pytest.fixture
def find(tmp_path, monkeypatch):
    """Return what examines with these settings and gives the findings of one topic."""
    monkeypatch.delenv("REDIS_URL", raising=False)

    def look(topic: str, **sections: object) -> list[Finding]:
        settings = Settings.from_mapping({"data_dir": str(tmp_path / "var")} | sections)
        return [finding for finding in examine(settings) if finding.topic == topic]

    return look


def free_mb(path):
    return shutil.disk_usage(path).free >> 20


def test_machine_that_runs_the_tests_can_run_gridpatrol(find):
    for topic in ("machine", "disk", "opencv", "codec", "model", "queue"):
        findings = find(topic)
        assert findings
        assert {finding.verdict for finding in findings} == {Verdict.GOOD}, findings


def test_database_of_ones_own_is_found_or_the_lack_is_told_without_its_password(
    find, postgresql_location
):
    assert find("database") == []
    (finding,) = find("database", database={"url": postgresql_location})
    assert (finding.verdict, finding.text[-7:]) == (Verdict.GOOD, "answers")
    (finding,) = find("database", database={"url": "postgresql://u:swordfish@127.0.0.1:1/grid"})
    assert finding.verdict is Verdict.BAD
    assert "cannot be reached" in finding.text
    assert "swordfish" not in finding.text


def test_disk_with_too_little_room_for_clips(find, tmp_path):
    least = free_mb(tmp_path) + 100_000
    (finding,) = find("disk", recording={"min_free_mb": least})
    assert finding.verdict is Verdict.LESS
    assert f"recording gives way below {least} MB" in finding.text
    assert str(tmp_path) in finding.cure


def test_disk_about_to_be_full(find, monkeypatch):
    monkeypatch.setattr("gateway.doctor.ALMOST_FULL_MB", 1 << 40)
    (finding,) = find("disk")
    assert (finding.verdict, finding.cure[:4]) == (Verdict.BAD, "free")


def test_directory_that_cannot_be_written(find, tmp_path):
    (tmp_path / "file").touch()
    (finding,) = find("disk", data_dir=str(tmp_path / "file" / "var"))
    assert finding.verdict is Verdict.BAD
    assert "write access" in finding.cure


def test_every_runtime_is_reported_with_the_command_that_brings_it(find):
    findings = find("runtime")
    assert len(findings) == len(BACKENDS)
    for capability, finding in zip(probe(), findings, strict=True):
        assert capability.backend in finding.text
        if capability.version is None:
            assert finding.verdict is Verdict.LESS
            assert BACKENDS[capability.backend].install in finding.cure
        else:
            assert (finding.verdict, finding.cure) == (Verdict.GOOD, "")


def test_model_that_is_not_there(find):
    (finding,) = find("model", analysis={"model": "nanodet-h"})
    assert finding.verdict is Verdict.BAD
    assert "nanodet-g" in finding.text


def test_device_the_model_cannot_run_on(find):
    (finding,) = find("model", analysis={"device": "tensorrt", "backend": "openvino"})
    assert finding.verdict is Verdict.BAD
    assert "analysis.device" in finding.cure


def test_queue_that_was_configured(find, tmp_path):
    queue = open_queue(tmp_path / "other", None)
    try:
        (finding,) = find("queue", queue={"url": queue.url})
        assert finding.verdict is Verdict.GOOD
    finally:
        queue.stop()
    (finding,) = find("queue", queue={"url": "redis://:hunter2@127.0.0.1:9/0"})
    assert finding.verdict is Verdict.LESS
    assert "outbox" in finding.cure
    assert "hunter2" not in finding.text
    (finding,) = find("queue", queue={"url": "http://127.0.0.1"})
    assert finding.verdict is Verdict.BAD


def test_port_that_is_taken(find):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        (finding,) = find("port", serve={"port": port})
        assert finding.verdict is Verdict.LESS
        assert str(port) in finding.text
    (finding,) = find("port", serve={"port": port})
    assert finding.verdict is Verdict.GOOD


@pytest.mark.parametrize(("library", "package"), SYSTEM_PACKAGES.items())
def test_missing_system_library_has_its_package(library, package):
    error = ImportError(f"{library}: cannot open shared object file: No such file or directory")
    assert _cure_for(error) == f"apt-get install {package}"


def test_missing_python_library_has_a_cure_too():
    assert "make setup" in _cure_for(ImportError("No module named 'av'"))
