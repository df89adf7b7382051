"""The site as a whole."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gateway.config import SiteSettings
from gateway.dispatch.relay import QueueState, RelayState
from gateway.store.loads import WorkerLoad

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
BUSY = WorkerLoad(
    shard=0,
    updated_at=NOW,
    overloaded_since=NOW - timedelta(minutes=3),
    budget=1.5,
    decode=0.8,
    detect=0.65,
    other=0.3,
    cameras=200,
    full=12,
    stirred=20,
)
CALM = WorkerLoad(1, NOW, None, 0.4, 0.1, 0.1, 0.1, cameras=125, full=3, stirred=3)


def test_the_system_tells_of_site_clock_queue_and_disk(make_site, store, samples):
    site = make_site(
        site=SiteSettings(name="东山村", time_zone="Asia/Urumqi", language="en"),
        relay_state=lambda: RelayState(QueueState.DOWN, NOW, "nobody answers"),
        now=lambda: NOW,
    )
    samples.fill(store, 2)
    client = site.signed_in()
    body = client.get("/api/system").json()
    client.close()
    storage = body.pop("storage")
    assert 0 < storage["free_bytes"] <= storage["total_bytes"]
    assert body == {
        "site": "东山村",
        "version": site.services.version,
        "time_zone": "Asia/Urumqi",
        "now": "2026-05-01T08:00:00.000Z",
        "queue": {"state": "down", "waiting": 2},
        "load": None,
        "default_language": "en",
    }


def test_an_evidence_directory_that_does_not_exist_yet_is_no_fault(make_site, tmp_path):
    client = make_site(data_dir=tmp_path / "not" / "yet").signed_in()
    assert client.get("/api/system").json()["storage"]["free_bytes"] > 0
    client.close()


def test_the_system_tells_how_busy_its_workers_are_together(make_site, store):
    client = make_site(now=lambda: NOW).signed_in()
    store.loads.put(CALM)
    assert client.get("/api/system").json()["load"]["overloaded_since"] is None
    store.loads.put(BUSY)
    assert client.get("/api/system").json()["load"] == {
        "overloaded_since": "2026-05-01T07:57:00.000Z",
        "budget": 1.9,
        "decode": 0.9,
        "detect": 0.75,
        "other": 0.4,
        "cameras": 325,
        "full": 15,
        "keys": 310,
        "stirred": 23,
    }
    client.close()


def test_a_worker_that_is_gone_is_busy_no_more(make_site, store):
    client = make_site(now=lambda: NOW).signed_in()
    store.loads.put(replace(BUSY, updated_at=NOW - timedelta(minutes=1)))
    assert client.get("/api/system").json()["load"] is None
    client.close()
