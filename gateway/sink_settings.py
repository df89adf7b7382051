"""Settings of the sinks: where incidents go beside the dispatch queue."""

from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from gateway.section import Section
from gateway.webhook_signature import key_of

TOPIC_WORDS: Final = ("site", "unit", "grid", "camera", "kind")
"""What a topic may name in braces; none of it changes while an incident lasts."""
MAX_TOPIC = 200
"""Characters of a topic's template; MQTT allows 65,535 bytes of the topic itself (§1.5.4)."""

SinkName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
"""Name of a sink beside the dispatch queue: small letters, digits, dashes."""


def _topic_template(text: str) -> str:
    """Return a topic's template; raises ValueError for one that no message could be sent to."""
    if text.startswith("$") or any(letter in text for letter in "+#\0"):
        raise ValueError(f"{text!r} has +, # or a leading $, which only subscriptions may have")
    for _, word, form, conversion in Formatter().parse(text):
        if word is not None and (word not in TOPIC_WORDS or form or conversion):
            known = ", ".join(f"{{{one}}}" for one in TOPIC_WORDS)
            raise ValueError(f"{{{word}}} is not known in a topic; there are {known}")
    return text


TopicTemplate = Annotated[
    str, Field(min_length=1, max_length=MAX_TOPIC), AfterValidator(_topic_template)
]


class WebhookSettings(Section):
    """A receiver of signed HTTP requests (Standard Webhooks), one for each message."""

    url: str = Field(pattern=r"^https?://[^/\s@]+(/\S*)?$")
    """https://…; http:// only within private networks."""
    secret: SecretStr
    """whsec_ and 24 to 64 random bytes in base64, shared with the receiver."""
    timeout_s: float = Field(10.0, ge=0.1, le=120)
    """A receiver that has not answered after so long has failed."""
    parallel: int = Field(4, ge=1, le=64)
    """Requests under way at once; those about one incident always follow each other."""
    ca_file: Path | None = None
    """Certificates of an authority of your own, PEM; else those this machine trusts."""

    @field_validator("secret")
    @classmethod
    def _secret_is_one(cls, secret: SecretStr) -> SecretStr:
        key_of(secret.get_secret_value())
        return secret


class MqttSettings(Section):
    """A broker that messages are published to: MQTT 5, QoS 1."""

    url: str = Field(pattern=r"^mqtts?://(\[[0-9A-Fa-f:.]+\]|[^/\s@:\[\]]+)(:\d{1,5})?/?$")
    """mqtts://host or mqtts://host:8883; mqtt:// only within private networks."""
    topic: TopicTemplate = "gridpatrol/{site}/{unit}/{kind}"
    """Where a message is published; {site}, {unit}, {grid}, {camera} and {kind} are of its
    incident, "_" where it has none."""
    username: str = ""
    """User at the broker, "" where it asks for none."""
    password: SecretStr | None = None
    """Password that goes with username."""
    client_id: str = Field("", max_length=128)
    """Name of the connection; "" for gridpatrol-, the site's id and the sink's name. A broker lets
    one of each name in."""
    timeout_s: float = Field(10.0, ge=0.1, le=120)
    """A broker that has not answered after so long has failed."""
    parallel: int = Field(20, ge=1, le=1000)
    """Messages under way at once, fewer where the broker says so; those about one incident always
    follow each other."""
    ca_file: Path | None = None
    """Certificates of an authority of your own, PEM; else those this machine trusts."""

    @model_validator(mode="after")
    def _password_has_a_user(self) -> Self:
        if self.password is not None and not self.username:
            raise ValueError("password needs username beside it")
        return self


class SinkSettings(Section):
    """Where incidents go beside the dispatch queue; each has its own backlog and back-off."""

    webhooks: Mapping[SinkName, WebhookSettings] = {}
    """Receivers of signed HTTP requests, by name."""
    mqtt: Mapping[SinkName, MqttSettings] = {}
    """Brokers that messages are published to, by name."""

    most_waiting: int = Field(200_000, ge=1000)
    """Messages that may wait, or be parked, for each sink, about 2 kB each on the disk. Beyond it
    updates that later ones contain are given up first, then green incidents, then yellow; red ones
    only when they are over and closed."""
    keep_delivered_days: float = Field(30.0, ge=7)
    """How long messages are kept that everybody has had. Then those of incidents that are over and
    closed go, save the first of each, which says when the dispatch queue took it. A queue that lost
    its data gets the last seven days again, and all of what is open."""

    @model_validator(mode="after")
    def _names_are_free(self) -> Self:
        if "queue" in {*self.webhooks, *self.mqtt}:
            raise ValueError("queue is the name of the dispatch queue; choose another")
        twice = self.webhooks.keys() & self.mqtt.keys()
        if twice:
            raise ValueError(f"{min(twice)} is the name of a webhook and of a broker; change one")
        return self
