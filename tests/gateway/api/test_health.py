"""Health: fine-grained, open to all, silent about secrets."""

from datetime import UTC, datetime

import pytest

from gateway.clock import utc_now
from gateway.dispatch.relay import QueueState, RelayState
from gateway.store.loads import WorkerLoad

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


def test_all_is_well(site, gate):
    with site.client() as client:
        answer = client.get("/healthz")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], body["store"]) == ("ok", "ok")
    assert body["cameras"] == {"enabled": 1, "online": 1}
    assert body["queue"] == {"state": "connected", "waiting": 0}
    for secret in ("gate", "192.168", "127.0.0.1", "rtsp"):
        assert secret not in answer.text


@pytest.mark.parametrize("fault", ["queue", "camera", "load"])
def test_what_needs_a_person_is_degraded_yet_alive(make_site, store, gate, reports, fault):
    state = QueueState.DOWN if fault == "queue" else QueueState.CONNECTED
    if fault == "camera":
        store.camera_states.put([reports.online("gate", None, state="unreachable")])
    if fault == "load":
        store.loads.put(WorkerLoad(0, utc_now(), NOW, 1.5, 1.0, 0.5, 0.2, 300, 12, 20))
    site = make_site(relay_state=lambda: RelayState(state, NOW))
    with site.client() as client:
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")


def test_a_store_that_fails_is_a_503(site, tmp_path):
    damaged = tmp_path / "gridpatrol.db"
    site.store.close()
    for file in tmp_path.glob("gridpatrol.db*"):
        file.unlink()
    damaged.write_bytes(b"no database at all" * 100)
    with site.client() as client:
        answer = client.get("/healthz")
        health = answer.json()
        assert (answer.status_code, health["status"], health["store"]) == (
            503,
            "failing",
            "failing",
        )
        assert health["cameras"] is None
        assert client.get("/api/session").status_code == 401
