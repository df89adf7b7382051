"""What Ultralytics writes with its weights: class names, in the file or in `metadata.yaml`."""

import ast
from collections.abc import Mapping
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from vision.errors import ModelError


def labels_from_text(text: str) -> dict[int, str]:
    """Return class labels by index from an ONNX file's `names` property: "{0: 'person', …}".

    Raises ModelError when the text is not a literal list or mapping.
    """
    try:
        return labels_from(ast.literal_eval(text))
    except (ValueError, SyntaxError) as error:
        raise ModelError(f"the model's class names cannot be read: {text[:60]}") from error


def labels_beside(network: Path) -> dict[int, str]:
    """Return class labels from the `metadata.yaml` next to an OpenVINO `.xml`; none without one.

    Raises ModelError when that file is not what Ultralytics writes.
    """
    sheet = network.with_name("metadata.yaml")
    if not sheet.exists():
        return {}
    try:
        content = YAML(typ="safe").load(sheet)
    except (YAMLError, UnicodeDecodeError) as error:
        raise ModelError(f"{sheet} is not valid YAML: {error}") from error
    if not isinstance(content, Mapping) or "names" not in content:
        raise ModelError(f"{sheet} has no `names`; export the model again with Ultralytics")
    return labels_from(content["names"])


def labels_from(names: object) -> dict[int, str]:
    """Return labels by index from a mapping or a list of them."""
    if isinstance(names, Mapping):
        return {int(index): str(label) for index, label in names.items()}
    if isinstance(names, list):
        return {index: str(label) for index, label in enumerate(names)}
    raise ModelError(f"a model's class names are a list or a mapping, not {names!r}")
