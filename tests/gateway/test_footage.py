"""Where films come from: what is kept, what is refused, what is fetched again."""

import gzip
import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import pytest

from gateway.footage import CACHE_VARIABLE, FILMS, Film, FootageUnavailableError, Say, obtain
from vision.types import Kind

CONTENT = b"a street"


class Shop:
    """A place films are fetched from, which remembers how often it was asked."""

    def __init__(self, content: bytes = CONTENT, failure: Exception | None = None) -> None:
        self.content, self.failure = content, failure
        self.visits = 0
        self._lock = threading.Lock()

    def fetch(self, target: Path, say: Say) -> None:
        with self._lock:
            self.visits += 1
        say("fetching")
        target.write_bytes(self.content)
        if self.failure:
            raise self.failure


def film(fetch: Callable[[Path, Say], None], installed: Path | None = None) -> Film:
    return Film(
        name="street.avi",
        shows=Kind.PERSON,
        scene="a street",
        origin="the shop",
        licence="none",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        installed=installed,
        fetch=fetch,
    )


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CACHE_VARIABLE, raising=False)


def leftovers(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.endswith(".lock")}


def test_a_film_is_fetched_once(tmp_path: Path) -> None:
    shop = Shop()
    paths = {obtain(film(shop.fetch), tmp_path, print) for _ in range(3)}
    assert paths == {tmp_path / "street.avi"}
    assert shop.visits == 1


def test_many_who_ask_at_once_fetch_once(tmp_path: Path) -> None:
    shop = Shop()
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(obtain, film(shop.fetch), tmp_path, print) for _ in range(8)]
    assert {one.result().read_bytes() for one in asked} == {CONTENT}
    assert shop.visits == 1


def test_a_damaged_film_is_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "street.avi").write_bytes(CONTENT[:-1])
    assert obtain(film(Shop().fetch), tmp_path, print).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("shop", "words"),
    [
        (Shop(content=b"another street"), "another street.avi"),
        (Shop(failure=OSError("no space left")), "no space left"),
        (Shop(failure=FootageUnavailableError("closed today")), "closed today"),
        (Shop(failure=KeyError("street.avi")), "street.avi of the shop"),
    ],
)
def test_what_cannot_be_had_leaves_nothing_behind(tmp_path: Path, shop: Shop, words: str) -> None:
    with pytest.raises(FootageUnavailableError, match=words):
        obtain(film(shop.fetch), tmp_path, print)
    assert leftovers(tmp_path) == set()


def test_an_installed_film_is_used_where_it_lies(tmp_path: Path) -> None:
    installed = tmp_path / "doc" / "street.avi"
    installed.parent.mkdir()
    installed.write_bytes(CONTENT)
    shop = Shop()
    assert obtain(film(shop.fetch, installed), tmp_path / "cache", print) == installed
    assert shop.visits == 0
    assert not (tmp_path / "cache").exists()


def test_an_installed_film_may_be_packed(tmp_path: Path) -> None:
    installed = tmp_path / "doc" / "street.avi"
    installed.parent.mkdir()
    installed.with_name("street.avi.gz").write_bytes(gzip.compress(CONTENT))
    shop = Shop()
    path = obtain(film(shop.fetch, installed), tmp_path / "cache", print)
    assert path.read_bytes() == CONTENT
    assert shop.visits == 0


def test_a_folder_can_be_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "shared"))
    path = obtain(film(Shop().fetch), tmp_path / "own", print)
    assert path == tmp_path / "shared" / "street.avi"


@pytest.mark.parametrize("fixture", ["road_film", "square_film"])
def test_known_films_are_what_their_rows_say(fixture: str, request: pytest.FixtureRequest) -> None:
    path: Path = request.getfixturevalue(fixture)
    (row,) = (one for one in FILMS if one.name == path.name)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert f"{stream.width}x{stream.height}" in row.scene
        assert f"{container.duration / av.time_base:.0f} s" in row.scene
