"""`doctor`, `check-config`, `reset-password`, `models` and what they refuse."""

import os
import subprocess
import sys
from importlib.util import find_spec

import cv2
import numpy as np
import pytest

from gateway.secrets import SecretBox
from gateway.store import Store

HEAVY = ("aiortc", "alembic", "av", "cv2", "fastapi", "openvino", "redis", "zeep")


def test_settings_with_mistakes_are_named_by_line(refused, tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text("site:\n  id: dongshan\nserve:\n  prot: 8601\n")
    said = refused(3, "check-config", path, "--json")
    assert f"{path}:4" in said
    assert "port" in said.replace("prot", "")
    assert f"{path}:4" in refused(3, "doctor", "--config", path)


def test_settings_without_mistakes_are_shown_without_secrets(gridpatrol, tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text("queue:\n  url: redis://:hunter2@10.0.0.1/0\nserve: {port: 8601}\n")
    outcome = gridpatrol("check-config", path, "--json")
    (shown,) = outcome.objects
    assert shown["serve"]["port"] == 8601
    assert "hunter2" not in outcome.out + outcome.err
    assert "no mistakes" in gridpatrol("check-config", path).out


def test_settings_file_that_is_not_there(refused, tmp_path):
    assert refused(3, "check-config", tmp_path / "site.yaml")


def test_doctor_prints_objects_only(gridpatrol):
    outcome = gridpatrol("doctor", "--json")
    topics = {one["topic"] for one in outcome.objects}
    assert {"machine", "disk", "opencv", "codec", "runtime", "model", "queue", "port"} <= topics
    for one in outcome.objects:
        assert set(one) == {"topic", "verdict", "text", "cure"}
        assert one["cure"] if one["verdict"] == "bad" else True


def test_doctor_fails_for_an_altered_model(gridpatrol, altered_model):
    outcome = gridpatrol("doctor", "--json")
    assert outcome.exit_code == 1
    assert str(altered_model) in outcome.out


def test_doctor_works_where_a_system_library_is_missing(tmp_path):
    """What opencv raises on a bare machine; the program must still start and name the package."""
    said = "libGL.so.1: cannot open shared object file: No such file or directory"
    (tmp_path / "cv2.py").write_text(f"raise ImportError({said!r})\n")
    run = [sys.executable, "-m", "gateway.cli"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "COLUMNS": "300"}
    options = {"env": environment, "capture_output": True, "text": True}
    doctor = subprocess.run([*run, "doctor"], check=False, **options)
    assert doctor.returncode == 1
    assert "apt-get install libgl1" in doctor.stdout
    film = tmp_path / "film.mp4"
    other = subprocess.run([*run, "analyze", str(film)], check=False, **options)
    assert (other.returncode, other.stdout) == (1, "")
    assert said in other.stderr
    assert "gridpatrol doctor" in other.stderr
    assert "Traceback" not in doctor.stderr + other.stderr


@pytest.mark.parametrize(
    ("module", "strange"),
    [
        ("gateway.cli", ("sqlalchemy", *HEAVY)),
        ("gateway.data_directory", HEAVY),
        ("gateway.run", ("aiortc", "alembic", "openvino", "gateway.api", "gateway.worker")),
        ("gateway.serve_process", ("aiortc", "alembic", "openvino", "gateway.worker")),
        ("gateway.worker_process", ("alembic", "openvino", "paho", "redis", "gateway.api")),
    ],
)
def test_who_starts_loads_nothing_that_is_not_theirs(module, strange):
    """The heavy libraries take up to a quarter of a second each."""
    told = f"import sys, {module}; print(*(one for one in sys.argv[1:] if one in sys.modules))"
    run = [sys.executable, "-c", told, *strange]
    assert subprocess.run(run, check=True, capture_output=True, text=True).stdout.split() == []


def test_new_password_is_printed_alone(gridpatrol, refused, data_dir):
    data_dir.mkdir()
    with Store.open(data_dir / "gridpatrol.db", SecretBox.open(data_dir / "secret.key")) as store:
        first = store.users.bootstrap_admin()
    outcome = gridpatrol("reset-password", "admin")
    assert outcome.exit_code == 0
    (password,) = outcome.out.split()
    assert password != first
    assert "nobody" in refused(13, "reset-password", "nobody")


def test_models_are_listed_and_verified(gridpatrol):
    listed, verified = (
        {one["name"]: one["sha256"] for one in gridpatrol("models", word, "--json").objects}
        for word in ("list", "verify")
    )
    assert listed == verified
    assert listed.keys() == {"nanodet-g", "water"}
    assert "nanodet-g" in gridpatrol("models", "list").out


def test_altered_model_is_not_whole(refused, altered_model):
    assert str(altered_model) in refused(16, "models", "verify", "--json")


def test_model_is_measured_on_labelled_pictures(gridpatrol, refused, tmp_path):
    images, labels = tmp_path / "images", tmp_path / "labels"
    images.mkdir()
    labels.mkdir()
    cv2.imwrite(str(images / "a.jpg"), np.full((120, 160, 3), 90, np.uint8))
    (labels / "a.txt").write_text("0 0.5 0.5 0.25 0.5\n")
    words = ("models", "eval", "--images", images, "--labels", labels)
    (report,) = gridpatrol(*words, "--json").objects
    assert report["scores"]["person"]["truths"] == 1
    assert "person" in gridpatrol(*words).out
    (labels / "a.txt").write_text("0 0.5\n")
    assert "a.txt" in refused(15, *words, "--json")


@pytest.mark.skipif(find_spec("ultralytics") is not None, reason="ultralytics is installed")
def test_pull_says_what_to_install(refused, tmp_path):
    said = refused(12, "models", "pull", "yolo11n", "--directory", tmp_path, "--json")
    assert "pip install 'gridpatrol[ultralytics]'" in said
