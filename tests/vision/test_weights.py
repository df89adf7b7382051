"""Manifest, names, paths and fingerprints."""

import hashlib
import shutil

import pytest

from vision.errors import ModelError
from vision.types import FrameSize, Kind, ObjectClass
from vision.weights import (
    DEFAULT_THRESHOLD,
    YOLO_PIXELS,
    classes_of,
    find_model,
    fingerprint,
    load_manifest,
    shipped_manifest,
    verify,
)

SHIPPED = load_manifest(shipped_manifest())
INT8 = ("nanodet_g_int8.xml", "nanodet_g_int8.bin")


@pytest.fixture
def manifest_copy(tmp_path):
    """The shipped manifest and weights in a folder where they may be spoiled."""
    for name in ("manifest.toml", "nanodet_g.onnx", *INT8):
        shutil.copy(shipped_manifest().with_name(name), tmp_path / name)
    return tmp_path / "manifest.toml"


def test_every_shipped_model_is_whole_and_has_its_card():
    for spec in SHIPPED.values():
        verify(spec)
        assert spec.sha256 in spec.card.read_text("utf-8")
        assert spec.int8 is None or spec.int8.sha256 in spec.card.read_text("utf-8")


def test_the_default_model_as_the_manifest_gives_it():
    spec = find_model("nanodet-g", SHIPPED)
    assert spec.input_size == FrameSize(416, 256)
    assert spec.thresholds == {Kind.PERSON: 0.40, Kind.VEHICLE: 0.35}
    assert [(one.label, one.kind) for one in spec.classes] == [
        ("person", Kind.PERSON),
        ("car", Kind.VEHICLE),
        ("motorcycle", Kind.VEHICLE),
        ("bus", Kind.VEHICLE),
        ("truck", Kind.VEHICLE),
    ]


def test_an_unknown_name_gets_a_suggestion():
    with pytest.raises(ModelError, match="did you mean nanodet-g"):
        find_model("nanodetg", SHIPPED)
    with pytest.raises(ModelError, match="known names: nanodet-g"):
        find_model("/no/such/file.onnx", SHIPPED)


def test_an_altered_file_is_refused(manifest_copy):
    spec = load_manifest(manifest_copy)["nanodet-g"]
    with spec.path.open("r+b") as file:
        file.seek(5_000_000)
        file.write(b"\x00" * 16)
    with pytest.raises(ModelError, match=rf"sha256 is {fingerprint(spec.path)}, expected de8338"):
        verify(spec)


