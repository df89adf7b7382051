"""What is learnt of a place, as bytes: a fingerprint, then a NumPy archive without pickled objects.

A kind, such as "water bank", stands before both.
"""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from vision.errors import WaterError

Arrays: TypeAlias = Mapping[str, npt.NDArray[np.generic]]

DIGEST_BYTES = 32
"""Of a SHA-256."""
DAMAGE = (ValueError, KeyError, IndexError, OSError, EOFError, zipfile.BadZipFile)
"""What reading an archive that is not one of ours can end in."""


def seal(kind: str, arrays: Arrays) -> bytes:
    """Return arrays as bytes, the same for the same arrays. kind: "water bank", or another."""
    archive = io.BytesIO()
    np.savez_compressed(archive, allow_pickle=False, **arrays)
    body = archive.getvalue()
    return _magic(kind) + hashlib.sha256(body).digest() + body


def unseal(kind: str, data: bytes) -> Arrays:
    """Return the arrays that `seal` made those bytes of.

    Raises WaterError when they are damaged, or of another kind.
    """
    start = len(_magic(kind)) + DIGEST_BYTES
    body = data[start:]
    if not data.startswith(_magic(kind)):
        raise WaterError(f"these {len(data)} bytes are no {kind}; give a file that one wrote")
    if hashlib.sha256(body).digest() != data[len(_magic(kind)) : start]:
        raise WaterError(
            f"a {kind} of {len(data)} bytes is damaged: its fingerprint does not fit;"
            " use the version before it"
        )
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except DAMAGE as error:
        raise WaterError(f"a {kind} cannot be read: {error}; start a new one") from error


def _magic(kind: str) -> bytes:
    return f"gridpatrol {kind}\n".encode()
