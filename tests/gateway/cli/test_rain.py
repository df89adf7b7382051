"""gridpatrol rain: how feeds fare, and whether one is understood."""

import asyncio
import json
import threading

import pytest

from gateway.clock import to_iso, utc_now
from gateway.secrets import SecretBox
from gateway.store import Store


@pytest.fixture
def weather(monkeypatch):
    """Serve a weather service with two gauges, and put it into the settings; one is broken."""
    body = json.dumps(
        {
            "gauges": [
                {"id": "g1", "mm": 1.5, "at": to_iso(utc_now())},
                {"id": "g2", "mm": None, "at": to_iso(utc_now())},
            ]
        }
    ).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head + body)
        await writer.drain()
        writer.close()

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(answer, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    port = server.sockets[0].getsockname()[1]
    feed = {
        "url": f"http://127.0.0.1:{port}/rain",
        "gauges": "gauges",
        "name": "id",
        "rain": "mm",
        "time": "at",
    }
    monkeypatch.setenv("GRIDPATROL_RAIN__FEEDS", json.dumps({"city": feed}))
    yield
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    server.close()
    loop.close()


def test_a_feed_is_tried_without_keeping_anything(gridpatrol, refused, weather):
    tried = gridpatrol("rain", "test", "city")
    assert [line.split()[0] for line in tried.out.splitlines()] == ["gauge", "g1"]
    assert "not understood: gauge g2 tells None, which is no number" in tried.err
    (told,) = gridpatrol("rain", "test", "city", "--json").objects
    assert told["readings"][0]["mm_per_h"] == 1.5
    assert "rain.feeds has city" in refused(3, "rain", "test", "village")
    assert "never asked" in gridpatrol("rain", "status").out


def test_a_feed_that_fails_is_shown_as_stale(gridpatrol, data_dir, weather):
    data_dir.mkdir(parents=True)
    with Store.open(data_dir / "gridpatrol.db", SecretBox.open(data_dir / "secret.key")) as store:
        store.rain_readings.fail("city", utc_now(), "it answers 500")
    line = gridpatrol("rain", "status").out.splitlines()[1]
    assert line.split() == ["city", "–", "STALE", "1", "it", "answers", "500"]
    (told,) = gridpatrol("rain", "status", "--json").objects
    assert (told["feed"]["failures"], told["newest"]) == (1, [])
