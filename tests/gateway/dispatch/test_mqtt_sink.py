"""What is a broker's own: rights, log-in, limits, TLS, and brokers that end the connection."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.config import Settings
from gateway.dial_policy import DialPolicy
from gateway.dispatch import mqtt_session
from gateway.dispatch.mqtt_sink import CONTENT_TYPE, MqttSink
from gateway.dispatch.mqtt_topic import topic_of
from gateway.dispatch.sink import Letter, Receipt
from gateway.dispatch.sinks import open_sinks
from gateway.errors import ConfigError, SinkUnreachableError
from gateway.sink_settings import MqttSettings, SinkSettings

BODY = (
    '{"source":"/gridpatrol/dongshan","data":{"incident":{"kind":"waterlogging",'
    '"camera":{"id":"gate","unit":"东山村","grid":"%s"}}}}'
)


@pytest.fixture(scope="module")
def broker(mosquittos, tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    """Return a broker that is run by all tests here; none changes it."""
    opened = mosquittos.Mosquitto(tmp_path_factory.mktemp("broker"))
    opened.start()
    yield opened
    opened.stop()


@pytest.fixture
def publisher(broker) -> Callable:
    """Return an opener of sinks to the broker, or to another URL."""

    def open_sink(**settings: object) -> MqttSink:
        login = {"username": "patrol", "password": "s3cret"}
        given = {"url": broker.url, "timeout_s": 60} | login | settings
        return MqttSink(MqttSettings.model_validate(given), "gridpatrol-test", DialPolicy())

    return open_sink


def letter(seq: int = 1, incident: str = "i-1", grid: str = "") -> Letter:
    return Letter(seq, f"{incident}/{seq}", incident, BODY % grid)


async def test_message_says_what_it_is_without_being_opened(
    mosquittos, broker, publisher, until
) -> None:
    sink = publisher()
    with mosquittos.Listener(broker) as platform:
        assert await sink.send([letter()]) == (Receipt(1),)
        await until(lambda: platform.heard)
    await sink.close()
    (heard,) = platform.heard
    assert heard.topic == "gridpatrol/dongshan/东山村/waterlogging"
    assert heard.payload.decode() == letter().body
    assert (heard.qos, heard.retain) == (1, False)
    assert heard.properties.ContentType == CONTENT_TYPE
    assert heard.properties.PayloadFormatIndicator == 1
    assert heard.properties.UserProperty == [("id", "i-1/1"), ("subject", "i-1")]


async def test_refused_letter_holds_up_its_own_incident_alone(publisher) -> None:
    sink = publisher(topic="{grid}/a/b/c")
    letters = [letter(1, "bad", "x"), letter(2, "bad", "x"), letter(3, "good", "gridpatrol")]
    poison, good = await sink.send(letters)
    await sink.close()
    assert (poison.seq, good) == (1, Receipt(3))
    assert "at x/a/b/c it answers: Not authorized" in poison.refusal


async def test_message_without_an_incident_is_refused_here(publisher) -> None:
    sink = publisher()
    (receipt,) = await sink.send([Letter(1, "i/0", "i", "{}")])
    await sink.close()
    assert "which incident" in receipt.refusal


@pytest.mark.parametrize(
    "login",
    [
        {"password": "wrong"},
        {"username": "nobody"},
        {"username": "", "password": None},
    ],
)
async def test_broker_that_lets_us_not_in_is_said(publisher, login: dict) -> None:
    sink = publisher(**login)
    with pytest.raises(SinkUnreachableError, match="does not let us in: Not authorized") as said:
        await sink.send([letter()])
    await sink.close()
    assert "s3cret" not in str(said.value)


async def test_nobody_there_is_said(publisher) -> None:
    sink = publisher(url="mqtt://127.0.0.1:1")
    with pytest.raises(SinkUnreachableError, match="refused"):
        await sink.ping()
    await sink.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mqtt://169.254.169.254", "where no sink may be"),
        ("mqtts://100.100.100.200:8883", "where no sink may be"),
        ("mqtt://8.8.8.8", "must begin mqtts://"),
        ("mqtts://no.such.name.invalid", "is not known"),
    ],
)
async def test_addresses_that_no_broker_may_be_at(publisher, url: str, words: str) -> None:
    sink = publisher(url=url)
    with pytest.raises(SinkUnreachableError, match=words):
        await sink.ping()
    await sink.close()


async def test_packet_above_what_the_broker_takes_is_refused_and_others_pass(
    mosquittos, publisher, tmp_path: Path
) -> None:
    small = mosquittos.Mosquitto(tmp_path, ("max_packet_size 1500",))
    small.start()
    sink = publisher(url=small.url)
    large = Letter(1, "i-1/1", "i-1", BODY % ("格" * 600))
    refused, taken = await sink.send([large, letter(2, "i-2")])
    await sink.close()
    small.stop()
    assert "no packets above 1500 bytes" in refused.refusal
    assert taken == Receipt(2)


async def test_broker_without_acknowledgements_is_no_sink(
    mosquittos, publisher, tmp_path: Path
) -> None:
    careless = mosquittos.Mosquitto(tmp_path, ("max_qos 0",))
    careless.start()
    sink = publisher(url=careless.url)
    with pytest.raises(SinkUnreachableError, match="acknowledges no messages"):
        await sink.ping()
    await sink.close()
    careless.stop()


async def test_certificate_and_name_are_checked(
    mosquittos, publisher, tmp_path: Path, certificate: Path
) -> None:
    secure = mosquittos.Mosquitto(tmp_path, tls=certificate)
    secure.start()
    by_address = secure.url.replace("localhost", "127.0.0.1")
    for settings in ({"url": secure.url}, {"url": by_address, "ca_file": certificate}):
        sink = publisher(**settings)
        with pytest.raises(SinkUnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
            await sink.send([letter()])
        await sink.close()
    sink = publisher(url=secure.url, ca_file=certificate)
    letters = [letter(seq, f"i-{seq}") for seq in range(100)]
    assert await sink.send(letters) == tuple(Receipt(seq) for seq in range(100))
    await sink.close()
    secure.stop()


@asynccontextmanager
async def scripted(answer: Callable[[bytes], bytes]) -> AsyncIterator[str]:
    """Listen on a port and answer each read with what `answer` makes of it; b"" hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            said = answer(data)
            writer.write(said)
            if not said or said[0] == 0xE0:
                break
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"mqtt://127.0.0.1:{server.sockets[0].getsockname()[1]}"


