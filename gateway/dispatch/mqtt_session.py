"""One connection to an MQTT 5 broker, run by an asyncio loop through paho's own network calls."""

import asyncio
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from gateway.errors import SinkUnreachableError

if TYPE_CHECKING:
    from paho.mqtt.client import SocketLike

KEEP_ALIVE_S: Final = 10
"""A broker that says nothing is asked after so long, and given up after as long again."""
DIAL_S: Final = 4.0
"""Longest wait for a connection, and again for TLS: it goes on in a thread, and a stop waits."""
_LOOK_S: Final = 1.0
"""How often paho looks at its clock."""
_MOST_IN_FLIGHT: Final = 65_535
"""Messages a broker takes at once where it does not say (MQTT 5 §3.2.2.3.3)."""
_NO_LIMIT: Final = 268_435_460
"""Bytes of the largest packet there is: a header of 5, and what it can count (MQTT 5 §2.1.4)."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where a broker is and who it takes us for.

    address, port: dialled as they are. password: without meaning where username is "". trust:
    knows the name that the certificate must bear; None without TLS. timeout_s: for the connection,
    and again for the broker's welcome.
    """

    address: str
    port: int
    client_id: str
    username: str
    password: str | None
    trust: ssl.SSLContext | None
    timeout_s: float


class SessionEndedError(SinkUnreachableError):
    """A connection is over. reason: the broker's, a number of MQTT 5 §2.4; None: it gave none."""

    def __init__(self, message: str, reason: int | None = None) -> None:
        super().__init__(message)
        self.reason = reason


