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
    assert summary["incidents"] == len(incidents)
    assert {one["rule"] for one in incidents} == {"cars"}
    assert incidents[-1]["start_s"] == pytest.approx(4.2, abs=0.6)


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


def test_many_films_are_kept_with_a_table_and_a_sheet(gridpatrol, road_film, rules, tmp_path):
    films, kept = tmp_path / "films", tmp_path / "kept"
    films.mkdir()
    for name in ("a.mp4", "b.mp4"):
        (films / name).symlink_to(road_film)
    words = ("analyze", films, "--rules", rules, "--fps", "2", "--out", kept, "--language", "en")
    outcome = gridpatrol(*words)
    assert outcome.exit_code == 0
    assert "a.mp4: " in outcome.out
    names = {"incidents.jsonl", "incidents.csv", "contact-sheet.html", "journal.jsonl"}
    assert names <= {path.name for path in kept.iterdir()}
    assert "Vehicle presence" in (kept / "incidents.csv").read_text("utf-8-sig")
    assert "a.mp4: done before" in gridpatrol(*words).out


def test_a_bad_film_among_others_costs_only_itself(gridpatrol, road_film, tmp_path):
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no film" * 100)
    outcome = gridpatrol("analyze", bad, road_film, "--fps", "1", "--json")
    assert outcome.exit_code == 6
    assert outcome.objects[-1]["file"] == road_film.name
    assert str(bad) in outcome.err


def test_thorough_gives_the_same(gridpatrol, road_film):
    words = ("analyze", road_film, "--fps", "2", "--json")
    assert gridpatrol(*words, "--thorough").out == gridpatrol(*words).out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--recorded"),
        (("--recorded", "gate"), "--from"),
        (("--recorded", "gate", "--from", "2026-05-01T08:00", "--to", "late"), "--to"),
        (("film.mp4", "--language", "fr"), "fr"),
    ],
)
def test_words_that_do_not_fit(refused, words, said):
    assert said in refused(3, "analyze", *words)


def test_rain_is_for_water(refused, road_film):
    assert "say where with --water-zone" in refused(3, "analyze", road_film, "--rain", "rain")
