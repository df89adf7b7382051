"""`python -m benchmarks.run [NAME…] [--quick]`: measure, keep the records, write the tables.

Each benchmark runs in a process of its own, one after the other, and leaves its record in
`benchmarks/results`. The tables between the markers of the READMEs are made from the records;
`--check` measures nothing and exits 1 when they do not match.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.tables import RESULTS, ROOT, load_records, pages, with_tables

RECORDED = (
    "detector",
    "accuracy",
    "latency",
    "analyze",
    "soak",
    "tracking",
    "rules",
    "bit_rate",
    "fleet",
    "peers",
    "water",
    "chaos",
    "delivery",
)
"""The benchmarks whose records are kept."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 1 when a benchmark failed, the tables cannot be made, or --check finds a stale one."""
    asked = _parser().parse_args(arguments)
    names = () if asked.tables or asked.check else asked.names or RECORDED
    failed = [name for name in names if not _measure(name, quick=asked.quick)]
    if failed:
        print(f"no new record of {', '.join(failed)}", file=sys.stderr)
    try:
        stale = _stale_pages()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    if asked.check:
        for path in stale:
            print(f"{path} does not match benchmarks/results: python -m benchmarks.run --tables")
        return 1 if stale else 0
    for path, page in stale.items():
        path.write_text(page, "utf-8")
    return 1 if failed else 0


def _measure(name: str, *, quick: bool) -> bool:
    """Run one benchmark as a person would; return whether it left a record."""
    RESULTS.mkdir(exist_ok=True)
    words = [name, *(["--quick"] if quick else []), "--json", f"benchmarks/results/{name}.json"]
    argv = [sys.executable, "-m", "benchmarks", *words]
    return subprocess.run(argv, cwd=ROOT, check=False).returncode == 0


def _stale_pages() -> dict[Path, str]:
    """Return what pages that do not match the records should be.

    Raises ValueError for a page without markers and a record without a headline's figure.
    """
    stale = {}
    for name, tables in pages(load_records()).items():
        path = ROOT / name
        page = path.read_text("utf-8")
        try:
            wanted = with_tables(page, tables)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
        if page != wanted:
            stale[path] = wanted
    return stale


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"by default {' '.join(RECORDED)}")
    parser.add_argument("--quick", action="store_true", help="half a minute each, coarser figures")
    parser.add_argument("--tables", action="store_true", help="write the tables only")
    parser.add_argument("--check", action="store_true", help="compare pages and records only")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
