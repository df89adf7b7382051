import asyncio
import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.clock import utc_now
from gateway.dial_policy import DialPolicy
from gateway.dispatch import webhook_sink
from gateway.dispatch.sink import Receipt
from gateway.dispatch.webhook_sink import WebhookSink
from gateway.errors import ConfigError, SinkUnreachableError
from gateway.sink_settings import WebhookSettings
from gateway.webhook_signature import is_signed, key_of

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def open_sink(url: str, **settings: object) -> WebhookSink:
    given = {"url": url, "secret": SECRET, "timeout_s": 60} | settings
    return WebhookSink(WebhookSettings.model_validate(given), DialPolicy())


async def test_messages_come_signed_and_in_order(webhooks, letters) -> None:
    async with webhooks.webhook_receiver() as receiver:
        sink = open_sink(receiver.url)
        sent = letters('{"a":"村"}', '{"b":1}', incident_id="i-1")
        assert await sink.send(sent) == (Receipt(1), Receipt(2))
        await sink.close()
    assert [one.body.decode() for one in receiver.taken] == ['{"a":"村"}', '{"b":1}']
    first = receiver.taken[0]
    assert first.path == "/hook"
    assert first.headers["webhook-id"] == "i-1/1"
    assert first.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    key = key_of(SECRET)
    assert is_signed(key, first.headers, first.body, utc_now())
    assert not is_signed(key, first.headers, first.body + b" ", utc_now())
    assert not is_signed(key, first.headers, first.body, utc_now() + timedelta(minutes=6))


@pytest.mark.parametrize("said", ["", "ok"])
async def test_one_connection_serves_for_many_messages(webhooks, letters, said: str) -> None:
    async with webhooks.webhook_receiver() as receiver:
        receiver.manner = webhooks.answer(200, said)
        sink = open_sink(receiver.url, parallel=1)
        for _ in range(3):
            assert await sink.send(letters("{}")) == (Receipt(1),)
        await sink.close()
    assert (receiver.connections, len(receiver.requests)) == (1, 3)


async def test_yes_is_a_yes_though_its_text_never_comes(
    webhooks, letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_sink, "_REST_S", 0.05)
    async with webhooks.webhook_receiver() as receiver:
        receiver.manner = webhooks.promise
        sink = open_sink(receiver.url)
        assert await sink.send(letters("{}")) == (Receipt(1),)
        await sink.close()


@pytest.mark.parametrize(
    ("manner", "timeout_s", "words"),
    [
        (lambda w: w.answer(500, "oh no\nreally"), 60, "answers 500 oh no really"),
        (lambda w: w.answer(401), 60, "answers 401"),
        (lambda w: w.answer(404), 60, "answers 404"),
        (lambda w: w.answer(302, "", "location: http://127.0.0.1:1/"), 60, "answers 302"),
        (lambda w: w.answer(307, "", "location: http://169.254.169.254/"), 60, "answers 307"),
        (lambda w: w.hang, 0.5, "takes no messages"),
        (lambda w: w.drip, 0.5, "no answer in time"),
        (lambda w: w.close_midway, 60, "takes no messages"),
        (lambda w: w.talk_nonsense, 60, "takes no messages"),
    ],
)
async def test_receiver_in_trouble_is_left_alone_and_asked_once(
    webhooks, letters, manner, timeout_s: float, words: str
) -> None:
    async with webhooks.webhook_receiver() as receiver:
        receiver.manner = manner(webhooks)
        sink = open_sink(receiver.url, parallel=1, timeout_s=timeout_s)
        with pytest.raises(SinkUnreachableError, match=words) as trouble:
            await sink.send(letters("{}", "{}", "{}"))
        await sink.close()
    assert len(receiver.requests) == 1
    assert trouble.value.retry_after_s is None


@pytest.mark.parametrize(
    ("status", "header", "low_s", "high_s"),
    [
        (503, "retry-after: 120", 120, 120),
        (429, "retry-after: 999999", 3600, 3600),
        (429, "retry-after: soon", None, None),
        (410, "x-nothing: 1", 3600, 3600),
    ],
)
async def test_receiver_says_when_to_come_back(
    webhooks, letters, status: int, header: str, low_s: float, high_s: float
) -> None:
    async with webhooks.webhook_receiver() as receiver:
        receiver.manner = webhooks.answer(status, "", header)
        sink = open_sink(receiver.url)
        with pytest.raises(SinkUnreachableError) as trouble:
            await sink.send(letters("{}"))
        await sink.close()
    asked_s = trouble.value.retry_after_s
    assert asked_s == low_s if low_s is None else low_s <= asked_s <= high_s


