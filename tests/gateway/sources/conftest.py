"""The scripted RTSP camera, for what no real server does."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTED = Path(__file__).parents[2] / "servers" / "scripted_rtsp.py"


@pytest.fixture(scope="session")
def scripted() -> ModuleType:
    """Return the module `servers/scripted_rtsp.py`."""
    spec = importlib.util.spec_from_file_location("scripted_rtsp", SCRIPTED)
    module = sys.modules["scripted_rtsp"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
