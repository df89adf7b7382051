"""The sinks of a site, as its settings have them: the dispatch queue first."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from gateway.config import Settings
from gateway.dial_policy import DialPolicy
from gateway.dispatch.mqtt_sink import MqttSink
from gateway.dispatch.redis_sink import RedisSink
from gateway.dispatch.sink import Sink
from gateway.dispatch.webhook_sink import WebhookSink
from gateway.store.outbox import QUEUE


@dataclass(frozen=True, slots=True)
class NamedSink:
    """A sink under the name that the store and the console know it by."""

    name: str
    sink: Sink


def _redis(settings: Settings, queue_url: str) -> Iterator[NamedSink]:
    yield NamedSink(QUEUE, RedisSink(queue_url, settings.queue.stream, settings.site.id))


def _webhooks(settings: Settings, _queue_url: str) -> Iterator[NamedSink]:
    dial = DialPolicy(settings.onboarding.allowed_networks)
    for name, webhook in settings.sinks.webhooks.items():
        yield NamedSink(name, WebhookSink(webhook, dial))


def _brokers(settings: Settings, _queue_url: str) -> Iterator[NamedSink]:
    dial = DialPolicy(settings.onboarding.allowed_networks)
    for name, broker in settings.sinks.mqtt.items():
        client_id = f"gridpatrol-{settings.site.id}-{name}"
        yield NamedSink(name, MqttSink(broker, client_id, dial))


SINKS: Final[Mapping[str, Callable[[Settings, str], Iterator[NamedSink]]]] = MappingProxyType(
    {"redis": _redis, "webhook": _webhooks, "mqtt": _brokers}
)
"""Every kind of sink, and what opens those of that kind; the dispatch queue comes first."""


def open_sinks(settings: Settings, queue_url: str) -> tuple[NamedSink, ...]:
    """Return the sinks of a site; raises ConfigError for an address or file that is none."""
    return tuple(named for opener in SINKS.values() for named in opener(settings, queue_url))
