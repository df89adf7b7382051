"""Streams tuned and set back at a real ONVIF device: what is kept, what is refused, who is told."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gateway.audit.act import AuditAction
from gateway.bulk_tuning import BulkTuning, cameras_meant
from gateway.errors import NotFoundError, OnvifError, StreamSharedError, UnreachableError
from gateway.onvif import encoder as encoder_module
from gateway.onvif.encoder import Change
from gateway.onvif.encoding import Size, Tuning
from gateway.record_mode import RecordMode
from gateway.store import Store
from gateway.store.audit_log import AuditFilter
from gateway.store.inventory import Camera
from gateway.stream_tuning import StreamTuner, TuningOutcome

Start = Callable[..., Any]
MAIN, SUB = "rtsp://127.0.0.1:554/main", "rtsp://127.0.0.1:554/sub"


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder_module, "READ_BACK_PAUSE_S", 0.0)


@pytest.fixture
def device(onvif_device: Start, onvif_server: Any) -> Any:
    sub = onvif_server.Encoder(1280, 720, constant=True)
    return onvif_device(encoders={"e1": onvif_server.Encoder(2560, 1440), "e2": sub})


@pytest.fixture
def gate(store: Store, device: Any) -> Camera:
    camera = Camera("gate", "gate", address=f"onvif://{device.address}", username="admin")
    camera = replace(camera, main_uri=MAIN, sub_uri=SUB)
    store.inventory.add(camera, "right")
    return camera


@pytest.fixture
def tuner(store: Store) -> StreamTuner:
    return StreamTuner(store, "zhang")


def told(store: Store) -> list[tuple[str, str, object]]:
    acts = store.audit.newest(AuditFilter(object="camera/gate", actor="zhang"))
    details = [(one.action, json.loads(one.detail)) for one in acts]
    return [(action, detail["before"], detail["after"]) for action, detail in details]


def test_tuned_twice_and_undone_to_what_was_first(
    store: Store, tuner: StreamTuner, gate: Camera, device: Any
) -> None:
    first = replace(device.encoders["e2"])
    change = tuner.tune("gate")
    assert change.after.size == Size(640, 360)
    tuner.tune("gate", Tuning(fps=8))
    view = tuner.view("gate")
    assert (view.before, view.now.fps, view.obstacle) == (change.before, 8, "")
    assert view.suggested.after == change.after
    assert tuner.restore("gate").after == change.before
    assert device.encoders["e2"] == first
    assert tuner.view("gate").before is None
    words, tuned = str(change.before), str(change.after)
    assert told(store) == [
        (AuditAction.STREAM_RESTORED, tuned.replace("6/s key 12", "8/s key 16"), words),
        (AuditAction.STREAM_TUNED, tuned, tuned.replace("6/s key 12", "8/s key 16")),
        (AuditAction.STREAM_TUNED, words, tuned),
    ]
    with pytest.raises(NotFoundError, match="never tuned"):
        tuner.restore("gate")


def test_a_look_sets_nothing(tuner: StreamTuner, gate: Camera, device: Any) -> None:
    assert tuner.preview("gate").saved_kbps == 1888
    assert "SetVideoEncoderConfiguration" not in device.asked


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"sub_uri": None}, "no sub stream"),
        ({"record": RecordMode.CONTINUOUS}, "recorded all the time"),
    ],
)
def test_a_stream_that_serves_for_more_is_left_alone_unless_asked(
    store: Store, tuner: StreamTuner, gate: Camera, device: Any, changed: Any, words: str
) -> None:
    store.inventory.replace(replace(gate, **changed))
    for deed in (tuner.preview, tuner.tune):
        with pytest.raises(StreamSharedError, match=words):
            deed("gate")
    assert words in tuner.view("gate").obstacle
    assert "SetVideoEncoderConfiguration" not in device.asked
    assert tuner.tune("gate", shared=True).after.size == Size(640, 360)


def test_what_could_not_be_tuned_is_not_kept_as_tuned(
    store: Store, tuner: StreamTuner, gate: Camera, device: Any
) -> None:
    device.keeps_encoding = True
    with pytest.raises(OnvifError, match="kept the old"):
        tuner.tune("gate")
    assert store.camera_controls.tuned() == {}
    assert told(store) == []


def test_what_broke_off_midway_can_be_undone(
    store: Store, tuner: StreamTuner, gate: Camera, device: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tuner.view("gate").now

    def break_off(*_: object) -> None:
        monkeypatch.undo()
        raise UnreachableError("the line broke after the camera had taken it")

    monkeypatch.setattr(encoder_module.Encoder, "_read_back", break_off)
    with pytest.raises(UnreachableError):
        tuner.tune("gate")
    assert device.encoders["e2"].fps == 6
    assert tuner.restore("gate").after == before


def test_the_encoder_that_was_tuned_is_set_back_whatever_is_analysed_now(
    store: Store, tuner: StreamTuner, gate: Camera, device: Any
) -> None:
    tuner.tune("gate")
    store.inventory.replace(replace(gate, sub_uri=None))
    tuner.restore("gate")
    assert (device.encoders["e1"].width, device.encoders["e2"].width) == (2560, 1280)
    tuner.tune("gate", shared=True)
    del device.encoders["e1"]
    with pytest.raises(OnvifError, match="no encoder e1 any more"):
        tuner.restore("gate")


def test_many_at_once_and_a_dead_one_stops_nothing(
    store: Store, tuner: StreamTuner, gate: Camera
) -> None:
    dead = replace(gate, id="dead", address="onvif://127.0.0.1:1", main_uri=MAIN + "2")
    store.inventory.add(dead)
    store.inventory.add(Camera("film", "film", address="file:///film.mp4"))
    cameras = cameras_meant(store, (), tuned=False)
    assert [one.id for one in cameras] == ["dead", "gate"], "only those by ONVIF"
    outcomes: list[TuningOutcome] = []
    BulkTuning(tuner.tune, outcomes.append).run(cameras)
    assert {one.camera_id: one.code for one in outcomes} == {"dead": "unreachable", "gate": ""}
    assert [one.id for one in cameras_meant(store, (), tuned=True)] == ["gate"]
    with pytest.raises(NotFoundError, match="not taken in by ONVIF"):
        tuner.tune("film")


def test_a_surprise_of_one_camera_is_told_as_its_own(
    store: Store, tuner: StreamTuner, gate: Camera
) -> None:
    odd = replace(gate, id="odd", main_uri=MAIN + "2")
    store.inventory.add(odd)

    def tune(camera_id: str) -> Change:
        if camera_id == "odd":
            raise ZeroDivisionError("secret detail")
        return tuner.tune(camera_id)

    outcomes: list[TuningOutcome] = []
    BulkTuning(tune, outcomes.append).run([odd, gate])
    told = {one.camera_id: one for one in outcomes}
    assert told["gate"].change is not None
    assert told["odd"].text == "camera odd failed (ZeroDivisionError); the log says more"
