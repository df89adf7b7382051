"""The console's files: what is served, with which policy, and what is not."""

import base64
import hashlib

import pytest

from gateway.api.layers import content_security_policy, inline_script_hashes

MAP = '\n{"imports": {"lit": "./static/vendor/lit/index.js"}}\n'
PAGE = (
    '<!doctype html><script src="static/boot.js"></script>'
    f'<script type="importmap">{MAP}</script><script type="module" src="static/main.js"></script>'
)


@pytest.fixture
def console_dir(tmp_path):
    root = tmp_path / "console"
    for path, text in (
        ("index.html", PAGE),
        ("main.js", "export {};"),
        ("theme.css", ":root {}"),
        ("vendor/lit/index.js", "export {};"),
        ("vendor/.installed", "x"),
        ("node_modules/lit/index.js", "export {};"),
        ("install.py", "print()"),
        ("package.json", "{}"),
        ("contract.d.ts", ""),
        (".hidden.js", ""),
    ):
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_the_page_allows_its_import_map_and_no_other_inline_script(make_site, console_dir):
    with make_site(console_dir=console_dir).client() as client:
        answer = client.get("/")
    assert answer.text == PAGE
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert f"script-src 'self' '{digest(MAP)}';" in policy
    assert policy == content_security_policy((digest(MAP),))


def test_a_changed_page_gets_a_new_hash_without_a_restart(make_site, console_dir):
    with make_site(console_dir=console_dir).client() as client:
        (console_dir / "index.html").write_text("<script>1</script>")
        assert digest("1") in client.get("/").headers["content-security-policy"]


def test_scripts_and_styles_are_checked_anew_and_not_sent_again(make_site, console_dir):
    with make_site(console_dir=console_dir).client() as client:
        script = client.get("/static/main.js")
        assert "javascript" in script.headers["content-type"]
        assert script.headers["cache-control"] == "no-cache"
        held = {"If-None-Match": script.headers["etag"]}
        assert client.get("/static/main.js", headers=held).status_code == 304
        assert client.get("/static/theme.css").headers["content-type"].startswith("text/css")
        assert client.get("/static/vendor/lit/index.js").status_code == 200


def test_what_only_builders_need_is_not_served(make_site, console_dir, tmp_path, refused):
    (tmp_path / "outside.js").write_text("secret")
    (console_dir / "link.js").symlink_to(tmp_path / "outside.js")
    with make_site(console_dir=console_dir).client() as client:
        for path in (
            "install.py",
            "package.json",
            "contract.d.ts",
            "node_modules/lit/index.js",
            "vendor/.installed",
            ".hidden.js",
            "index.html",
            "link.js",
            "nothing.js",
            "",
            "vendor",
            "..%2foutside.js",
            "%2e%2e/outside.js",
            "vendor/..%2f..%2foutside.js",
        ):
            refused(client.get(f"/static/{path}"), 404, "not_found")


def test_a_console_that_is_not_installed_says_how_to_install_it(make_site, tmp_path, refused):
    with make_site(console_dir=tmp_path / "nowhere").client() as client:
        assert "make setup" in refused(client.get("/"), 404, "not_found")
        refused(client.get("/static/main.js"), 404, "not_found")


@pytest.mark.parametrize(
    ("page", "texts"),
    [
        ("", ()),
        ("<script src=a.js></script>", ()),
        ("<SCRIPT>a</SCRIPT>", ("a",)),
        ("<script>a</script><p>b</p><script type=importmap>c</script>", ("a", "c")),
        ("<script>if (a < b && '<p>') {}</script>", ("if (a < b && '<p>') {}",)),
        ("<script>&amp;</script>", ("&amp;",)),
        ("<script></script>", ("",)),
    ],
)
def test_each_inline_script_is_hashed_as_the_browser_sees_it(page, texts):
    assert inline_script_hashes(page) == tuple(digest(text) for text in texts)
