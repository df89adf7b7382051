from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from gateway.errors import ConfigError, NotFoundError, StorageError
from gateway.secrets import SecretBox
from gateway.store import Store
from gateway.store.inventory import Camera, CameraRef
from gateway.store.journal import Topic

GATE = Camera(
    id="gate",
    name="村口",
    channel_code="33010200001320000001",
    unit="东山村",
    grid="第三网格",
    address="192.0.2.7:8080",
    username="admin",
    main_uri="rtsp://192.0.2.7:554/video_main",
    sub_uri="rtsp://192.0.2.7:554/video_sub",
    zones='[{"id": "gate"}]',
    rules="[]",
)


def test_camera_comes_back_as_it_went_in(store: Store) -> None:
    store.inventory.add(GATE, "s3cret")
    assert store.inventory.get("gate") == GATE
    assert store.inventory.cameras() == (GATE,)
    assert store.inventory.password("gate") == "s3cret"


@pytest.mark.parametrize("store_location", ["sqlite"], indirect=True)
def test_password_is_never_in_the_clear(store: Store, tmp_path: Path) -> None:
    store.inventory.add(GATE, "very-s3cret-words")
    store.close()
    files = [path.read_bytes() for path in tmp_path.iterdir()]
    assert any("村口".encode() in content for content in files)
    assert not any(b"very-s3cret-words" in content for content in files)
    assert "very-s3cret-words" not in repr(GATE)


def test_password_needs_the_key_it_was_stored_with(
    store: Store, store_location: Path | str
) -> None:
    store.inventory.add(GATE, "s3cret")
    other = Store.open(store_location, SecretBox(Fernet.generate_key()))
    assert other.inventory.get("gate") == GATE
    with pytest.raises(StorageError, match=r"restore secret\.key"):
        other.inventory.password("gate")
    other.close()


def test_id_is_taken_once(store: Store) -> None:
    store.inventory.add(GATE)
    with pytest.raises(ConfigError, match="there is a camera gate already"):
        store.inventory.add(replace(GATE, name="another"))
    assert store.inventory.get("gate").name == "村口"


def test_changed_camera_keeps_its_password_and_birthday(store: Store) -> None:
    store.inventory.add(GATE, "s3cret")
    store.inventory.replace(replace(GATE, name="村口东", enabled=False, sub_uri=None))
    changed = store.inventory.get("gate")
    assert (changed.name, changed.enabled, changed.analysis_uri) == ("村口东", False, GATE.main_uri)
    assert changed.created_at == GATE.created_at
    assert changed.updated_at > GATE.updated_at
    assert store.inventory.password("gate") == "s3cret"


def test_password_is_changed_and_taken_away(store: Store) -> None:
    store.inventory.add(GATE, "old")
    store.inventory.set_password("gate", "new")
    assert store.inventory.password("gate") == "new"
    store.inventory.set_password("gate", None)
    assert store.inventory.password("gate") is None


def test_every_change_is_told(store: Store) -> None:
    store.inventory.add(GATE)
    store.inventory.replace(GATE)
    store.inventory.set_password("gate", "x")
    store.inventory.remove("gate")
    assert [(e.topic, e.key) for e in store.journal.after(0)] == [(Topic.CAMERA, "gate")] * 4
    assert store.inventory.cameras() == ()


def test_unknown_cameras_are_named(store: Store) -> None:
    for call in (
        lambda: store.inventory.get("nobody"),
        lambda: store.inventory.password("nobody"),
        lambda: store.inventory.replace(replace(GATE, id="nobody")),
        lambda: store.inventory.set_password("nobody", "x"),
        lambda: store.inventory.remove("nobody"),
    ):
        with pytest.raises(NotFoundError, match="no camera nobody"):
            call()
    assert store.journal.last() == 0


@pytest.mark.parametrize(
    ("wish", "given"),
    [
        ("Gate 2", "gate-2"),
        ("  École/du Nord ", "ecole-du-nord"),
        ("村口", "camera"),
        ("gate", "gate-3"),
        ("", "camera"),
        ("x" * 80, "x" * 43),
        ("--", "camera"),
    ],
)
def test_ids_are_made_from_names(store: Store, wish: str, given: str) -> None:
    for taken in ("gate", "gate-2-b", "gate-3-b"):
        store.inventory.add(replace(GATE, id=taken))
    if wish == "gate":
        store.inventory.add(replace(GATE, id="gate-2"))
    assert store.inventory.free_id(wish) == given
    store.inventory.add(replace(GATE, id=given))


@pytest.mark.parametrize("camera_id", ["", "Gate", "村口", "-gate", "a/b", "a" * 49, "gate\n"])
def test_ids_that_are_no_slugs(camera_id: str) -> None:
    with pytest.raises(ValueError, match="is not small letters"):
        Camera(camera_id, "x")


@pytest.mark.parametrize("field", ["address", "main_uri", "sub_uri"])
def test_passwords_in_uris_are_refused_without_being_repeated(field: str) -> None:
    with pytest.raises(ValueError, match="has a password in it") as refusal:
        replace(GATE, **{field: "rtsp://admin:s3cret@192.0.2.7/x"})
    assert "s3cret" not in str(refusal.value)


def test_ref_is_the_camera_as_people_name_it() -> None:
    assert GATE.ref == CameraRef("gate", "村口", "33010200001320000001", "东山村", "第三网格")
    assert GATE.analysis_uri == GATE.sub_uri
