"""Memory of pictures that are gone goes back to the machine."""

import os
import subprocess
import sys
from textwrap import dedent

import pytest

CHILD = dedent("""
    import sys
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path
    import numpy as np
    from gateway.allocator import give_back_freed_memory

    def kept(_):
        pictures = [np.ones(345_600, np.uint8) for _ in range(120)]
        return pictures[::30]

    if sys.argv[1] == "ours":
        give_back_freed_memory()
    np.ones(4 << 20, np.uint8)
    with ThreadPoolExecutor(4) as pool:
        few = list(pool.map(kept, range(8)))
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    print(next(int(line.split()[1]) for line in lines if line.startswith("Pss_Anon:")))
""")


def kib(whose):
    done = subprocess.run(
        [sys.executable, "-c", CHILD, whose], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif("CS_GNU_LIBC_VERSION" not in os.confstr_names, reason="needs glibc")
def test_freed_pictures_do_not_stay():
    assert kib("ours") < 0.5 * kib("the C library's way")
