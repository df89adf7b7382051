"""The third-party code of the console: what is asked for is there, and nothing names a host."""

import json
import os
import re
import subprocess
import sys

from gateway.api.services import CONSOLE_DIR

INSTALL = CONSOLE_DIR / "install.py"
VENDOR = CONSOLE_DIR / "vendor"
IMPORT = re.compile(r"""\b(?:from|import)\s*["']([\w@./-]+)["']""")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def import_map() -> dict[str, str]:
    page = (CONSOLE_DIR / "index.html").read_text("utf-8")
    text = re.search(r'<script type="importmap">(.*?)</script>', page, re.DOTALL)[1]
    return json.loads(text)["imports"]


def resolve(name: str) -> str:
    """Return the address of a bare module name (HTML standard, import maps: longest key wins)."""
    known = import_map()
    fitting = [key for key in known if name == key or (key[-1] == "/" and name.startswith(key))]
    assert fitting, f"the import map does not know {name}"
    key = max(fitting, key=len)
    return known[key] + name.removeprefix(key)


def test_every_module_that_is_imported_is_shipped():
    assert (VENDOR / ".installed").is_file(), "run: make setup"
    ours = [*CONSOLE_DIR.glob("*.js"), *CONSOLE_DIR.glob("elements/*.js")]
    for script in [*ours, *VENDOR.rglob("*.js")]:
        for name in IMPORT.findall(COMMENT.sub("", script.read_text("utf-8"))):
            if name.startswith("."):
                target = script.parent / name
            else:
                target = CONSOLE_DIR / resolve(name).removeprefix("./static/")
            assert target.is_file(), f"{script.name} imports {name}"


def test_the_lock_file_names_no_host_and_hashes_everything():
    lock = json.loads((CONSOLE_DIR / "package-lock.json").read_text("utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert all("resolved" not in entry and entry["integrity"] for entry in packages.values())


def test_without_a_registry_it_says_so_and_keeps_what_was_installed(tmp_path):
    for name in ("install.py", "package.json", "package-lock.json", ".npmrc", "node.lock"):
        (tmp_path / name).write_bytes((CONSOLE_DIR / name).read_bytes())
    old = tmp_path / "vendor" / "lit" / "index.js"
    old.parent.mkdir(parents=True)
    old.write_text("old")
    nowhere = {
        "npm_config_registry": "http://127.0.0.1:9/",
        "npm_config_cache": str(tmp_path / "cache"),
        "npm_config_fetch_retries": "0",
        "PIP_INDEX_URL": "http://127.0.0.1:9/",
        "PIP_RETRIES": "0",
    }
    done = subprocess.run(
        [sys.executable, "install.py"],
        cwd=tmp_path,
        env=os.environ | nowhere,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "could not be installed" in done.stderr
    assert "run `make setup` again" in done.stderr
    assert "Traceback" not in done.stderr
    assert old.read_text() == "old"
