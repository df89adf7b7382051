"""Mosquitto on a loopback port, as an ordinary child, with users and rights; and a listener."""

import getpass
import shutil
import signal
import socket
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

PROGRAM = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
USERS = {"patrol": "s3cret", "platform": "s3cret-too"}
RIGHTS = """
user patrol
topic write gridpatrol/+/+/+
topic write other/#
user platform
topic read #
"""
READY_S = 30.0


@dataclass
class Mosquitto:
    """A broker in a folder. options: further lines of its file. tls: certificate and key, PEM."""

    folder: Path
    options: tuple[str, ...] = ()
    tls: Path | None = None
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is, for settings."""
        if self.tls:
            return f"mqtts://localhost:{self.port}"
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Run it, on the port it had before if it ran before; return when it listens."""
        self.port = self.port or _free_port()
        self._write()
        self.process = subprocess.Popen(
            [PROGRAM, "-c", self.folder / "mosquitto.conf"],
            stdout=(self.folder / "mosquitto.log").open("ab"),
            stderr=subprocess.STDOUT,
        )
        while True:
            if self.process.poll() is not None:
                raise RuntimeError((self.folder / "mosquitto.log").read_text())
            try:
                socket.create_connection(("127.0.0.1", self.port), READY_S).close()
            except ConnectionRefusedError:
                continue
            return

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal: SIGSTOP, SIGCONT, SIGHUP to read its rights again."""
        self.process.send_signal(number)

    def stop(self) -> None:
        """End it; what it has taken and not passed on, it keeps in its file."""
        self.signal(signal.SIGCONT)
        self.process.terminate()
        self.process.wait()

    def set_rights(self, rights: str) -> None:
        """Change who may do what, at once."""
        (self.folder / "rights").write_text(rights)
        self.signal(signal.SIGHUP)

    def _write(self) -> None:
        users = self.folder / "users"
        if not users.exists():
            users.touch(mode=0o600)
            for name, password in USERS.items():
                subprocess.run(
                    ["mosquitto_passwd", "-b", users, name, password],
                    check=True, capture_output=True,
                )  # fmt: skip
            (self.folder / "rights").write_text(RIGHTS)
            (self.folder / "rights").chmod(0o600)
        lines = [
            f"user {getpass.getuser()}",
            f"listener {self.port} 127.0.0.1",
            *([f"certfile {self.tls}", f"keyfile {self.tls}"] if self.tls else []),
            f"password_file {users}",
            f"acl_file {self.folder / 'rights'}",
            "allow_anonymous false",
            "persistence true",
            f"persistence_location {self.folder}/",
            "autosave_interval 0",
            *self.options,
        ]
        (self.folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@dataclass
class Listener:
    """A platform that hears everything at a broker, with a session that outlasts it."""

    broker: Mosquitto
    heard: list[MQTTMessage] = field(default_factory=list)

    def __enter__(self) -> "Listener":
        """Connect and subscribe; comes back by itself when the broker does."""
        ready = threading.Event()
        self._client = Client(
            CallbackAPIVersion.VERSION2, "platform", protocol=MQTTProtocolVersion.MQTTv5
        )
        stays = Properties(PacketTypes.CONNECT)
        stays.SessionExpiryInterval = 3600
        self._client.username_pw_set("platform", USERS["platform"])
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.on_message = lambda _client, _data, message: self.heard.append(message)
        self._client.connect("127.0.0.1", self.broker.port, clean_start=False, properties=stays)
        self._client.loop_start()
        if not ready.wait(READY_S):
            raise RuntimeError("the broker lets no listener in")
        return self

    def __exit__(self, *_: object) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()
