"""The commands about water: set-up, rain, what was learnt, and pairs held against a truth."""

import json
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from gateway.secrets import SecretBox
from gateway.store import Store
from gateway.store.inventory import Camera
from gateway.water.bank_files import BankFiles
from vision.types import FrameSize
from vision.water.bank import ReferenceBank
from vision.water.types import Sample

AT = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
SETUP = "type: road\nzones: [{id: low, polygon: [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]}]\n"


@pytest.fixture
def store(data_dir):
    data_dir.mkdir(parents=True)
    box = SecretBox.open(data_dir / "secret.key")
    with Store.open(data_dir / "gridpatrol.db", box) as opened:
        opened.inventory.add(Camera("gate", "村口"))
        yield opened


def ground(width: int = 320, height: int = 180, *, flooded: bool = False) -> np.ndarray:
    """Return rough ground below a wall with windows; its lower quarter under smooth water."""
    rng = np.random.default_rng(5)
    picture = np.full((180, 320, 3), 170, np.uint8)
    for left in range(10, 320, 40):
        cv2.rectangle(picture, (left, 20), (left + 18, 50), (50, 50, 60), cv2.FILLED)
    picture[80:] = rng.integers(60, 190, (100, 320, 1), np.uint8)
    if flooded:
        picture[135:] = (120, 130, 135)
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC)


@pytest.fixture
def scene(tmp_path):
    """Return a folder with one scene: a reference, a flood with its truth, a dry picture."""
    folder = tmp_path / "pairs" / "bridge"
    folder.mkdir(parents=True)
    truth = np.zeros((180, 320), np.uint8)
    truth[135:] = 255
    for name, picture in {
        "reference.png": ground(),
        "flood.png": ground(640, 360, flooded=True),
        "flood.mask.png": truth,
        "dry.png": ground(),
        "dry.mask.png": np.zeros_like(truth),
    }.items():
        cv2.imwrite(str(folder / name), picture)
    return folder


def test_a_setup_is_set_shown_and_taken_away(gridpatrol, store, tmp_path) -> None:
    file = tmp_path / "water.yaml"
    file.write_text(SETUP)
    assert gridpatrol("water", "setup", "gate").out == ""
    assert gridpatrol("water", "setup", "gate", "--set", file).exit_code == 0
    assert json.loads(store.inventory.get("gate").water)["type"] == "road"
    shown = gridpatrol("water", "setup", "gate").out
    file.write_text(shown)
    assert gridpatrol("water", "setup", "gate", "--set", file).exit_code == 0
    assert gridpatrol("water", "setup", "gate", "--off").exit_code == 0
    assert store.inventory.get("gate").water == ""


def test_mistakes_of_a_setup_are_told_with_their_lines(refused, store, tmp_path) -> None:
    file = tmp_path / "water.yaml"
    file.write_text(SETUP.replace("road", "rode"))
    assert f"{file}:1: type: " in refused(3, "water", "setup", "gate", "--set", file)
    file.write_text(SETUP)
    refused(3, "water", "setup", "gate", "--set", file, "--off")
    refused(13, "water", "setup", "nobody", "--set", file)


def test_rain_is_said_and_shown(gridpatrol, store) -> None:
    gridpatrol("water", "rain", "rain", "--hours", "2")
    (site, unit) = gridpatrol("water", "rain", "dry", "--unit", "东山村", "--json").objects
    assert (site["unit"], site["state"]) == ("", "rain")
    assert (unit["unit"], unit["state"], unit["source"]) == ("东山村", "dry", "manual")
    assert "东山村" in gridpatrol("water", "rain").out


def test_one_pair_is_judged(gridpatrol, scene) -> None:
    (found,) = gridpatrol(
        "water", "eval", "--reference", scene / "reference.png", "--image", scene / "flood.png",
        "--mask", scene / "flood.mask.png", "--no-network", "--json",
    ).objects  # fmt: skip
    assert found["unseen"] is None
    assert found["against_truth"]["iou"] > found["floor"]["iou"]
    assert found["against_truth"]["iou"] > 0.7
    assert found["state"] in {"yellow", "red"}
    assert found["basis"]
    assert 0.2 < found["truth_ratio"] < 0.3