async def test_date_in_retry_after_is_understood(webhooks, letters) -> None:
    until = (utc_now() + timedelta(seconds=100)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    async with webhooks.webhook_receiver() as receiver:
        receiver.manner = webhooks.answer(503, "", f"retry-after: {until}")
        sink = open_sink(receiver.url)
        with pytest.raises(SinkUnreachableError) as trouble:
            await sink.send(letters("{}"))
        await sink.close()
    assert 60 < trouble.value.retry_after_s <= 100


@pytest.mark.parametrize("status", sorted(webhook_sink.REFUSED))
async def test_one_refused_letter_holds_up_its_own_incident_alone(
    webhooks, letters, status: int
) -> None:
    async with webhooks.webhook_receiver() as receiver:
        receiver.next_manners = [webhooks.answer(status, "not like this")]
        sink = open_sink(receiver.url, parallel=1)
        poison, after = letters("{}", "{}", incident_id="i-1")
        other = letters("{}", "{}", "{}")[2]
        receipts = await sink.send([poison, after, other])
        await sink.close()
    assert [one.seq for one in receipts] == [1, 3]
    assert "not like this" in receipts[0].refusal
    assert receipts[1] == Receipt(3)
    assert len(receiver.requests) == 2


async def test_what_arrived_before_the_trouble_is_told(webhooks, letters) -> None:
    async with webhooks.webhook_receiver() as receiver:
        receiver.next_manners = [webhooks.OK, webhooks.OK]
        receiver.manner = webhooks.answer(503)
        sink = open_sink(receiver.url)
        receipts = await sink.send(letters("{}", "{}", "{}", "{}", incident_id="i-1"))
        assert receipts == (Receipt(1), Receipt(2))
        await sink.close()
    assert len(receiver.requests) == 3


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://169.254.169.254/latest", "where no sink may be"),
        ("http://[::ffff:169.254.169.254]/latest", "where no sink may be"),
        ("https://100.100.100.200/", "where no sink may be"),
        ("http://0.0.0.0:8600/", "where no sink may be"),
        ("http://8.8.8.8/", "must begin https://"),
        ("https://no.such.name.invalid/", "is not known"),
    ],
)
async def test_addresses_that_no_webhook_may_go_to(letters, url: str, words: str) -> None:
    sink = open_sink(url)
    with pytest.raises(SinkUnreachableError, match=words):
        await sink.send(letters("{}"))
    await sink.close()


async def test_certificate_and_name_are_checked(webhooks, letters, certificate: Path) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    async with webhooks.webhook_receiver(tls) as receiver:
        named = receiver.url.replace("127.0.0.1", "localhost")
        attempts = [
            ({"url": named}, "CERTIFICATE_VERIFY_FAILED"),
            ({"url": receiver.url, "ca_file": certificate}, "CERTIFICATE_VERIFY_FAILED"),
        ]
        for settings, words in attempts:
            sink = open_sink(**settings)
            with pytest.raises(SinkUnreachableError, match=words):
                await sink.send(letters("{}"))
            await sink.close()
        assert receiver.requests == []
        sink = open_sink(named, ca_file=certificate)
        assert await sink.send(letters("{}")) == (Receipt(1),)
        await sink.close()
    assert receiver.taken[0].headers["host"] == named.split("/")[2]


def test_ca_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(ConfigError, match=name):
            open_sink("https://localhost/", ca_file=tmp_path / name)


async def test_incidents_go_side_by_side(webhooks, letters) -> None:
    """Two incidents are under way at once; the receiver answers neither before it has both."""
    both = asyncio.Event()

    async def wait_for_both(request, writer) -> None:
        if len(receiver.requests) == 2:
            both.set()
        await both.wait()
        await webhooks.OK(request, writer)

    async with webhooks.webhook_receiver() as receiver:
        receiver.manner = wait_for_both
        sink = open_sink(receiver.url, parallel=2)
        assert await sink.send(letters("{}", "{}")) == (Receipt(1), Receipt(2))
        await sink.close()
