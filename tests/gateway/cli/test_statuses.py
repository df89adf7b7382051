"""What a platform said and nothing could be made of: shown, tried again, forgotten."""

import json

from gateway.clock import to_iso, utc_now
from gateway.config import Settings
from gateway.data_directory import open_store
from gateway.store.statuses import Way


def test_parked_statuses_are_shown_tried_and_forgotten(gridpatrol, refused, data_dir, samples):
    message = {
        "specversion": "1.0", "id": "e-1", "source": "/county", "type": "gridpatrol.case.status",
        "subject": "i-0", "time": to_iso(utc_now()), "data": {"status": "handling"},
    }  # fmt: skip
    with open_store(Settings(data_dir=data_dir)) as store:
        store.statuses.park("nonsense", Way.QUEUE, "bad_status", "no sense in it", utc_now())
        store.statuses.park(json.dumps(message), Way.WEBHOOK, "not_found", "no i-0", utc_now())
    bad, early = gridpatrol("queue", "statuses", "--json").objects
    assert (bad["code"], early["way"]) == ("bad_status", "webhook")
    assert "no sense in it" in gridpatrol("queue", "statuses").out
    assert "no case i-0" in refused(13, "queue", "hear", early["id"])
    with open_store(Settings(data_dir=data_dir)) as store:
        samples.fill(store, 1)
    assert "i-0: applied, handling" in gridpatrol("queue", "hear", early["id"]).err
    assert gridpatrol("queue", "hear", bad["id"], "--drop").exit_code == 0
    assert gridpatrol("queue", "statuses").out == ""
    refused(13, "queue", "hear", bad["id"])
