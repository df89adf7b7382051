"""The site's own models, by name: `models/manifest.toml` of the data directory, written for people.

People may edit the file; entries are only ever added to its end.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.errors import StorageError
from vision.errors import ModelError
from vision.types import FrameSize
from vision.weights import ModelSpec, fingerprint, load_manifest


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """What is written of one model. kinds: label in the file → kind; empty: by the usual labels."""

    name: str
    file: Path
    source: str
    kinds: Mapping[str, str] = field(default_factory=dict)
    input_size: FrameSize | None = None

    def as_toml(self) -> str:
        """Return the entry as the manifest has it; JSON's strings and numbers are TOML's too."""
        lines = [f"[{json.dumps(self.name)}]", f"file = {_text(str(self.file.resolve()))}"]
        lines += [f'sha256 = "{fingerprint(self.file)}"', f"source = {_text(self.source)}"]
        if self.input_size is not None:
            lines.append(f"input_size = [{self.input_size.width}, {self.input_size.height}]")
        if self.kinds:
            pairs = ", ".join(
                f"{_text(label)} = {_text(kind)}" for label, kind in self.kinds.items()
            )
            lines.append(f"kinds = {{ {pairs} }}")
        return "\n".join(lines) + "\n"


def add_model(
    data_dir: Path, entry: ModelEntry, try_out: Callable[[ModelSpec], object]
) -> ModelSpec:
    """Write one more model into the site's manifest and return it as it is read back.

    try_out: given the model before it is kept; what it raises is passed on.
    Raises ModelError when the name is taken or the entry cannot be used, StorageError when nothing
    can be written; the manifest is then as it was.
    """
    path = data_dir / "models" / "manifest.toml"
    known = load_manifest(path) if path.exists() else {}
    if entry.name in known:
        raise ModelError(
            f"{path} has a model {entry.name} already; choose another --name, or edit the file"
        )
    before = path.read_text("utf-8") if known else ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text("\n".join(filter(None, (before, entry.as_toml()))), "utf-8")
        added = load_manifest(fresh)[entry.name]
        try_out(added)
        fresh.replace(path)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}.") from error
    return added


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