WELCOME = bytes.fromhex("2003000000")
NOT_AUTHORIZED = bytes.fromhex("e00187")
TOO_MUCH = bytes.fromhex("97")


def acknowledged(data: bytes, reason: bytes = b"") -> bytes:
    """Return a PUBACK for the one PUBLISH in `data`, whose lengths each fit into two bytes."""
    start = 3 if data[1] & 128 else 2
    number = start + 2 + int.from_bytes(data[start : start + 2])
    packet = data[number : number + 2] + reason
    return bytes([0x40, len(packet)]) + packet


async def test_broker_that_hangs_up_over_one_message_keeps_none_of_the_others_waiting(
    publisher,
) -> None:
    """As brokers may that answer a missing right so: the culprit is found by going one by one."""

    def answer(data: bytes) -> bytes:
        if data[0] == 0x10:
            return WELCOME
        return NOT_AUTHORIZED if b"poison" in data else acknowledged(data)

    async with scripted(answer) as url:
        sink = publisher(url=url, parallel=1)
        letters = [letter(1, "a"), letter(2, "b", "poison"), letter(3, "c")]
        assert await sink.send(letters) == (Receipt(1),)
        (refused,) = await sink.send(letters[1:])
        assert refused.seq == 2
        assert "Not authorized" in refused.refusal
        assert await sink.send(letters[2:]) == (Receipt(3),)
        await sink.close()


async def test_broker_without_room_is_left_alone(publisher) -> None:
    def answer(data: bytes) -> bytes:
        return WELCOME if data[0] == 0x10 else acknowledged(data, TOO_MUCH)

    async with scripted(answer) as url:
        sink = publisher(url=url)
        with pytest.raises(SinkUnreachableError, match="Quota exceeded"):
            await sink.send([letter()])
        await sink.close()


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\x01\x00", b""]
)
async def test_what_speaks_no_mqtt_is_no_broker(publisher, said: bytes) -> None:
    async with scripted(lambda _: said) as url:
        sink = publisher(url=url, timeout_s=1)
        with pytest.raises(SinkUnreachableError, match="takes no messages"):
            await sink.send([letter()])
        await sink.close()


