"""`serve` and a worker over the worker's real port: what passes, what is refused, what fails."""

import asyncio
import socket
from contextlib import asynccontextmanager

import httpx
import pytest

from gateway.errors import (
    BadOfferError,
    BusyError,
    NoPictureError,
    NotFoundError,
    NotPlayableError,
    StorageError,
    WorkerUnreachableError,
)
from gateway.whep import StreamChoice
from gateway.worker_api import LiveAnswer, Snapshot, WorkerStatus
from gateway.worker_client import WorkerClient


@asynccontextmanager
async def client_of(token: str):
    client = WorkerClient(token)
    try:
        yield client
    finally:
        await client.close()


async def test_every_question_gets_its_answer(worker, worker_url):
    async with client_of(worker.token) as client:
        answer = await client.whep_offer(worker_url, "gate", worker.offer, StreamChoice.MAIN)
        assert answer == LiveAnswer("live-0", worker.answer)
        assert await client.status(worker_url) == WorkerStatus("0/1", ("gate",), ("live-0",))
        await client.live_delete(worker_url, "live-0")
        await client.live_delete(worker_url, "live-0")
        assert worker.live == set()
        picture = await client.snapshot(worker_url, "gate", 320)
        assert picture == Snapshot(worker.picture, worker.taken_at)
        await client.reload(worker_url)
        assert worker.reloads == 1
        assert "# HELP python_info" in await client.metrics(worker_url)


async def test_names_with_odd_letters_arrive_as_they_are(worker, worker_url):
    worker.cameras.add("a b?c#d")
    worker.live.add("x?y#z")
    async with client_of(worker.token) as client:
        assert (await client.snapshot(worker_url, "a b?c#d", None)).jpeg == worker.picture
        await client.live_delete(worker_url, "x?y#z")
    assert worker.live == set()


@pytest.mark.parametrize("kind", [NoPictureError, NotPlayableError, BadOfferError, BusyError])
async def test_a_workers_refusal_is_raised_here_as_it_was_there(worker, worker_url, kind):
    worker.refusal = kind("what failed, and what to do")
    async with client_of(worker.token) as client:
        with pytest.raises(kind, match="what failed, and what to do"):
            await client.whep_offer(worker_url, "gate", worker.offer, StreamChoice.MAIN)


async def test_an_unknown_camera_and_a_nonsensical_offer(worker, worker_url):
    async with client_of(worker.token) as client:
        with pytest.raises(NotFoundError, match="nowhere"):
            await client.snapshot(worker_url, "nowhere", None)
        with pytest.raises(BadOfferError, match="not SDP"):
            await client.whep_offer(worker_url, "gate", "nonsense", StreamChoice.SUB)


@pytest.mark.parametrize("fault", [StorageError("disk full"), RuntimeError("boom")])
async def test_other_faults_of_a_worker_name_it_and_the_status(worker, worker_url, fault):
    worker.refusal = fault
    async with client_of(worker.token) as client:
        with pytest.raises(WorkerUnreachableError, match=r"127\.0\.0\.1:\d+ answered 50[03]"):
            await client.snapshot(worker_url, "gate", None)


async def test_nobody_there(worker):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    async with client_of(worker.token) as client:
        with pytest.raises(WorkerUnreachableError, match=f"127.0.0.1:{port} does not answer"):
            await client.status(f"http://127.0.0.1:{port}")


async def test_one_who_answers_nonsense_or_hangs_up(worker):
    async def hang_up(_reader, writer):
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, client_of(worker.token) as client:
        with pytest.raises(WorkerUnreachableError):
            await client.status(f"http://127.0.0.1:{port}")


async def test_a_proxy_of_the_environment_is_not_asked(worker, worker_url, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    async with client_of(worker.token) as client:
        assert (await client.status(worker_url)).cameras == ("gate",)


ROUTES = [
    ("GET", "/status"),
    ("GET", "/metrics"),
    ("GET", "/cameras/gate/snapshot.jpg"),
    ("POST", "/cameras/gate/whep"),
    ("DELETE", "/live/x"),
    ("POST", "/reload"),
]


def test_nothing_is_done_without_the_token(worker, worker_url, refused):
    for header in (None, "Bearer nonsense", "Bearer", f"Basic {worker.token}", worker.token):
        headers = {} if header is None else {"Authorization": header}
        with httpx.Client(base_url=worker_url, headers=headers) as client:
            for method, path in ROUTES:
                refused(client.request(method, path), 401, "unauthenticated")
    assert (worker.widths, worker.reloads, worker.live) == ([], 0, set())


async def test_a_wrong_token_is_a_worker_out_of_reach(worker_url):
    async with client_of("another data directory's token") as client:
        with pytest.raises(WorkerUnreachableError, match="401"):
            await client.status(worker_url)


def test_the_port_tells_nothing_of_itself(worker, worker_url, refused):
    headers = {"Authorization": f"Bearer {worker.token}"}
    with httpx.Client(base_url=worker_url, headers=headers) as client:
        for path in ("/docs", "/openapi.json", "/"):
            refused(client.get(path), 404, "not_found")
        refused(client.get("/cameras/gate/snapshot.jpg?width=0"), 422, "bad_request")
        refused(client.post("/cameras/gate/whep", content=b"x" * 70_000), 413, "too_large")
