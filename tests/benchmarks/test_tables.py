"""Records become the READMEs' tables, and the READMEs here are those of the records here."""

import pytest

from benchmarks.report import Figure, Outcome, Run, machine, versions
from benchmarks.run import RECORDED, main
from benchmarks.tables import HEADLINES, load_records, pages, with_tables

LATENCY = (
    Figure("appearance to event, p50", 640.4, "ms"),
    Figure("appearance to event, p95", 712.0, "ms"),
    Figure("picture that makes sure to event, p50", 180, "ms"),
    Figure("picture that makes sure to event, p95", 220, "ms"),
    Figure("capture to picture in Chromium, p50", 84, "ms"),
    Figure("capture to picture in Chromium, p95", 151.2, "ms", "<= 150"),
)
ACCURACY = (
    Figure("vtest f32 person precision", 0.9, "0-1"),
    Figure("vtest bf16 person precision", 0.986, "0-1"),
    Figure("vtest bf16 person recall", 0.944, "0-1"),
    Figure("bikes f32 vehicle precision", 1, "0-1"),
    Figure("bikes f32 vehicle recall", 0.714, "0-1"),
)


def write(folder, name, figures, *, quick=False, notes=()):
    run = Run(
        benchmark=name,
        question="How?",
        commit="0123456789abcdef+changes",
        command=f"python -m benchmarks {name}",
        quick=quick,
        started_at="2026-05-01T08:00:00+00:00",
        seconds=1.5,
        machine=machine(),
        versions=versions(),
        outcome=Outcome(tuple(figures), notes),
    )
    (folder / f"{name}.json").write_text(run.as_json(), "utf-8")


def test_the_readmes_show_the_headlines_in_both_languages(tmp_path):
    write(tmp_path, "latency", LATENCY)
    write(tmp_path, "accuracy", ACCURACY)
    made = pages(load_records(tmp_path))
    assert (
        "| camera → picture in Chromium, p50 / p95 | 84 / 151 ms | <= 150 ms ✗ |"
        in (made["README.md"])
    )
    assert (
        "| 摄像机 → Chromium 画面,p50 / p95 | 84 / 151 ms | <= 150 ms ✗ |"
        in (made["README.zh-CN.md"])
    )
    assert "| persons on `vtest.avi`, precision / recall | 0.986 / 0.944 |  |" in made["README.md"]
    assert "detector" not in made["README.md"]


def test_the_full_page_shows_every_figure_and_how_it_was_taken(tmp_path):
    write(tmp_path, "accuracy", ACCURACY, notes=("f32 miss: vtest 59, person",))
    page = pages(load_records(tmp_path))["benchmarks/README.md"]
    for figure in ACCURACY:
        assert f"| {figure.name} |" in page
    assert "- f32 miss: vtest 59, person" in page
    assert "commit `0123456789ab` with changes" in page


def test_coarse_figures_are_called_so(tmp_path):
    write(tmp_path, "accuracy", ACCURACY)
    assert "quick" not in pages(load_records(tmp_path))["README.md"]
    write(tmp_path, "accuracy", ACCURACY, quick=True)
    assert "quick runs" in pages(load_records(tmp_path))["README.md"]


def test_a_record_without_a_headline_figure_is_an_error(tmp_path):
    write(tmp_path, "latency", LATENCY[:-1])
    with pytest.raises(ValueError, match="latency has no figure 'capture to picture"):
        pages(load_records(tmp_path))


def test_tables_go_between_the_markers_and_nowhere_else():
    page = "before\n<!-- benchmarks -->\nold\n<!-- /benchmarks -->\nafter\n"
    new = with_tables(page, "\\1 new\n")
    assert new == "before\n<!-- benchmarks -->\n\\1 new\n<!-- /benchmarks -->\nafter\n"
    assert with_tables(new, "\\1 new\n") == new


def test_a_page_without_markers_is_an_error():
    with pytest.raises(ValueError, match="<!-- benchmarks -->"):
        with_tables("no table here", "| |")


def test_the_pages_of_this_tree_are_those_of_its_records(capsys):
    assert set(load_records()) == set(RECORDED) == {row.benchmark for row in HEADLINES}
    assert main(["--check"]) == 0, capsys.readouterr().out
