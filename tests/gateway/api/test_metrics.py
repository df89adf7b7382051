"""Metrics: the site's and all processes' figures, for this machine or a bearer of the token."""

from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from gateway import telemetry
from gateway.clock import utc_now
from gateway.store.outbox import QUEUE
from gateway.store.workers import Worker


def read(answer):
    """Return {(sample name, labels): value} of an answer, which must parse."""
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_figures_of_the_site_and_of_every_process(site, store, worker_url, samples):
    telemetry.LOOKS.labels(camera="metrics-test").inc(3)
    store.workers.enter(Worker(0, worker_url, 1, utc_now()))
    store.workers.enter(Worker(1, "http://127.0.0.1:1", 2, utc_now()))
    samples.fill(store, 2)
    store.deliveries.unreachable(QUEUE, "gone", utc_now(), utc_now())
    with site.client() as client:
        answer = client.get("/metrics")
    figures = read(answer)
    of_queue = (("sink", QUEUE),)
    assert figures["gridpatrol_sink_waiting_messages", of_queue] == 2
    assert figures["gridpatrol_sink_oldest_seconds", of_queue] >= 0
    assert figures["gridpatrol_sink_parked_messages", of_queue] == 0
    assert figures["gridpatrol_sink_shed_messages_total", of_queue] == 0
    assert figures["gridpatrol_sink_down_ratio", of_queue] == 1
    assert figures["gridpatrol_incidents_open", ()] == 2
    assert figures["gridpatrol_outbox_messages", ()] == 2
    assert figures["gridpatrol_workers", ()] == 1
    assert figures["gridpatrol_storage_free_bytes", ()] > 0
    for process in ("serve", "worker-0"):
        labels = (("camera", "metrics-test"), ("process", process))
        assert figures["gridpatrol_looks_total", labels] == 3
    helps = [line for line in answer.text.splitlines() if line.startswith("# HELP")]
    assert len(helps) == len(set(helps))


def test_a_caller_behind_a_proxy_is_not_this_machine(site, refused):
    with site.client(**{"X-Forwarded-For": "127.0.0.1"}) as client:
        refused(client.get("/metrics"), 401, "unauthenticated")


def test_the_token_opens_from_anywhere(make_site, refused):
    site = make_site(metrics_token=SecretStr("scrape me"))
    far = {"X-Forwarded-For": "203.0.113.9"}
    with site.client(**far, Authorization="Bearer scrape me") as client:
        assert client.get("/metrics").status_code == 200
    for wrong in ("Bearer scrape", "scrape me", "Basic c2NyYXBl", "Bearer 中".encode()):
        with site.client() as client:
            refused(
                client.get("/metrics", headers=far | {"Authorization": wrong}),
                401,
                "unauthenticated",
            )


def test_without_a_token_no_token_opens(site, refused):
    with site.client(**{"X-Forwarded-For": "203.0.113.9"}) as client:
        for given in ("Bearer", "Bearer None"):
            answer = client.get("/metrics", headers={"Authorization": given})
            refused(answer, 401, "unauthenticated")
