"""A receiver of signed HTTP requests, one for each message (CloudEvents, structured mode)."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

import httpx

from gateway.clock import utc_now
from gateway.dial_policy import DialPolicy
from gateway.dispatch.backoff import Backoff
from gateway.dispatch.lanes import send_in_lanes
from gateway.dispatch.safe_dial import Target, dial_target
from gateway.dispatch.sink import Letter, Receipt
from gateway.dispatch.trust import trust
from gateway.errors import SinkUnreachableError
from gateway.sink_settings import WebhookSettings
from gateway.webhook_signature import key_of, signed_headers

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
REFUSED: Mapping[int, str] = MappingProxyType(
    {
        HTTPStatus.BAD_REQUEST: "calls the message wrong",
        HTTPStatus.CONFLICT: "says that the message is at odds with what it has",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "calls the message too large",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "does not know this kind of message",
        HTTPStatus.UNPROCESSABLE_ENTITY: "cannot make sense of the message",
    }
)
"""Answers that are about one message; the next may be taken. All others are about the receiver."""
GONE_S = 3600.0
"""A receiver that says that it is gone for good (410) is asked again after so long."""
_ANSWER_BYTES = 500
"""So much of an answer's text is kept, to be shown."""
_REST_S = 1.0
"""The rest of an answer that says yes is waited for no longer."""


class WebhookSink:
    """Posts messages to one URL, those of different incidents side by side.

    dial: which addresses may be reached. Raises ConfigError for a secret or CA file that is none.
    """

    backoff = Backoff(first_s=1.0, longest_s=300.0)

    def __init__(self, settings: WebhookSettings, dial: DialPolicy) -> None:
        self._settings = settings
        self._dial = dial
        self._key = key_of(settings.secret.get_secret_value())
        self._url = httpx.URL(settings.url)
        self.where = settings.url.split("?")[0]
        self.batch = settings.parallel * 8
        self._client = httpx.AsyncClient(
            verify=trust(settings.ca_file),
            timeout=settings.timeout_s,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=settings.parallel),
        )

    def resume(self, reference: str) -> None:
        """Do nothing: a receiver has what it acknowledged."""

    async def send(self, letters: Sequence[Letter]) -> tuple[Receipt, ...]:
        """Post letters; see `Sink.send`. What a receiver says at last is in the error's words."""
        target = await dial_target(self._settings.url, self._dial)
        return await send_in_lanes(
            letters, self._settings.parallel, lambda letter: self._post(letter, target)
        )

    async def ping(self) -> None:
        """Do nothing: a receiver is known by its answers alone."""

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def _post(self, letter: Letter, target: Target) -> Receipt:
        """Post one letter within the time limit, however slowly an answer drips."""
        body = letter.body.encode()
        headers = signed_headers(self._key, letter.event_id, body, utc_now())
        request = self._client.build_request(
            "POST",
            self._url.copy_with(host=str(target.address)),
            content=body,
            headers=headers | {"content-type": CONTENT_TYPE, "host": self._url.netloc.decode()},
            extensions={"sni_hostname": target.host},
        )
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                answer = await self._client.send(request, stream=True)
                try:
                    said = await _beginning(answer)
                finally:
                    await answer.aclose()
        except (httpx.HTTPError, TimeoutError) as error:
            raise self._unreachable(str(error) or "no answer in time") from error
        return self._receipt(letter, answer, said)

    def _receipt(self, letter: Letter, answer: httpx.Response, said: str) -> Receipt:
        """Return what an answer means; raises SinkUnreachableError when it is no answer to it."""
        status = answer.status_code
        if answer.is_success:
            return Receipt(letter.seq)
        if status in REFUSED:
            return Receipt(letter.seq, refusal=f"{self.where} {REFUSED[status]} ({status}): {said}")
        wait_s = GONE_S if status == HTTPStatus.GONE else _retry_after_s(answer, utc_now())
        raise self._unreachable(f"it answers {status} {said}".rstrip(), wait_s)

    def _unreachable(self, why: str, wait_s: float | None = None) -> SinkUnreachableError:
        return SinkUnreachableError(f"the webhook {self.where} takes no messages: {why}", wait_s)


async def _beginning(answer: httpx.Response) -> str:
    """Return the first of an answer's text, on one line; none of it where it is well."""
    if answer.is_success:
        await _finish(answer)
        return ""
    text = b""
    async for piece in answer.aiter_bytes():
        text += piece
        if len(text) >= _ANSWER_BYTES:
            break
    return " ".join(text[:_ANSWER_BYTES].decode(errors="replace").split())


async def _finish(answer: httpx.Response) -> None:
    """Read the rest of an answer if it is short, so that its connection can serve again.

    What does not come changes nothing: the status has been said.
    """
    length = answer.headers.get("content-length", "0")
    if length.isascii() and length.isdigit() and int(length) <= _ANSWER_BYTES:
        with suppress(TimeoutError, httpx.HTTPError):
            async with asyncio.timeout(_REST_S):
                await answer.aread()


def _retry_after_s(answer: httpx.Response, now: datetime) -> float | None:
    """Return the wait that a receiver asks for, in seconds or until a date (RFC 9110 §10.2.3)."""
    asked = answer.headers.get("retry-after", "")
    if asked.isascii() and asked.isdigit():
        return min(float(asked), GONE_S)
    try:
        until = parsedate_to_datetime(asked)
        return min(max((until - now).total_seconds(), 0.0), GONE_S)
    except (TypeError, ValueError):
        return None
