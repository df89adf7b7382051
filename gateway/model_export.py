"""Models into the files that run fast: `.pt` to ONNX by Ultralytics, ONNX to OpenVINO's own."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import MissingExtraError, StorageError
from vision.errors import ModelError
from vision.runtime import RuntimeChoice, open_runtime
from vision.runtime.vendors import quietly_imported
from vision.types import FrameSize
from vision.weights import find_model


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """What to make of a file.

    size: what a `.pt` is fixed to. end2end: with the head that needs no suppression, where a
    network has one (YOLO26, YOLOv10); it answers with at most 300 objects.
    """

    source: Path
    directory: Path
    size: FrameSize
    end2end: bool = False


def export_model(order: ExportOrder) -> Path:
    """Convert a model one step on and return the new file, which opens: it was tried.

    Raises ModelError for a file that is neither `.pt` nor `.onnx` or cannot be read or converted,
    MissingExtraError without the `ultralytics` extra, StorageError when nothing can be written.
    """
    exporters = {".pt": _to_onnx, ".onnx": _to_openvino}
    exporter = exporters.get(order.source.suffix.lower())
    if exporter is None:
        raise ModelError(f"{order.source} is neither a .pt nor an .onnx file")
    if not order.source.is_file():
        raise ModelError(f"there is no file {order.source}")
    try:
        order.directory.mkdir(parents=True, exist_ok=True)
        made = exporter(order)
    except OSError as error:
        raise StorageError(f"{order.directory} cannot be written: {error.strerror}.") from error
    open_runtime(find_model(str(made), {}), RuntimeChoice())
    return made


def _to_onnx(order: ExportOrder) -> Path:
    """Have Ultralytics write an ONNX file; see `quietly_imported`."""
    os.environ["YOLO_AUTOINSTALL"] = "false"
    heads = {"nms": False} if order.end2end else {}
    size = [order.size.height, order.size.width]
    try:
        with quietly_imported():
            from ultralytics import YOLO

            written = YOLO(str(order.source)).export(format="onnx", imgsz=size, **heads)
    except ImportError as error:
        raise MissingExtraError(
            f"Ultralytics exports .pt files ({error}): pip install 'gridpatrol[ultralytics]'"
        ) from error
    except (RuntimeError, ValueError, TypeError, KeyError, EOFError) as error:
        raise ModelError(f"{order.source} cannot be exported by Ultralytics: {error}") from error
    target = order.directory / f"{order.source.stem}.onnx"
    return Path(shutil.move(written, target))


def _to_openvino(order: ExportOrder) -> Path:
    """Write an OpenVINO pair with float16 weights, and the class names beside it.

    float16 halves the file; what is computed in is chosen when it is loaded.
    """
    import openvino as ov

    runtime = open_runtime(find_model(str(order.source), {}), RuntimeChoice("openvino"))
    folder = order.directory / f"{order.source.stem}_openvino_model"
    folder.mkdir(exist_ok=True)
    target = folder / f"{order.source.stem}.xml"
    ov.save_model(ov.Core().read_model(order.source), target, compress_to_fp16=True)
    names = "".join(f"  {i}: {json.dumps(label)}\n" for i, label in runtime.facts.labels.items())
    if names:
        (folder / "metadata.yaml").write_text(f"names:\n{names}", "utf-8")
    return target
