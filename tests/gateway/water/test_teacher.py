"""A camera is taught in a process of its own: with the network as shipped, on what it learnt."""

import time
from datetime import UTC, datetime
from functools import partial

import numpy as np
import pytest

from gateway.detector_setup import open_water_network
from gateway.errors import BusyError
from gateway.water.bank_files import BankFiles
from gateway.water.teacher import Pupil, Teacher
from gateway.water.teaching import teach_camera
from gateway.water_file import point_of
from models.train.scenes import draw_scene, lit
from vision.types import FrameSize
from vision.water.bank import ReferenceBank
from vision.water.types import Sample

AT = datetime(2026, 7, 1, tzinfo=UTC)
SETUP = """{"type": "road", "zones": [{"id": "low",
  "polygon": [[0.05, 0.5], [0.95, 0.5], [0.95, 0.98], [0.05, 0.98]]}]}"""
SMALL = FrameSize(160, 96)
WAIT_S = 600.0


@pytest.fixture
def pupil(tmp_path) -> Pupil:
    """Return a camera that knows a street."""
    rng = np.random.default_rng(3)
    scene = draw_scene(SMALL, rng)
    bank = ReferenceBank((SMALL.height, SMALL.width))
    clear = np.zeros(bank.shape, np.bool_)
    for _ in range(2):
        bank.teach(Sample(AT, lit(scene, rng), clear, SMALL), AT)
    BankFiles(tmp_path, "gate").save(bank)
    return Pupil("gate", SETUP, tmp_path)


@pytest.fixture
def teacher():
    teacher = Teacher(partial(open_water_network, None))
    yield teacher
    teacher.stop()


def ended(teacher: Teacher, camera: str):
    """Return how a training ended, and how far it was said to be on the way."""
    shares, until_s = [], time.monotonic() + WAIT_S
    while (run := teacher.run_of(camera)) and not run.error and time.monotonic() < until_s:
        shares.append(run.share)
        time.sleep(0.05)
    return run, shares


def test_a_camera_is_taught_and_tells_how_far_it_is(teacher, pupil):
    files = BankFiles(pupil.data_dir, "gate")
    teacher.begin(pupil)
    with pytest.raises(BusyError, match="camera gate is being taught"):
        teacher.begin(Pupil("yard", SETUP, pupil.data_dir))
    run, shares = ended(teacher, "gate")
    assert run is None
    assert shares == sorted(shares)
    assert any(0.0 < share < 1.0 for share in shares)
    training = files.load_training(AT)
    assert training.kept == (files.head_stamp() != 0)
    assert training.after.merit >= -1


def test_what_goes_wrong_is_told_and_the_next_is_taught_all_the_same(teacher, pupil):
    teacher.begin(Pupil("yard", SETUP, pupil.data_dir))
    run, _ = ended(teacher, "yard")
    assert run.error == "camera yard has learnt nothing of its place yet"
    assert teacher.run_of("gate") is None
    teacher.begin(pupil)
    teacher.stop()
    run, _ = ended(teacher, "gate")
    assert run.error == "the training ended before it was done; try again"


def test_an_eye_is_replaced_only_by_a_better_one_than_itself(pupil):
    network, files = open_water_network(None), BankFiles(pupil.data_dir, "gate")
    references, setup = files.load(AT).bank.references, point_of(SETUP).setup
    first = teach_camera(network, references, setup, files)
    in_use = files.head_stamp()
    again = teach_camera(network, references, setup, files)
    assert first.is_better
    assert again.before == first.after
    assert not again.is_better
    assert files.head_stamp() == in_use
    assert not files.load_training(AT).kept