class MqttSession:
    """A connection, from CONNACK to its end; nothing of it is taken over to the next.

    in_flight: messages that the broker takes at once. largest: bytes of the largest packet for it.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._loop = asyncio.get_running_loop()
        self._welcome: asyncio.Future[Properties | None] = self._loop.create_future()
        self._waiting: dict[int, asyncio.Future[ReasonCode]] = {}
        self._look = self._loop.call_later(_LOOK_S, self._look_at_clock)
        self.ended: SessionEndedError | None = None
        self.in_flight, self.largest = _MOST_IN_FLIGHT, _NO_LIMIT
        self._attach()

    @classmethod
    async def open(cls, broker: Broker) -> "MqttSession":
        """Connect and wait for the broker's welcome; raises SinkUnreachableError."""
        session = cls(await _connected(broker))
        try:
            async with asyncio.timeout(broker.timeout_s):
                session._heed(await session._welcome)
        except TimeoutError as error:
            session.close()
            raise SessionEndedError("it does not say whether we may come in") from error
        except BaseException:
            session.close()
            raise
        return session

    async def publish(self, topic: str, payload: bytes, properties: Properties) -> ReasonCode:
        """Publish at QoS 1 and return the broker's word on it.

        Raises SessionEndedError, ValueError for a topic or payload that MQTT does not allow.
        """
        if self.ended is not None:
            raise self.ended
        sent = self._client.publish(topic, payload, qos=1, properties=properties)
        acknowledged: asyncio.Future[ReasonCode] = self._loop.create_future()
        self._waiting[sent.mid] = acknowledged
        return await acknowledged

    def close(self) -> None:
        """Take leave, without waiting for anything."""
        self._look.cancel()
        self._end(SessionEndedError("the connection was closed"))
        connection = self._client.socket()
        if connection is None:
            return
        self._client.disconnect()
        self._client.loop_write()
        if self._client.socket() is not None:
            self._detach(connection)
            connection.close()

    def _attach(self) -> None:
        """Have the loop call paho when there is something to read, to write or to say."""
        client = self._client
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_socket_register_write = self._on_register_write
        client.on_socket_unregister_write = self._on_unregister_write
        client.on_socket_close = lambda _client, _data, connection: self._detach(connection)
        connection = client.socket()
        if connection is None:
            self._end(SessionEndedError("it hung up"))
            return
        self._loop.add_reader(connection, self._read)
        if client.want_write():
            self._loop.add_writer(connection, client.loop_write)

    def _detach(self, connection: "SocketLike") -> None:
        self._loop.remove_reader(connection)
        self._loop.remove_writer(connection)

    def _heed(self, welcome: Properties | None) -> None:
        """Keep to the limits that the broker has; raises SessionEndedError where that cannot be."""
        limits = {} if welcome is None else vars(welcome)
        if limits.get("MaximumQoS", 1) < 1:
            raise SessionEndedError("it acknowledges no messages (its highest QoS is 0)")
        self.in_flight = limits.get("ReceiveMaximum", _MOST_IN_FLIGHT)
        self.largest = limits.get("MaximumPacketSize", _NO_LIMIT)

    def _read(self) -> None:
        """Take in what has come; what TLS has decrypted already wakes no loop."""
        try:
            result = self._client.loop_read()
            while result is MQTTErrorCode.MQTT_ERR_SUCCESS and _decrypted(self._client):
                result = self._client.loop_read()
        except Exception as error:  # noqa: BLE001 - what a broker sends must not end our loop
            self._end(SessionEndedError(f"it does not speak MQTT 5 ({type(error).__name__})"))
            self.close()

    def _look_at_clock(self) -> None:
        self._client.loop_misc()
        if self.ended is None:
            self._look = self._loop.call_later(_LOOK_S, self._look_at_clock)

    def _end(self, error: SessionEndedError) -> None:
        """Note the end, and tell all who wait; the first reason is the one that stays."""
        if self.ended is None:
            self.ended = error
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(self.ended)
        self._waiting.clear()
        if not self._welcome.done():
            self._welcome.set_exception(self.ended)
            self._welcome.exception()  # nobody waits for it when the end comes from within

    def _on_connect(
        self,
        _client: Client,
        _data: Any,  # noqa: ANN401 - paho's signature
        _flags: ConnectFlags,
        code: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if code.is_failure:
            self._end(SessionEndedError(f"it does not let us in: {code}", code.value))
        elif not self._welcome.done():
            self._welcome.set_result(properties)

    def _on_disconnect(
        self,
        _client: Client,
        _data: Any,  # noqa: ANN401 - paho's signature
        flags: DisconnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        said = flags.is_disconnect_packet_from_server
        why = f"it ended the connection: {code}" if said else f"the connection is lost: {code}"
        self._end(SessionEndedError(why, code.value if said else None))

    def _on_publish(
        self,
        _client: Client,
        _data: Any,  # noqa: ANN401 - paho's signature
        mid: int,
        code: ReasonCode,
        _properties: Properties,
    ) -> None:
        waiting = self._waiting.pop(mid, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(code)

    def _on_register_write(
        self,
        client: Client,
        _data: Any,  # noqa: ANN401 - paho's signature
        connection: "SocketLike",
    ) -> None:
        self._loop.add_writer(connection, client.loop_write)

    def _on_unregister_write(
        self,
        _client: Client,
        _data: Any,  # noqa: ANN401 - paho's signature
        connection: "SocketLike",
    ) -> None:
        self._loop.remove_writer(connection)


def _decrypted(client: Client) -> bool:
    """Return whether a connection has read more than it was asked for."""
    connection = client.socket()
    return isinstance(connection, ssl.SSLSocket) and connection.pending() > 0


async def _connected(broker: Broker) -> Client:
    """Return a client that has dialled and sent CONNECT; raises SinkUnreachableError."""
    client = _client(broker)
    loop = asyncio.get_running_loop()
    dialling = loop.run_in_executor(None, client.connect, broker.address, broker.port, KEEP_ALIVE_S)
    try:
        await asyncio.shield(dialling)
    except (OSError, ValueError) as error:
        raise SessionEndedError(str(error) or type(error).__name__) from error
    except asyncio.CancelledError:
        dialling.add_done_callback(lambda done: done.exception() or client.disconnect())
        raise
    return client


def _client(broker: Broker) -> Client:
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=broker.client_id,
        protocol=MQTTProtocolVersion.MQTTv5,
        reconnect_on_failure=False,
    )
    client.connect_timeout = min(broker.timeout_s, DIAL_S)
    client.max_inflight_messages_set(_MOST_IN_FLIGHT)
    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    if broker.trust is not None:
        client.tls_set_context(broker.trust)
    return client
