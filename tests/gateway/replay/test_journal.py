"""What counts as done: the same files, analysed in the same way, whole on the disk."""

from dataclasses import replace

import pytest

from gateway.analyze import AnalysisPlan, film_of
from gateway.errors import StorageError
from gateway.replay.journal import JOURNAL, FilmResult, Journal
from vision.ensemble import DetectorSet

LINES = ('{"type": "incident", "id": "1"}', '{"type": "summary", "file": "电影.mp4"}')


@pytest.fixture
def film(tmp_path):
    path = tmp_path / "电影.mp4"
    path.write_bytes(b"film")
    return film_of(path)


@pytest.fixture
def journal(tmp_path, detector):
    """Return an opener of the journal, as each run of the command opens it."""

    def start(plan: AnalysisPlan | None = None) -> Journal:
        return Journal(tmp_path / "out", plan or AnalysisPlan(), DetectorSet.combine([detector]))

    return start


def test_what_is_kept_is_found_by_the_next_run(journal, film) -> None:
    assert journal().find(film) is None
    journal().keep(FilmResult(film, LINES))
    assert journal().find(film) == FilmResult(film, LINES)


@pytest.mark.parametrize(
    "change",
    [
        lambda film, plan: film.parts[0].path.write_bytes(b"another film"),
        lambda film, plan: film.parts[0].path.unlink(),
        lambda film, plan: replace(plan, fps=2.0),
        lambda film, plan: replace(plan, thorough=True),
    ],
)
def test_another_file_or_another_way_is_not_done(journal, film, change) -> None:
    plan = AnalysisPlan()
    journal(plan).keep(FilmResult(film, LINES))
    changed = change(film, plan)
    plan = changed if isinstance(changed, AnalysisPlan) else plan
    assert journal(plan).find(film) is None


def test_a_journal_cut_short_by_a_kill_loses_its_last_line_only(journal, film, tmp_path) -> None:
    journal().keep(FilmResult(film, LINES))
    with (tmp_path / "out" / JOURNAL).open("a") as file:
        file.write('{"film": "other.mp4", "ke')
    assert journal().find(film) is not None


def test_a_result_that_was_altered_is_not_believed(journal, film, tmp_path) -> None:
    journal().keep(FilmResult(film, LINES))
    (result,) = (tmp_path / "out" / "films").iterdir()
    result.write_text("{}\n")
    assert journal().find(film) is None


def test_a_folder_that_is_a_file_is_refused(journal, tmp_path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(StorageError, match="out"):
        journal()