async def test_answers_that_are_no_packets_end_the_connection_alone(publisher) -> None:
    async with scripted(lambda data: WELCOME if data[0] == 0x10 else b"\x40\x01\x00") as url:
        sink = publisher(url=url)
        with pytest.raises(SinkUnreachableError, match=r"not speak MQTT 5|is lost"):
            await sink.send([letter()])
        await sink.close()


async def test_broker_that_falls_silent_while_nothing_is_sent_is_noticed(
    mosquittos, publisher, until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_session, "KEEP_ALIVE_S", 1)
    monkeypatch.setattr(mqtt_session, "_LOOK_S", 0.05)
    frozen = mosquittos.Mosquitto(tmp_path)
    frozen.start()
    sink = publisher(url=frozen.url, timeout_s=0.3)
    await sink.ping()
    session = sink._session
    frozen.signal(signal.SIGSTOP)
    await until(lambda: session.ended)
    with pytest.raises(SinkUnreachableError):
        await sink.ping()
    frozen.signal(signal.SIGCONT)
    assert await sink.send([letter()]) == (Receipt(1),)
    await sink.close()
    frozen.stop()


async def test_dialling_that_is_broken_off_leaves_no_connection(
    publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the process stops; the broker accepts, and says nothing to TLS."""
    monkeypatch.setattr(mqtt_session, "DIAL_S", 1.0)
    met, left = asyncio.Event(), asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.set()
        while await reader.read(65536):
            pass
        left.set()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        sink = publisher(url=f"mqtts://localhost:{port}")
        dialling = asyncio.create_task(sink.ping())
        await met.wait()
        dialling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dialling
        assert not left.is_set()
        async with asyncio.timeout(30):
            await left.wait()
        await sink.close()


@pytest.mark.parametrize(
    ("template", "unit", "topic"),
    [
        ("gridpatrol/{site}/{unit}/{kind}", "东山村", "gridpatrol/dongshan/东山村/fire"),
        ("{unit}/{camera}/{grid}", "a/b+c#d", "a_b_c_d/gate/_"),
        ("x/{unit}", "$SYS", "x/SYS"),
        ("{unit}/x", "", "_/x"),
        ("fixed", "any", "fixed"),
    ],
)
def test_topics(template: str, unit: str, topic: str) -> None:
    body = (BODY % "").replace("东山村", unit).replace("waterlogging", "fire")
    assert topic_of(template, body) == topic


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"topic": "a/#"}, "subscriptions"),
        ({"topic": "$SYS/{kind}"}, "subscriptions"),
        ({"topic": "{severity}/x"}, "not known in a topic"),
        ({"topic": "{kind.upper}"}, "not known in a topic"),
        ({"topic": "{kind!r}"}, "not known in a topic"),
        ({"url": "tcp://broker"}, "pattern"),
        ({"url": "mqtt://user:s3cret@broker"}, "pattern"),
        ({"password": "s3cret"}, "username"),
    ],
)
def test_settings_that_are_none(settings: dict, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        MqttSettings.model_validate({"url": "mqtt://broker"} | settings)


def test_sinks_share_no_name() -> None:
    webhook = {"url": "https://a.example", "secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"}
    broker = {"url": "mqtts://a.example"}
    for given in ({"webhooks": {"x": webhook}, "mqtt": {"x": broker}}, {"mqtt": {"queue": broker}}):
        with pytest.raises(ValidationError, match="name of"):
            SinkSettings.model_validate(given)


def test_brokers_of_the_settings_are_opened(tmp_path: Path) -> None:
    broker = {"url": "mqtts://a.example:8884/", "username": "patrol", "password": "s3cret"}
    settings = Settings.from_mapping({"sinks": {"mqtt": {"town": broker}}})
    opened = open_sinks(settings, "redis://127.0.0.1:1")
    assert [(one.name, one.sink.where) for one in opened][1:] == [
        ("town", "mqtts://a.example:8884")
    ]
    settings = Settings.from_mapping({"sinks": {"mqtt": {"town": broker | {"ca_file": tmp_path}}}})
    with pytest.raises(ConfigError, match="no certificates"):
        open_sinks(settings, "redis://127.0.0.1:1")
