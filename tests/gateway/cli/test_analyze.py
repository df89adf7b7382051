"""`gridpatrol analyze`: the same bytes each time, and clear refusals."""

import json

import pytest

RULES = """
zones:
  - {id: lane, polygon: [[0.3, 0.3], [0.5, 0.3], [0.5, 1.0], [0.3, 1.0]]}
rules:
  - {id: cars, type: presence, kinds: [vehicle], zone: lane, confirm_s: 0.2, clear_s: 0.4}
"""


@pytest.fixture
def rules(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    return path


def test_json_is_the_same_bytes_twice(gridpatrol, road_film, rules):
    first, again = (gridpatrol("analyze", road_film, "--rules", rules, "--json") for _ in "12")
    assert (first.exit_code, first.err) == (0, "")
    assert first.out == again.out
    *incidents, summary = first.objects
    assert summary["type"] == "summary"
    assert summary["incidents"] == len(incidents) == 2
    assert [one["rule"] for one in incidents] == ["cars", "cars"]
    assert [one["start_s"] for one in incidents] == pytest.approx([1.6, 4.2], abs=0.6)


def test_shown_to_people_as_a_table(gridpatrol, road_film, rules):
    outcome = gridpatrol("analyze", road_film, "--rules", rules)
    assert outcome.exit_code == 0
    assert "vehicle_presence" in outcome.out
    assert "times real time" in outcome.out


def test_start_gives_times_of_day(gridpatrol, road_film, rules):
    start = "2026-07-01T08:00:00+08:00"
    outcome = gridpatrol("analyze", road_film, "--rules", rules, "--start", start, "--json")
    assert outcome.objects[-1]["start"] == "2026-07-01T00:00:00.000Z"
    assert outcome.objects[0]["opened_at"].startswith("2026-07-01T00:00:0")


@pytest.mark.parametrize(
    ("content", "exit_code", "said"),
    [(b"", 6, "film.mp4"), (b"this is no film at all" * 50, 6, "film.mp4"), (None, 13, "film.mp4")],
)
def test_file_that_is_no_film(refused, tmp_path, content, exit_code, said):
    film = tmp_path / "film.mp4"
    if content is not None:
        film.write_bytes(content)
    assert said in refused(exit_code, "analyze", film, "--json")


@pytest.mark.parametrize("start", ["yesterday", "2026-07-01T08:00:00"])
def test_start_that_is_no_moment(refused, road_film, start):
    assert start in refused(3, "analyze", road_film, "--start", start, "--json")


def test_rule_with_a_mistake_is_named_by_line(refused, road_film, rules):
    rules.write_text(RULES.replace("presence", "presense"))
    said = refused(3, "analyze", road_film, "--rules", rules, "--json")
    assert f"{rules}:5" in said
    assert "presence" in said.replace("presense", "")


def test_altered_model_file_is_refused(refused, road_film, rules, altered_model):
    said = refused(16, "analyze", road_film, "--json")
    assert str(altered_model) in said
    assert "sha256" in said


def test_file_that_is_no_model_is_refused(refused, road_film, tmp_path, monkeypatch):
    model = tmp_path / "mine.onnx"
    model.write_bytes(b"not a network" * 100)
    monkeypatch.setenv("GRIDPATROL_ANALYSIS__MODEL", str(model))
    assert str(model) in refused(16, "analyze", road_film, "--json")


def test_runtime_that_cannot_run_it(refused, road_film, monkeypatch):
    monkeypatch.setenv("GRIDPATROL_ANALYSIS__DEVICE", "tensorrt")
    assert "tensorrt" in refused(17, "analyze", road_film, "--json")


def test_summary_is_one_object_a_line(gridpatrol, road_film):
    outcome = gridpatrol("analyze", road_film, "--json", "--fps", "1")
    assert all(json.loads(line)["type"] for line in outcome.out.splitlines())
