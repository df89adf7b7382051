"""What cameras say has happened: makers' own words, and bytes no maker sent."""

from contextlib import suppress
from datetime import UTC, datetime
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import GatewayError
from gateway.onvif.notifications import AlarmType, Notification, Property, read_notifications
from gateway.onvif.soap import answer

AT = datetime(2026, 5, 1, 8, tzinfo=UTC)


def read(server: ModuleType, *events: str) -> list[Notification]:
    text = f"<ev:PullMessagesResponse>{''.join(events)}</ev:PullMessagesResponse>"
    element = answer(server.envelope(text).encode(), 200, "cam", "PullMessages")
    return list(read_notifications(element))


def item(name: str, value: str) -> str:
    return f'<tt:SimpleItem Name="{name}" Value="{value}"/>'


@pytest.mark.parametrize(
    ("topic", "data", "kind", "active"),
    [
        ("tns1:RuleEngine/CellMotionDetector/Motion", ("IsMotion", "true"), "motion", True),
        ("tns1:RuleEngine/tns1:CellMotionDetector/Motion", ("IsMotion", "0"), "motion", False),
        ("tns1:VideoSource/MotionAlarm", ("State", "1"), "motion", True),
        (
            "tns1:VideoAnalytics/tnsaxis:MotionDetection/Motion",
            ("active", "false"),
            "motion",
            False,
        ),
        ("tns1:VideoSource/GlobalSceneChange/ImagingService", ("State", "true"), "tamper", True),
        ("tns1:RuleEngine/TamperDetector/Tamper", ("IsTamper", "false"), "tamper", False),
        ("tns1:RuleEngine/LineDetector/Crossed", ("ObjectId", "17"), "line", None),
        ("tns1:RuleEngine/LineDetector/Crossed", ("ObjectId", "1"), "line", None),
        ("tns1:Device/Trigger/DigitalInput", ("LogicalState", "true"), "digital_input", True),
        ("tns1:Device/Trigger/tnshik:DigitalInput", ("LogicalState", "0"), "digital_input", False),
        ("tns1:RuleEngine/FieldDetector/ObjectsInside", ("IsInside", "true"), "other", True),
        ("tns1:VideoSource/ImageTooDark/ImagingService", ("State", "true"), "other", True),
    ],
)
def test_topics_and_states(
    onvif_server: ModuleType,
    topic: str,
    data: tuple[str, str],
    kind: str,
    active: bool | None,
) -> None:
    (found,) = read(onvif_server, onvif_server.notification(topic, item(*data)))
    assert (found.type, found.active) == (AlarmType(kind), active)
    assert ":" not in found.topic
    assert (found.source, found.told_at) == ("source-1", AT)


@pytest.mark.parametrize(
    ("topic", "data"),
    [
        ("tns1:Monitoring/ProcessorUsage", ("Value", "1")),
        ("tns1:RuleEngine/CountAggregation/Counter", ("Count", "1")),
        ("", ("IsMotion", "true")),
        ("tns1:Device/HardwareFailure/StorageFailure", ("Failed", "true")),
    ],
)
def test_what_is_no_alarm_is_left_out(
    onvif_server: ModuleType, topic: str, data: tuple[str, str]
) -> None:
    assert read(onvif_server, onvif_server.notification(topic, item(*data))) == []


@pytest.mark.parametrize("word", ["Initialized", "Changed", "Deleted", ""])
def test_how_it_stands_to_what_it_tells(onvif_server: ModuleType, word: str) -> None:
    (found,) = read(onvif_server, onvif_server.notification(operation=word))
    assert found.property is Property(word)


def test_several_sources_are_told_apart_and_in_order(onvif_server: ModuleType) -> None:
    events = [onvif_server.notification(source=name) for name in ("lens-2", "lens-1", "lens-2")]
    assert [one.source for one in read(onvif_server, *events)] == ["lens-2", "lens-1", "lens-2"]


@pytest.mark.parametrize(
    "at", ["", "yesterday", "0000-00-00T00:00:00Z", "0001-01-01T00:00:00+14:00"]
)
def test_a_time_that_is_none_costs_nothing_else(onvif_server: ModuleType, at: str) -> None:
    (found,) = read(onvif_server, onvif_server.notification(at=at))
    assert found.told_at is None
    assert found.active


def survives(content: bytes) -> None:
    with suppress(GatewayError):
        list(read_notifications(answer(content, 200, "cam", "PullMessages")))


@given(st.binary(max_size=400))
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    survives(content)


@given(data=st.data())
def test_no_damaged_message_raises_anything_else(
    onvif_server: ModuleType, data: st.DataObject
) -> None:
    word = st.text(st.characters(blacklist_characters='<&"'), max_size=12)
    events = data.draw(
        st.lists(
            st.builds(
                onvif_server.notification, word, st.just(item("State", "1")), word, word, word
            )
        )
    )
    text = f"<ev:PullMessagesResponse>{''.join(events)}</ev:PullMessagesResponse>"
    content = bytearray(onvif_server.envelope(text).encode("utf-8", "replace"))
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=8))
    survives(bytes(content))


@pytest.mark.parametrize(
    "bomb",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b"<a><!-- nothing --></a>",
    ],
)
def test_what_no_camera_needs_is_refused(bomb: bytes) -> None:
    with pytest.raises(GatewayError):
        answer(bomb, 200, "cam", "PullMessages")
