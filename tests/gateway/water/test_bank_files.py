"""Banks across restarts: kept, kept as they were before, set aside when damaged."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from structlog.testing import capture_logs

from gateway.errors import StorageError
from gateway.store.water import Loss
from gateway.water.bank_files import BANK, FEET, HEAD, MARKS, PREVIOUS, TRAINING, BankFiles
from gateway.water.teaching import keep
from vision.errors import WaterError
from vision.types import FrameSize
from vision.water.bank import ReferenceBank
from vision.water.eye_trial import EyeFigures
from vision.water.level import MarkBook
from vision.water.training import TrainedHead
from vision.water.types import Mark, Sample

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
SHAPE = (40, 64)


def sample(seed: int) -> Sample:
    image = np.full((*SHAPE, 3), 30, np.uint8)
    image[:, 12 * seed : 12 * seed + 12] = 220
    return Sample(NOW, image, np.zeros(SHAPE, np.bool_), FrameSize(64, 40))


def bank_of(*seeds: int) -> ReferenceBank:
    bank = ReferenceBank(SHAPE)
    for seed in seeds:
        bank.teach(sample(seed), NOW)
    return bank


@pytest.fixture
def files(tmp_path) -> BankFiles:
    return BankFiles(tmp_path, "gate")


def loaded(files: BankFiles) -> tuple[int | None, Loss | None]:
    kept = files.load(NOW)
    return None if kept.bank is None else len(kept.bank.references), kept.loss


def test_a_camera_begins_without_a_bank(files) -> None:
    assert loaded(files) == (None, None)
    assert not files.folder.exists()


def test_the_newest_is_read_and_the_one_before_is_there(files) -> None:
    for seeds in ((1,), (1, 2), (1, 2, 3)):
        files.save(bank_of(*seeds))
    assert loaded(files) == (3, None)
    assert sorted(path.name for path in files.folder.iterdir()) == [BANK, PREVIOUS]
    (files.folder / BANK).unlink()
    assert loaded(files) == (2, Loss.BEHIND)


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda _: b"", lambda _: b"x" * 999])
def test_a_damaged_bank_is_set_aside_and_told(files, damage) -> None:
    files.save(bank_of(1))
    files.save(bank_of(1, 2))
    newest = files.folder / BANK
    broken = damage(newest.read_bytes())
    newest.write_bytes(broken)
    with capture_logs() as told:
        assert loaded(files) == (1, Loss.BEHIND)
    assert [(one["log_level"], one["camera"]) for one in told] == [
        ("error", "gate"),
        ("warning", "gate"),
    ]
    (aside,) = files.folder.glob("*.damaged-*")
    assert aside.read_bytes() == broken
    assert aside.name in told[0]["file"]


def test_two_damaged_banks_mean_to_learn_anew(files) -> None:
    for _ in range(2):
        files.save(bank_of(1))
    for name in (BANK, PREVIOUS):
        (files.folder / name).write_bytes(b"no bank")
    assert loaded(files) == (None, Loss.DAMAGED)
    assert len(list(files.folder.glob("*.damaged-*"))) == 2
    files.save(bank_of(4))
    assert loaded(files) == (1, None)


def test_a_disk_that_refuses_is_told(files) -> None:
    files.folder.parent.mkdir(parents=True)
    files.folder.write_text("in the way")
    with pytest.raises(StorageError, match=r"gate.* cannot be written"):
        files.save(bank_of(1))
    with pytest.raises(StorageError, match=r"gate.* cannot be read"):
        files.load(NOW)


def test_a_camera_keeps_its_own_head(files) -> None:
    assert files.load_head(bytes.decode, NOW) is None
    files.save_head(b"taught")
    assert files.load_head(bytes.decode, NOW) == "taught"


def test_a_damaged_head_is_set_aside(files) -> None:
    def refuse(_: bytes) -> str:
        raise WaterError("a head is damaged")

    files.save_head(b"taught")
    assert files.load_head(refuse, NOW) is None
    assert [path.name for path in files.folder.iterdir()] == [f"{HEAD}.damaged-20260701T080000Z"]


def test_marks_are_kept_and_set_aside_when_damaged(files) -> None:
    gauge = Mark("gauge", (0.5, 0.9), (0.5, 0.1), 100.0, kind="gauge")
    assert files.load_marks((gauge,), NOW) is None
    files.save_marks(MarkBook(()))
    assert not files.folder.exists(), "a camera without marks keeps none"
    book = MarkBook((gauge,))
    book.learn(replace(sample(1), full=np.zeros((400, 640, 3), np.uint8)))
    files.save_marks(book)
    kept = files.load_marks((gauge,), NOW)
    assert kept is not None
    assert list(kept.looks) == [("gauge", False)]
    (files.folder / MARKS).write_bytes(b"nonsense")
    assert files.load_marks((gauge,), NOW) is None
    assert len(list(files.folder.glob(f"{MARKS}.damaged-*"))) == 1


def test_how_tall_persons_are_is_kept_and_set_aside_when_damaged(files) -> None:
    assert files.load_feet(NOW) is None
    feet = np.array([(0.5, 0.9, 0.3)], np.float32)
    files.save_feet(feet)
    assert np.array_equal(files.load_feet(NOW), feet)
    (files.folder / FEET).write_bytes(b"nonsense")
    assert files.load_feet(NOW) is None
    assert len(list(files.folder.glob(f"{FEET}.damaged-*"))) == 1


@pytest.mark.parametrize(("after", "is_kept"), [(0.7, True), (0.4, False)])
def test_how_a_training_went_is_kept_and_a_worse_eye_is_not(files, after, is_kept) -> None:
    assert files.load_training(NOW) is None
    before = EyeFigures(0.5, 0.5, 0.1, None)
    keep(TrainedHead(b"eye", before, replace(before, iou=after)), files, NOW)
    training = files.load_training(NOW)
    assert (training.at, training.kept, training.before) == (NOW, is_kept, before)
    assert training.after.iou == after
    assert (files.load_head(bytes.decode, NOW) == "eye") is is_kept
    (files.folder / TRAINING).write_bytes(b"{}")
    assert files.load_training(NOW) is None
    assert len(list(files.folder.glob(f"{TRAINING}.damaged-*"))) == 1
