"""What slopes usually look like, as bytes, and back: one for each sort of light."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from vision.errors import WaterError
from vision.water.sealed import DAMAGE, Arrays, seal, unseal
from vision.water.slope import SlopeWatch, Usual
from vision.water.types import Mask

KIND: Final = "water slope"
VERSION: Final = 1
LIGHTS: Final = {False: "day", True: "infrared"}
"""By whether there is no colour."""


def pack_slopes(slopes: Mapping[bool, SlopeWatch]) -> bytes:
    """Return what watches of one slope know as bytes, by whether they watch by infrared light."""
    arrays: Arrays = {"version": np.array([VERSION], dtype=np.int64)}
    for infrared, slope in slopes.items():
        usual = slope.usual
        if usual is not None:
            light = LIGHTS[infrared]
            arrays = {
                **arrays,
                f"{light}_slope": slope.slope,
                f"{light}_image": usual.image,
                f"{light}_edges": usual.edges,
                f"{light}_mean": usual.mean,
                f"{light}_spread": usual.spread,
                f"{light}_looks": np.array([usual.looks], dtype=np.int64),
            }
    return seal(KIND, arrays)


def unpack_slopes(data: bytes, slope: Mask) -> dict[bool, Usual]:
    """Return what is known of a slope by each light; nothing where it was drawn otherwise since.

    Raises WaterError when the bytes are damaged, are no slope, or come of another version.
    """
    arrays = unseal(KIND, data)
    try:
        if int(arrays["version"][0]) != VERSION:
            raise WaterError(f"a {KIND} is not of version {VERSION}; it is learnt anew")
        return {
            infrared: _usual(arrays, light)
            for infrared, light in LIGHTS.items()
            if f"{light}_image" in arrays and np.array_equal(arrays[f"{light}_slope"], slope)
        }
    except DAMAGE as error:
        raise WaterError(f"a {KIND} cannot be read: {error}; it is learnt anew") from error


def _usual(arrays: Arrays, light: str) -> Usual:
    return Usual(
        image=np.asarray(arrays[f"{light}_image"], np.uint8),
        edges=np.asarray(arrays[f"{light}_edges"], np.float32),
        mean=np.asarray(arrays[f"{light}_mean"], np.float32),
        spread=np.asarray(arrays[f"{light}_spread"], np.float32),
        looks=int(arrays[f"{light}_looks"][0]),
    )