@pytest.mark.parametrize(
    "drawn", ["ones", "red", "other size", "sixteen bits", "on nothing", "black on nothing"]
)
def test_truth_may_be_drawn_in_several_ways(gridpatrol, scene, drawn) -> None:
    file = scene / "flood.mask.png"
    white = cv2.imread(str(file))
    shapes = {
        "ones": white // 255,
        "red": white * np.array((0, 0, 1), np.uint8),
        "sixteen bits": white[:, :, 0].astype(np.uint16) // 255,
        "on nothing": np.dstack((np.full_like(white, 255), white[:, :, 0])),
        "black on nothing": np.dstack((np.zeros_like(white), white[:, :, 0])),
        "other size": cv2.resize(white, (100, 80), interpolation=cv2.INTER_NEAREST),
    }
    cv2.imwrite(str(file), shapes[drawn])
    (found,) = gridpatrol(
        "water", "eval", "--reference", scene / "reference.png", "--image", scene / "flood.png",
        "--mask", file, "--no-network", "--json",
    ).objects  # fmt: skip
    assert found["against_truth"]["iou"] > 0.7
    assert 0.2 < found["truth_ratio"] < 0.3


def test_names_may_have_dots_and_be_in_chinese(gridpatrol, scene, tmp_path) -> None:
    folder = scene.parent.rename(tmp_path / "东门涵洞")
    for old, new in (("flood.png", "现在.07.14.png"), ("flood.mask.png", "现在.07.14.mask.png")):
        (folder / "bridge" / old).rename(folder / "bridge" / new)
    *pairs, _ = gridpatrol("water", "eval", "--folder", folder, "--no-network", "--json").objects
    named = {one["name"]: one["truth_ratio"] for one in pairs}
    assert named.keys() == {"bridge/dry.png", "bridge/现在.07.14.png"}
    assert named["bridge/现在.07.14.png"] > 0.2


@pytest.mark.parametrize(("width", "height"), [(640, 30), (30, 640), (3, 3)])
def test_pictures_may_be_strips(gridpatrol, scene, width, height) -> None:
    for name in ("reference.png", "flood.png"):
        cv2.imwrite(str(scene / name), ground(width, height))
    (found,) = gridpatrol(
        "water", "eval", "--reference", scene / "reference.png", "--image", scene / "flood.png",
        "--no-network", "--json",
    ).objects  # fmt: skip
    assert found["mask_ratio"] == 0.0


@pytest.mark.parametrize("shown", ["nothing", "another place", "fog"])
def test_a_picture_that_tells_nothing_is_called_neither_dry_nor_flooded(
    gridpatrol, scene, shown
) -> None:
    rng = np.random.default_rng(7)
    pictures = {
        "nothing": np.zeros((180, 320, 3), np.uint8),
        "another place": cv2.resize(rng.integers(0, 255, (20, 30, 3), np.uint8), (320, 180)),
        "fog": cv2.addWeighted(ground(), 0.1, np.full((180, 320, 3), 190, np.uint8), 0.9, 0),
    }
    cv2.imwrite(str(scene / "flood.png"), pictures[shown])
    *pairs, summary = gridpatrol(
        "water", "eval", "--folder", scene, "--no-network", "--json"
    ).objects
    assert [one["state"] for one in pairs] == ["normal", "unseen"]
    assert (summary["found"], summary["alarms"], summary["unseen"]) == (0, 0, 1)


def test_what_is_ignored_counts_nowhere(gridpatrol, scene) -> None:
    everything = np.zeros((180, 320), np.uint8)
    everything[100:] = 255
    ignore = scene.parent / "i.png"
    cv2.imwrite(str(ignore), everything)
    (found,) = gridpatrol(
        "water", "eval", "--reference", scene / "reference.png", "--image", scene / "flood.png",
        "--mask", scene / "flood.mask.png", "--ignore", ignore, "--no-network", "--json",
    ).objects  # fmt: skip
    assert found["truth_ratio"] == 0.0
    assert found["mask_ratio"] < 0.05


