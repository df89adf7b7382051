"""The site as a whole."""

from datetime import UTC, datetime

from gateway.config import SiteSettings
from gateway.dispatch.relay import QueueState, RelayState

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


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
        "default_language": "en",
    }


def test_an_evidence_directory_that_does_not_exist_yet_is_no_fault(make_site, tmp_path):
    client = make_site(data_dir=tmp_path / "not" / "yet").signed_in()
    assert client.get("/api/system").json()["storage"]["free_bytes"] > 0
    client.close()
