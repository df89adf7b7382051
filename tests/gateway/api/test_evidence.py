"""Evidence files over the API: whole, in parts, cached, and nothing else of the disk."""

from dataclasses import replace
from pathlib import Path

import pytest

FILE = bytes(range(256)) * 40


@pytest.fixture
def keep(store, samples, tmp_path):
    """Return a keeper of one piece of evidence; `path` is what the store is told."""

    def put(path: str = "evidence/2026-05-01/i-1/raw.jpg", *, written: bytes | None = FILE) -> str:
        piece = replace(samples.evidence(), path=path)
        store.incidents.record(samples.change(), samples.origin, [piece], samples.compose)
        if written is not None:
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(written)
        return f"/api/evidence/{piece.id}"

    return put


def test_a_file_is_served_whole_for_the_own_browser_only(browser, keep):
    answer = browser.get(keep())
    assert answer.content == FILE
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"].startswith("private,")
    assert answer.headers["content-disposition"] == 'inline; filename="i-1-raw.jpg"'
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_player_can_ask_for_parts(browser, keep):
    url = keep()
    for asked, first, last in (
        ("0-0", 0, 0),
        ("100-199", 100, 199),
        ("10000-", 10000, 10239),
        ("-40", 10200, 10239),
        ("10000-99999", 10000, 10239),
    ):
        answer = browser.get(url, headers={"Range": f"bytes={asked}"})
        assert answer.status_code == 206
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(FILE)}"
        assert answer.content == FILE[first : last + 1]


def test_parts_that_are_not_there_are_refused(browser, keep):
    url = keep()
    for asked, status in (("bytes=99999-", 416), ("bytes=5-1", 400), ("furlongs=1-2", 400)):
        assert browser.get(url, headers={"Range": asked}).status_code == status


def test_a_file_already_held_is_not_sent_again(browser, keep):
    url = keep()
    etag = browser.get(url).headers["etag"]
    answer = browser.get(url, headers={"If-None-Match": f'"other", {etag}'})
    assert (answer.status_code, answer.content) == (304, b"")
    assert browser.get(url, headers={"If-None-Match": '"other"'}).status_code == 200


def test_an_unknown_id_is_not_found(browser, refused):
    for name in ("nothing", "..%2f..%2fsecret.key", "%00", "evidence%2f2026-05-01%2fi-1%2fraw.jpg"):
        refused(browser.get(f"/api/evidence/{name}"), 404, "not_found")


@pytest.mark.parametrize(
    "path",
    [
        "secret.key",
        "evidence/../secret.key",
        "evidence/2026-05-01/../../secret.key",
        "/etc/hostname",
        "evidence",
        "evidence/not\0a name",
        "evidence/gone.jpg",
    ],
)
def test_a_path_that_leads_elsewhere_is_not_followed(browser, keep, refused, path):
    refused(browser.get(keep(path, written=None)), 404, "not_found")


def test_a_link_that_leads_elsewhere_is_not_followed(browser, keep, refused, tmp_path):
    (tmp_path / "evidence").mkdir(exist_ok=True)
    Path(tmp_path / "evidence" / "link.jpg").symlink_to(tmp_path / "secret.key")
    refused(browser.get(keep("evidence/link.jpg", written=None)), 404, "not_found")


def test_a_directory_that_is_a_link_as_a_whole_is_served(make_site, keep, tmp_path, store):
    disk = tmp_path / "second disk"
    disk.mkdir()
    (tmp_path / "evidence").symlink_to(disk, target_is_directory=True)
    url = keep()
    client = make_site().signed_in()
    assert client.get(url).content == FILE
    client.close()