@pytest.mark.parametrize("name", INT8)
def test_an_altered_file_of_eight_bits_is_refused(manifest_copy, name):
    with manifest_copy.with_name(name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(ModelError, match=r"nanodet_g_int8\.xml is not the nanodet-g .* 7d382fd0"):
        verify(load_manifest(manifest_copy)["nanodet-g"])


def test_a_missing_file_is_named(manifest_copy):
    spec = load_manifest(manifest_copy)["nanodet-g"]
    spec.path.unlink()
    with pytest.raises(ModelError, match=r"missing: .*nanodet_g\.onnx"):
        verify(spec)


def test_a_missing_file_of_eight_bits_is_named(manifest_copy):
    manifest_copy.with_name(INT8[0]).unlink()
    with pytest.raises(ModelError, match=r"missing: .*nanodet_g_int8\.xml"):
        verify(load_manifest(manifest_copy)["nanodet-g"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('file = "nanodet_g.onnx"\n', "", "missing or unknown keys: file"),
        ("nms_iou", "nms_uio", "missing or unknown keys: nms_uio"),
        ("nms_iou = 0.5", "nms_iou = 5", "5 is not between 0 and 1"),
        ("[416, 256]", "416", "bad value"),
        ("[416, 256]", "[416]", "bad value"),
        ('"bgr"', '"gbr"', "order is bgr or rgb, not gbr"),
        ('"truck"', '"zeppelin"', "class 7, zeppelin, counts as no known kind; write 7 = "),
        ("vehicle = 0.35", "smoke = 0.35", "thresholds names smoke, which is none of"),
        ("vehicle = 0.35", "Vehicle = 0.35", "'Vehicle' cannot be a kind"),
        ("[nanodet-g]", "[nanodet-g", "not valid TOML"),
    ],
)
def test_a_bad_manifest_says_where(manifest_copy, old, new, message):
    text = manifest_copy.read_text("utf-8")
    assert old in text
    manifest_copy.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(ModelError, match=message):
        load_manifest(manifest_copy)


def test_a_missing_manifest(tmp_path):
    with pytest.raises(ModelError, match="cannot be read: No such file"):
        load_manifest(tmp_path / "manifest.toml")


def test_a_users_file_is_taken_as_ultralytics_writes_them(tmp_path):
    file = tmp_path / "yolo11n.onnx"
    file.write_bytes(b"weights")
    spec = find_model(str(file), SHIPPED)
    assert (spec.name, spec.path, spec.head, spec.pixels) == ("yolo11n", file, None, YOLO_PIXELS)
    assert spec.sha256 == hashlib.sha256(b"weights").hexdigest()
    verify(spec)


def test_an_openvino_folder_is_its_one_network(tmp_path):
    folder = tmp_path / "yolo11n_openvino_model"
    folder.mkdir()
    (folder / "yolo11n.xml").write_bytes(b"<net/>")
    (folder / "yolo11n.bin").write_bytes(b"weights")
    spec = find_model(str(folder), SHIPPED)
    assert spec.path == folder / "yolo11n.xml"
    assert spec.sha256 == hashlib.sha256(b"<net/>weights").hexdigest()
    (folder / "yolo11n.bin").write_bytes(b"altered")
    with pytest.raises(ModelError, match="restore the file"):
        verify(spec)


def test_a_folder_without_a_network(tmp_path):
    with pytest.raises(ModelError, match=r"holds 0 OpenVINO \.xml files"):
        find_model(str(tmp_path), SHIPPED)


def test_a_file_of_another_sort(tmp_path):
    file = tmp_path / "notes.txt"
    file.touch()
    with pytest.raises(ModelError, match="is not a model file"):
        find_model(str(file), SHIPPED)


def test_labels_that_count():
    labels = {0: "Person", 1: "bicycle", 2: "car", 9: "boat"}
    assert classes_of(labels) == (
        ObjectClass(0, "Person", Kind.PERSON),
        ObjectClass(2, "car", Kind.VEHICLE),
    )


TOWN = """
[smoke]
file = "smoke.onnx"
kinds = { Smoke = "smoke", fire = "smoke", burning-straw = "straw_burning" }
thresholds = { smoke = 0.5 }

[machines]
file = "machines.onnx"
input_size = [640, 640]
classes = { 4 = { label = "excavator", kind = "machine" }, 0 = "person" }
"""


def test_a_towns_own_models_need_a_file_and_what_their_classes_count_as(tmp_path):
    (tmp_path / "manifest.toml").write_text(TOWN, "utf-8")
    (tmp_path / "smoke.onnx").write_bytes(b"weights")
    models = load_manifest(tmp_path / "manifest.toml")
    smoke, machines = models["smoke"], models["machines"]
    assert smoke.thresholds == {"smoke": 0.5, "straw_burning": DEFAULT_THRESHOLD}
    assert classes_of({0: "SMOKE", 1: "cloud", 2: "burning-straw"}, smoke.kinds) == (
        ObjectClass(0, "SMOKE", Kind("smoke")),
        ObjectClass(2, "burning-straw", Kind("straw_burning")),
    )
    verify(smoke)
    assert (smoke.head, smoke.pixels, smoke.card) == (None, YOLO_PIXELS, None)
    assert machines.input_size == FrameSize(640, 640)
    assert machines.classes == (
        ObjectClass(4, "excavator", Kind("machine")),
        ObjectClass(0, "person", Kind.PERSON),
    )
    with pytest.raises(ModelError, match=r"missing: .*machines\.onnx"):
        verify(machines)