def test_a_folder_is_summed_up(gridpatrol, scene, tmp_path) -> None:
    folder = scene.parent
    *pairs, summary = gridpatrol(
        "water", "eval", "--folder", folder, "--no-network", "--draw", tmp_path / "drawn", "--json"
    ).objects
    assert [one["name"] for one in pairs] == ["bridge/dry.png", "bridge/flood.png"]
    assert (summary["pairs"], summary["flooded"], summary["dry"]) == (2, 1, 1)
    assert (summary["found"], summary["alarms"], summary["unseen"]) == (1, 0, 0)
    assert summary["mean_iou"] > summary["mean_floor_iou"]
    assert len(list((tmp_path / "drawn").glob("*.jpg"))) == 2
    water = cv2.imread(str(tmp_path / "drawn" / "bridge-flood.png.water.png"), cv2.IMREAD_GRAYSCALE)
    assert water.shape == (360, 640)
    assert (water[280:] == 255).mean() > 0.8
    assert not water[:200].any()
    table = gridpatrol("water", "eval", "--folder", folder, "--no-network").out
    assert "bridge/flood.png" in table
    assert "floor IoU" in table


def test_a_pair_that_cannot_be_judged_holds_up_no_other(gridpatrol, scene, tmp_path) -> None:
    (scene / "a broken one.jpg").write_bytes(b"no picture")
    (scene / "dry.mask.png").write_bytes(b"")
    said = gridpatrol("water", "eval", "--folder", scene.parent, "--no-network", "--json")
    assert said.exit_code == 1
    *pairs, summary = said.objects
    assert [one["name"] for one in pairs] == ["bridge/flood.png"]
    assert (summary["pairs"], summary["failed"], summary["found"]) == (1, 2, 1)
    broken, mask = scene / "a broken one.jpg", scene / "dry.mask.png"
    for name, file in (("bridge/a broken one.jpg", broken), ("bridge/dry.png", mask)):
        assert f"{name}: not judged: {file} is not a picture; give a JPEG or PNG" in said.err


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--image", "a.jpg"),
        ("--folder", "nowhere"),
        ("--reference", "no.jpg", "--image", "no.jpg"),
    ],
)
def test_what_cannot_be_judged_is_refused(refused, words) -> None:
    assert refused(3, "water", "eval", "--no-network", *words)


def test_a_line_of_pixels_is_refused(refused, scene) -> None:
    cv2.imwrite(str(scene / "reference.png"), ground(640, 2))
    pair = ("--reference", scene / "reference.png", "--image", scene / "flood.png")
    assert "640 x 2, too narrow" in refused(3, "water", "eval", *pair, "--no-network")


def test_a_zone_that_is_none_is_refused(refused, scene) -> None:
    pair = ("--reference", scene / "reference.png", "--image", scene / "flood.png")
    sentence = refused(3, "water", "eval", *pair, "--zone", "0,0 1,1", "--no-network")
    assert "at least three corners" in sentence


def test_what_was_learnt_is_listed_and_drawn(gridpatrol, refused, store, data_dir, tmp_path):
    refused(3, "water", "bank", "gate")
    file = tmp_path / "water.yaml"
    file.write_text(SETUP)
    gridpatrol("water", "setup", "gate", "--set", file)
    refused(3, "water", "bank", "gate")
    bank = ReferenceBank((180, 320))
    bank.learn(Sample(AT, ground(), np.zeros((180, 320), np.bool_), FrameSize(640, 360)), AT)
    BankFiles(data_dir, "gate").save(bank)
    sheet = tmp_path / "sheet.jpg"
    (state,) = gridpatrol("water", "bank", "gate", "--sheet", sheet, "--json").objects
    assert (state["id"], state["kind"], state["taught"]) == (bank.references[0].id, "dry", False)
    assert cv2.imread(str(sheet)).shape[1] > 320


def test_nobody_is_asked_while_no_worker_runs(refused, store) -> None:
    assert "No worker has taken camera gate" in refused(1, "water", "only-wet", "gate")
