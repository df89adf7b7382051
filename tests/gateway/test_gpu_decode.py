"""Decoding on a card says what it needs; there is no card here to try more."""

import importlib.util

import pytest

from gateway.errors import MissingExtraError
from gateway.gpu_decode import NvCodecDecoder
from gateway.packets import StreamInfo


@pytest.mark.skipif(
    importlib.util.find_spec("PyNvVideoCodec") is not None, reason="PyNvVideoCodec is installed"
)
def test_without_the_package_it_says_what_to_install():
    with pytest.raises(MissingExtraError, match="pip install PyNvVideoCodec"):
        NvCodecDecoder(StreamInfo("h264", 640, 360, 15.0, b""))
