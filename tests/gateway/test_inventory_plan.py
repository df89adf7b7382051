"""What an import would do: added, changed, kept, and what cannot be."""

import pytest

from gateway.inventory_file import FileFormat, read_inventory, write_csv, write_yaml
from gateway.inventory_plan import Action, apply, plan
from gateway.store import Store
from gateway.store.inventory import Camera

GATE = Camera("gate", "村口", "330001", address="rtsp://10.0.0.8/1", main_uri="rtsp://10.0.0.8/1")
POND = Camera("pond", "水塘", "330002", address="onvif://10.0.0.9:80", main_uri="rtsp://10.0.0.9/1")


def planned(text: str, *known: Camera, password: str | None = None):
    file = read_inventory(text.encode(), FileFormat.CSV)
    return plan(file, known, lambda _: password)


def actions(result) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.camera.id, str(one.action), one.changed) for one in result.cameras]


def test_what_was_exported_changes_nothing():
    for write, format_ in ((write_csv, FileFormat.CSV), (write_yaml, FileFormat.YAML)):
        file = read_inventory(write([GATE, POND], None), format_)
        result = plan(file, [GATE, POND], lambda _: "secret")
        assert result.bad == ()
        assert [one.action for one in result.cameras] == [Action.KEEP, Action.KEEP]


def test_added_changed_and_kept():
    result = planned(
        "id,name,main_uri,password\ngate,村口东,,\npond,,,new\nhill,山,rtsp://10.0.0.7/1,pw\n",
        GATE, POND, password="old",
    )  # fmt: skip
    assert actions(result) == [
        ("gate", "change", ("name",)),
        ("pond", "change", ("password",)),
        ("hill", "add", ()),
    ]
    assert result.cameras[0].camera.main_uri == GATE.main_uri
    assert result.cameras[2].password == "pw"
    assert "pw" not in repr(result.cameras[2])
    assert (result.count(Action.ADD), result.count(Action.CHANGE)) == (1, 2)


def test_a_camera_without_an_id_is_known_by_its_stream_and_else_gets_one():
    text = "name,main_uri\n村口,rtsp://10.0.0.8/1\nGate,rtsp://10.0.0.7/1\n村口,rtsp://10.0.0.6/1\n"
    assert actions(planned(text, GATE)) == [
        ("gate", "keep", ()), ("gate-2", "add", ()), ("camera", "add", ()),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("gate,y,,rtsp://10.0.0.1/1", "id"),
        ("x2,y,7,rtsp://10.0.0.1/1", "channel_code"),
        ("x2,y,330002,rtsp://10.0.0.1/1", "channel_code"),
        ("x2,y,,rtsp://10.0.0.5/1", "main_uri"),
        ("x2,y,,rtsp://10.0.0.9/1", "main_uri"),
    ],
)
def test_duplicates_in_the_file_and_with_the_inventory(row, column):
    text = f"id,name,channel_code,main_uri\ngate,x,7,rtsp://10.0.0.5/1\n{row}\n"
    result = planned(text, POND)
    assert [one.camera.id for one in result.cameras] == ["gate"]
    (bad,) = result.bad
    assert (bad.row, bad.column, bad.code) == (3, column, f"same_{column}")


def test_two_cameras_may_change_places():
    result = planned("id,channel_code\ngate,330002\npond,330001\n", GATE, POND)
    assert result.bad == ()
    assert [one.action for one in result.cameras] == [Action.CHANGE, Action.CHANGE]


def test_the_inputs_of_a_recorder_share_its_address():
    text = "name,address,main_uri\na,10.0.0.5,rtsp://10.0.0.5/1\nb,10.0.0.5,rtsp://10.0.0.5/2\n"
    assert [one[1] for one in actions(planned(text))] == ["add", "add"]


def test_a_camera_nobody_could_reach():
    (bad,) = planned("id,name\ngate,x\n").bad
    assert (bad.row, bad.column) == (2, "address")


def test_mistakes_come_from_the_top_down():
    text = "id,name,main_uri\na,x,rtsp://h/1\nb,y,rtsp://h/1\nC,z,rtsp://h/2\na,w,rtsp://h/3\n"
    assert [one.row for one in planned(text).bad] == [3, 4, 5]


def test_rows_are_stored(store: Store):
    store.inventory.add(GATE, "old")
    store.inventory.add(POND, "old")
    text = "id,name,main_uri,password\ngate,村口东,,new\npond,,,-\nhill,山,rtsp://10.0.0.7/1,pw\n"
    file = read_inventory(text.encode(), FileFormat.CSV)
    result = plan(file, store.inventory.cameras(), store.inventory.password)
    for one in result.cameras:
        apply(store, one)
    assert store.inventory.get("gate").name == "村口东"
    passwords = [store.inventory.password(one) for one in ("gate", "pond", "hill")]
    assert passwords == ["new", None, "pw"]
    again = plan(file, store.inventory.cameras(), store.inventory.password)
    assert [one.action for one in again.cameras] == [Action.KEEP] * 3
