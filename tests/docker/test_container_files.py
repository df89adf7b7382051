"""The image, the compose files and the systemd unit say only what is so."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

from gateway.config import ENV_PREFIX, Settings

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
DOCKERFILE = (DOCKER / "Dockerfile").read_text("utf-8")
COMPOSE = YAML(typ="safe").load(DOCKER / "compose.yaml")
NVIDIA = YAML(typ="safe").load(DOCKER / "compose.nvidia.yaml")
UNIT = (DOCKER / "gridpatrol.service").read_text("utf-8")


def setting_names() -> Iterator[str]:
    """Yield the environment variable of every setting."""
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            for key in kind.model_fields:
                yield f"{ENV_PREFIX}{name}__{key}".upper()
        else:
            yield f"{ENV_PREFIX}{name}".upper()


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(re.findall(rf"({ENV_PREFIX}\w+)=", DOCKERFILE), id="Dockerfile"),
        pytest.param(re.findall(rf"({ENV_PREFIX}\w+)=", UNIT), id="unit"),
        *(
            pytest.param(list(file["services"]["gridpatrol"]["environment"]), id=name)
            for name, file in (("compose", COMPOSE), ("nvidia", NVIDIA))
        ),
    ],
)
def test_every_variable_is_a_setting(names: list[str]) -> None:
    ours = {name for name in names if name.startswith(ENV_PREFIX)}
    assert ours
    assert ours <= set(setting_names())


def test_defaults_of_compose_are_valid_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for file in (COMPOSE, NVIDIA):
        for name, value in file["services"]["gridpatrol"]["environment"].items():
            if name.startswith(ENV_PREFIX):
                monkeypatch.setenv(name, re.sub(r"\$\{\w+:-(.*)\}", r"\1", value))
    settings = Settings.from_mapping({})
    assert settings.serve.host == "127.0.0.1"
    assert settings.analysis.device == "cuda"


def test_data_outlive_the_containers() -> None:
    (place,) = re.findall(r"^VOLUME (\S+)$", DOCKERFILE, re.MULTILINE)
    assert f"{ENV_PREFIX}DATA_DIR={place} " in DOCKERFILE
    kept = {
        volume
        for service in COMPOSE["services"].values()
        for volume in service["volumes"]
        if volume.split(":")[0] in COMPOSE["volumes"]
    }
    assert kept == {f"data:{place}", "queue:/data"}


def test_nothing_runs_with_more_rights_than_it_needs() -> None:
    assert re.search(r"^USER gridpatrol$", DOCKERFILE, re.MULTILINE)
    for service in COMPOSE["services"].values():
        assert service["read_only"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_health_is_watched() -> None:
    assert "/healthz" in DOCKERFILE[DOCKERFILE.index("HEALTHCHECK") :]
    assert COMPOSE["services"]["queue"]["healthcheck"]["test"]
    waits = COMPOSE["services"]["gridpatrol"]["depends_on"]["queue"]
    assert waits == {"condition": "service_healthy"}


def test_the_builder_gets_what_it_copies() -> None:
    ignore = (DOCKER / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    sent = [line[1:] for line in ignore if line.startswith("!")]
    assert all((ROOT / name).exists() for name in sent)
    copied = re.findall(r"^COPY (\S+) /", DOCKERFILE, re.MULTILINE)
    assert copied
    assert all(name.startswith(tuple(sent)) for name in copied)


@pytest.mark.parametrize("name", ["run", NVIDIA["services"]["gridpatrol"]["build"]["args"]["LOCK"]])
def test_what_is_installed_is_pinned_by_hash(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.lock").read_text("utf-8")
    pins = re.split(r"\n(?=\S)", text.strip())
    assert len(pins) > 40
    assert [pin for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []


def test_the_nvidia_variant_differs_by_its_runtime_alone() -> None:
    run, nvidia = (
        set(
            re.findall(r"^[\w.-]+==\S+", (ROOT / "requirements" / f"{name}.lock").read_text(), re.M)
        )
        for name in ("run", "nvidia")
    )
    assert run < nvidia
    assert any(pin.startswith("onnxruntime-gpu==") for pin in nvidia - run)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("shellcheck", "docker/install.sh"), id="install.sh"),
        pytest.param(("shellcheck", ".ci/run"), id="ci"),
    ],
)
def test_shell_scripts_are_sound(command: tuple[str, ...]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed: apt-get install {command[0]}")
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
