"""Asking a feed: one request to an address that was checked, bounded in size and time."""

import asyncio
import json
from http import HTTPStatus
from typing import Final, cast

import httpx
from pydantic import SecretStr

from gateway.dial_policy import DialPolicy
from gateway.dispatch.safe_dial import dial_target
from gateway.dispatch.trust import trust
from gateway.errors import RainFeedError, SinkUnreachableError
from gateway.json_path import Json
from gateway.rain_settings import RainFeedSettings

MOST_BYTES: Final = 1 << 20
"""An answer longer than this is no list of rain gauges."""
_SHOWN: Final = 80
"""So much of an answer that is no JSON is shown."""


async def ask(feed: str, settings: RainFeedSettings, dial: DialPolicy) -> Json:
    """Return a feed's answer; raises RainFeedError, and ConfigError for a CA file that is none."""
    try:
        async with asyncio.timeout(settings.timeout_s):
            body = await _body(feed, settings, dial)
    except SinkUnreachableError as error:
        raise _failed(feed, str(error)) from error
    except (httpx.HTTPError, TimeoutError) as error:
        raise _failed(feed, str(error) or f"no whole answer in {settings.timeout_s:g} s") from error
    try:
        return cast("Json", json.loads(body))
    except (ValueError, RecursionError) as error:
        shown = " ".join(body[:_SHOWN].decode(errors="replace").split())
        raise _failed(feed, f"its answer is no JSON, it begins {shown!r}") from error


async def _body(feed: str, settings: RainFeedSettings, dial: DialPolicy) -> bytes:
    target = await dial_target(settings.url, dial)
    url = httpx.URL(settings.url)
    query = {name: _told(value) for name, value in settings.query.items()}
    headers = {name: _told(value) for name, value in settings.headers.items()}
    async with (
        httpx.AsyncClient(
            verify=trust(settings.ca_file),
            timeout=settings.timeout_s,
            follow_redirects=False,
            trust_env=False,
        ) as client,
        client.stream(
            "GET",
            url.copy_with(host=str(target.address), params=query or None),
            headers=headers | {"host": url.netloc.decode(), "accept": "application/json"},
            extensions={"sni_hostname": target.host},
        ) as answer,
    ):
        if answer.status_code != HTTPStatus.OK:
            raise _failed(feed, f"it answers {answer.status_code}")
        return await _whole(feed, answer)


async def _whole(feed: str, answer: httpx.Response) -> bytes:
    body = b""
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) > MOST_BYTES:
            raise _failed(feed, f"its answer is longer than {MOST_BYTES} bytes")
    return body


def _told(value: str | SecretStr) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _failed(feed: str, why: str) -> RainFeedError:
    return RainFeedError(f"the rain feed {feed} cannot be asked: {why}")
