"""The operator's page keeps up with the code."""

from pathlib import Path

from prometheus_client.metrics import MetricWrapperBase

from gateway import telemetry
from gateway.session import SessionState
from vision.attention import Interest

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "operate.md").read_text("utf-8")


def test_every_metric_is_explained():
    metrics = [one for one in vars(telemetry).values() if isinstance(one, MetricWrapperBase)]
    assert metrics
    for metric in metrics:
        (family,) = metric.describe()
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert f"| `{name}` |" in PAGE


def test_every_state_of_a_camera_is_explained():
    for state in SessionState:
        assert f"| `{state}` |" in PAGE


def test_every_interest_in_a_camera_is_explained():
    for interest in Interest:
        assert f"| `{interest.name.lower()}` |" in PAGE
