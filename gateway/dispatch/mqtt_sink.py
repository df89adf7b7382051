"""An MQTT 5 broker that messages are published to at QoS 1 (CloudEvents, structured mode)."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from gateway.dial_policy import DialPolicy
from gateway.dispatch.backoff import Backoff
from gateway.dispatch.lanes import send_in_lanes
from gateway.dispatch.mqtt_session import Broker, MqttSession, SessionEndedError
from gateway.dispatch.mqtt_topic import topic_of
from gateway.dispatch.safe_dial import dial_target
from gateway.dispatch.sink import Letter, Receipt
from gateway.dispatch.trust import NamedTrust
from gateway.errors import SinkUnreachableError
from gateway.sink_settings import MqttSettings

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
NOT_THE_MESSAGE: Final = frozenset({0x91, 0x97})
"""PUBACK's failures that are about the connection or the broker's room and not about the message:
packet identifier in use, quota exceeded (MQTT 5 §3.4.2.1)."""
OVER_A_MESSAGE: Final = frozenset({0x81, 0x82, 0x83, 0x87, 0x90, 0x95, 0x99})
"""Reasons for which brokers end a connection over one message (MQTT 5 §3.14.2.1): malformed, error
of protocol, broker's own, not authorized, topic, too large, payload not as told."""
_HEADERS_BYTES: Final = 128
"""More than header, lengths, content type and the names of properties add to a packet."""


class MqttSink:
    """Publishes messages, those of different incidents side by side. Used by one asyncio loop.

    Nothing is left with a broker to be sent later: what it has not acknowledged when a connection
    ends is published again on the next. dial: which addresses may be reached. Raises ConfigError
    for a CA file that is none.
    """

    batch = 200
    backoff = Backoff(first_s=0.5, longest_s=60.0)

    def __init__(self, settings: MqttSettings, client_id: str, dial: DialPolicy) -> None:
        self._settings = settings
        self._client_id = settings.client_id or client_id
        self._dial = dial
        self.where = settings.url.rstrip("/")
        parts = urlsplit(settings.url)
        named = NamedTrust.of(parts.hostname or "", settings.ca_file)
        self._trust = named if parts.scheme == "mqtts" else None
        self._session: MqttSession | None = None
        self._one_by_one = False

    def resume(self, reference: str) -> None:
        """Do nothing: a broker has what it acknowledged."""

    async def send(self, letters: Sequence[Letter]) -> tuple[Receipt, ...]:
        """Publish letters; see `Sink.send`.

        When a broker ends the connection over a message, the next batch goes one by one, so that it
        is known over which: that one is refused then, and the others pass.
        """
        session = await self._connected()
        in_flight = min(self._settings.parallel, session.in_flight)
        alone, self._one_by_one = self._one_by_one, False
        receipts = await send_in_lanes(
            letters, 1 if alone else in_flight, lambda one: self._publish(session, one, alone)
        )
        if alone and len(receipts) < len(letters):
            self._one_by_one = True
        return receipts

    async def ping(self) -> None:
        """Be connected; a connection that is there is watched over by MQTT's own pings."""
        await self._connected()

    async def close(self) -> None:
        """Take leave of the broker."""
        self._drop()

    async def _connected(self) -> MqttSession:
        """Return the connection, a new one where there is none any more."""
        if self._session is not None and self._session.ended is None:
            return self._session
        self._drop()
        target = await dial_target(self._settings.url, self._dial)
        password = self._settings.password
        broker = Broker(
            address=str(target.address),
            port=target.port,
            client_id=self._client_id,
            username=self._settings.username,
            password=None if password is None else password.get_secret_value(),
            trust=self._trust,
            timeout_s=self._settings.timeout_s,
        )
        try:
            self._session = await MqttSession.open(broker)
        except SessionEndedError as ended:
            raise self._unreachable(str(ended)) from ended
        return self._session

    async def _publish(self, session: MqttSession, letter: Letter, alone: bool) -> Receipt:
        """Publish one letter; alone: no other is under way. Raises SinkUnreachableError."""
        if session.ended is not None:
            raise self._unreachable(str(session.ended))
        try:
            topic = topic_of(self._settings.topic, letter.body)
            payload = _payload(letter, topic, session.largest)
            async with asyncio.timeout(self._settings.timeout_s):
                code = await session.publish(topic, payload, _properties(letter))
        except ValueError as error:
            return self._refused(letter, str(error))
        except TimeoutError as error:
            self._drop()
            raise self._unreachable("no answer in time") from error
        except SessionEndedError as ended:
            about_one = ended.reason in OVER_A_MESSAGE
            if alone and about_one:
                return self._refused(letter, str(ended))
            self._one_by_one |= about_one
            raise self._unreachable(str(ended)) from ended
        return self._receipt(letter, topic, code)

    def _receipt(self, letter: Letter, topic: str, code: ReasonCode) -> Receipt:
        """Return what PUBACK says; raises SinkUnreachableError where it is not about the letter."""
        if not code.is_failure:
            return Receipt(letter.seq)
        if code.value in NOT_THE_MESSAGE:
            raise self._unreachable(f"it answers: {code}")
        return self._refused(letter, f"at {topic} it answers: {code}")

    def _refused(self, letter: Letter, why: str) -> Receipt:
        return Receipt(letter.seq, refusal=f"{self.where} does not take the message: {why}")

    def _unreachable(self, why: str) -> SinkUnreachableError:
        return SinkUnreachableError(f"the broker {self.where} takes no messages: {why}")

    def _drop(self) -> None:
        if self._session is not None:
            with suppress(OSError):
                self._session.close()
        self._session = None


def _payload(letter: Letter, topic: str, largest: int) -> bytes:
    """Return a letter's bytes; raises ValueError where the packet would be above `largest`."""
    payload = letter.body.encode()
    around = topic + letter.event_id + letter.incident_id
    if _HEADERS_BYTES + len(around.encode()) + len(payload) > largest:
        raise ValueError(f"it takes no packets above {largest} bytes")
    return payload


def _properties(letter: Letter) -> Properties:
    """Return what says how to read a message, and its id where it need not be read."""
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.PayloadFormatIndicator = 1
    properties.ContentType = CONTENT_TYPE
    properties.UserProperty = [("id", letter.event_id), ("subject", letter.incident_id)]
    return properties
