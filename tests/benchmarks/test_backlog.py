import json
from pathlib import Path

from benchmarks.backlog import fill, sample
from gateway.clock import utc_now
from gateway.secrets import SecretBox
from gateway.store import Store
from gateway.store.outbox import QUEUE


def test_backlog_is_like_what_was_recorded(tmp_path: Path) -> None:
    database = tmp_path / "gridpatrol.db"
    with Store.open(database, SecretBox.open(tmp_path / "secret.key")) as store:
        sample(store)
        (recorded,) = store.deliveries.due(QUEUE, 9, utc_now())
        fill(database, range(1, 4), QUEUE)
        fill(database, range(4, 6), QUEUE)
        waiting = store.deliveries.due(QUEUE, 9, utc_now())
    assert [message.seq - recorded.seq for message in waiting] == [0, 1, 2, 3, 4, 5]
    for message in waiting:
        event = json.loads(message.body)
        assert (event["id"], event["subject"]) == (message.event_id, message.incident_id)
        assert event.keys() == json.loads(recorded.body).keys()
