"""Write the files that are made from the code (see FILES).

`python docs/generate.py` writes them; `--check` says which are out of date and exits 1.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from gateway.config import ENV_PREFIX, Settings

ROOT = Path(__file__).parent.parent


def sections() -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield the name and model of each section, in the order of the file."""
    for name, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield name, field.annotation


def plain_value(field: FieldInfo) -> object:
    """Return a field's default as JSON can spell it."""
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        raise ValueError("every setting has a default")
    return str(value) if isinstance(value, Path) else value


def settings_page() -> str:
    """Return docs/settings.md."""
    lines = [
        "# Settings",
        "",
        "<!-- made by docs/generate.py from gateway/config.py -->",
        "",
        "One YAML file, given with `--config`. Every value may also come from an environment"
        " variable, which wins:",
        f"`{ENV_PREFIX}SERVE__PORT=8601` sets `serve.port`. Cameras, zones, rules and people are"
        " not settings: they live in the database.",
        "",
        "| key | default | meaning |",
        "|---|---|---|",
        _row("data_dir", Settings.model_fields["data_dir"]),
    ]
    for name, model in sections():
        lines += [_row(f"{name}.{key}", field) for key, field in model.model_fields.items()]
    return "\n".join(lines) + "\n"


def _row(key: str, field: FieldInfo) -> str:
    default = json.dumps(plain_value(field), ensure_ascii=False)
    meaning = " ".join((field.description or "").split()).replace("|", "\\|")
    return f"| `{key}` | `{default}` | {meaning} |"


def example_file() -> str:
    """Return configs/example.yaml: every setting at its default, with its meaning above it."""
    lines = [
        "# yaml-language-server: $schema=schema.json",
        "# Every setting at its default. Keep only what you change; docs/settings.md explains.",
    ]
    lines += _entry("data_dir", Settings.model_fields["data_dir"], "")
    for name, model in sections():
        lines += ["", f"{name}:"]
        for key, field in model.model_fields.items():
            lines += _entry(key, field, "  ")
    return "\n".join(lines) + "\n"


def _entry(key: str, field: FieldInfo, indent: str) -> list[str]:
    meaning = " ".join((field.description or "").split())
    value = json.dumps(plain_value(field), ensure_ascii=False)
    return [f"{indent}# {meaning}", f"{indent}{key}: {value}"]


def schema_file() -> str:
    """Return configs/schema.json, the JSON Schema of the settings file."""
    return json.dumps(Settings.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


FILES: dict[str, Callable[[], str]] = {
    "docs/settings.md": settings_page,
    "configs/example.yaml": example_file,
    "configs/schema.json": schema_file,
}


def main() -> int:
    """Write or check every generated file; return the exit code."""
    stale = [
        name
        for name, make in FILES.items()
        if not (ROOT / name).exists() or (ROOT / name).read_text(encoding="utf-8") != make()
    ]
    if "--check" in sys.argv:
        sys.stderr.writelines(
            f"{name} is out of date: run `python docs/generate.py`\n" for name in stale
        )
        return 1 if stale else 0
    for name in stale:
        (ROOT / name).write_text(FILES[name](), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
