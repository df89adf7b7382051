"""Stock Ultralytics on many streams: its own loader, its own `predict`, our weights."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
from ultralytics import YOLO

from benchmarks.ultralytics_predict import as_yolo
from vision.types import Detections
from vision.weights import ModelSpec


def looks(spec: ModelSpec, urls: Sequence[str]) -> Iterator[tuple[int, Detections]]:
    """Yield what is seen, as (number of the stream, objects), for ever.

    Each round takes one picture of every stream, the newest there is, as one batch.
    """
    size, count = spec.input_size, len(urls)
    classes = {one.index: one for one in spec.classes}
    with tempfile.TemporaryDirectory(prefix="gridpatrol-benchmark-") as folder:
        network, listed = Path(folder) / "nanodet_g_as_yolo.onnx", Path(folder) / "town.streams"
        onnx.save(as_yolo(spec, size, count), network)
        listed.write_text("\n".join(urls), "utf-8")
        results = YOLO(str(network), task="detect").predict(
            str(listed),
            stream=True,
            imgsz=(size.height, size.width),
            conf=min(spec.thresholds.values()),
            iou=spec.nms_iou,
            classes=list(classes),
            batch=count,
            device="cpu",
            verbose=False,
        )
        for number, result in enumerate(results):
            boxes = result.boxes.cpu().numpy()
            seen = Detections(
                xyxy=np.asarray(boxes.xyxy, np.float32).reshape(-1, 4),
                score=np.asarray(boxes.conf, np.float32).reshape(-1),
                class_index=np.asarray(boxes.cls, np.int16).reshape(-1),
                classes=classes,
            )
            yield number % count, seen
