"""Make models/water.onnx: draw pairs, train, try on pairs of another kind, write.

    python -m models.train.water --folder DIR

Needs PyTorch, onnx and OpenEXR beside the product, pip and npm; none of them is needed to use the
result. Pairs are kept in the folder, and drawn only if they are not there: about an eighth of a
second of processor each. Training takes a sixth of a second a step on one thread, which is what
the shipped weights were made with: more threads of a busy machine wait for each other.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor
from torch.nn import functional

from models.train import panoramas, textures
from models.train.water_net import STRIDE, TONES, Cues, Exported, Judge, WaterNet
from models.train.water_pairs import SIZE, Material, draw_lessons
from vision.water.flooding import TRAINING, TRIAL, WaterRanges

TRAINING_SEEDS: Final = range(1, 16)
TRIAL_SEED: Final = 9001
TRAINING_PAIRS, TRIAL_PAIRS = 200, 240
"""Of each seed."""
PAIRS_OF_A_SCENE = 2
BATCH = 16
CROP_CELLS = 56
STEPS = 1000
LEARNING_RATE = 4e-3
WEIGHT_DECAY = 1e-3
TONELESS: Final = 0.3
"""Share of a batch that is shown no absolute light nor colour: nothing is water for being dark or
brown."""
BESIDE_GROUND = 0.1
"""Weight of what is not ground, or not to be seen."""
OPSET = 17
FALSE_SHARE = 0.05
"""Share of the ground that makes a dry picture a false alarm, and a flooded one found."""

Pictures = npt.NDArray[np.uint8]
WATER, GROUND = 1, 2
"""Bits of a label."""


@dataclass(frozen=True, slots=True)
class Lessons:
    """pictures: uint8 (n, 2h, w, 3), the current one above its reference. labels: (n, h, w)."""

    pictures: Pictures
    labels: Pictures


@dataclass(frozen=True, slots=True)
class Taught:
    """What is learnt from. cues: float16 (n, CUES, h/4, w/4); truth: shares of water and ground."""

    cues: Tensor
    truth: Tensor

    def batch(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Return some pairs, cut at random, half of them mirrored, some without their tones."""
        rows = torch.from_numpy(rng.integers(len(self.truth), size=BATCH))
        left = int(rng.integers(self.cues.shape[3] - CROP_CELLS + 1))
        span = slice(left, left + CROP_CELLS)
        some, truth = self.cues[rows][..., span].float(), self.truth[rows][..., span].float()
        if rng.uniform() < 0.5:
            some, truth = some.flip(3), truth.flip(3)
        toneless = torch.from_numpy(rng.uniform(size=BATCH) < TONELESS)
        some[:, TONES] = some[:, TONES].masked_fill(toneless[:, None, None, None], 0.0)
        return some.contiguous(memory_format=torch.channels_last), truth


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m models.train.water", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="for pairs and photographs")
    parser.add_argument("--out", type=Path, default=Path("models/water.onnx"))
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--parts", type=int, default=len(TRAINING_SEEDS), help="seeds drawn from")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    torch.manual_seed(TRAINING_SEEDS[0])
    net = WaterNet()
    taught = _taught(net.cues, arguments.folder, arguments.parts)
    _train(net.judge, taught, arguments.steps)
    net.eval()
    arguments.out.write_bytes(_export(net))
    print(f"{arguments.out}: {arguments.out.stat().st_size} bytes", flush=True)
    _report(net, _lessons(arguments.folder, f"trial{TRIAL_SEED}", TRIAL_SEED))


def _lessons(folder: Path, name: str, seed: int) -> Lessons:
    """Return the pairs kept under a name, after drawing them if there are none."""
    files = folder / f"{name}_x.npy", folder / f"{name}_y.npy"
    if not files[1].exists():
        drawn = _draw(folder, seed)
        for file, values in zip(files, (drawn.pictures, drawn.labels), strict=True):
            np.save(file, values)
    return Lessons(np.load(files[0], mmap_mode="r"), np.load(files[1], mmap_mode="r"))


def _draw(folder: Path, seed: int) -> Lessons:
    """Return the pairs of one seed."""
    rng = np.random.default_rng(seed)
    count = TRIAL_PAIRS if seed == TRIAL_SEED else TRAINING_PAIRS
    material, ranges = _material(folder, seed)
    pictures = np.empty((count, 2 * SIZE.height, SIZE.width, 3), np.uint8)
    labels = np.empty((count, SIZE.height, SIZE.width), np.uint8)
    at = 0
    while at < count:
        for lesson in draw_lessons(material, ranges, PAIRS_OF_A_SCENE, rng)[: count - at]:
            pictures[at] = np.vstack([lesson.pair.current, lesson.pair.reference])
            labels[at] = lesson.pair.water * WATER + lesson.ground * GROUND
            at += 1
    return Lessons(pictures, labels)


def _material(folder: Path, seed: int) -> tuple[Material, WaterRanges]:
    """Return what is photographed, and the waters; nothing of the trial is trained with."""
    if seed == TRIAL_SEED:
        views = panoramas.fetch(folder, panoramas.TRIAL)
        return Material(views, textures.fetch(folder, textures.TRIAL)), TRIAL
    views = panoramas.fetch(folder, panoramas.TRAINING)
    return Material(views, textures.fetch(folder, textures.TRAINING)), TRAINING


def _train(judge: Judge, taught: Taught, steps: int) -> None:
    """Teach the judge."""
    rng = np.random.default_rng(TRAINING_SEEDS[0])
    judge.settle_on(taught.cues)
    judge.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(judge.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    plan = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=LEARNING_RATE, total_steps=steps, pct_start=0.15
    )
    began, mean = time.process_time(), 0.0
    for step in range(steps):
        some, truth = taught.batch(rng)
        with torch.autocast("cpu", torch.bfloat16):
            logits, _ = judge(some)
        loss = _loss(logits.float(), truth[:, :1], truth[:, 1:])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        plan.step()
        mean = loss.item() if step == 0 else 0.98 * mean + 0.02 * loss.item()
        if step % 50 == 49:
            spent = time.process_time() - began
            print(f"step {step + 1} loss {mean:.4f} {spent:.0f} CPU-s", flush=True)


def _taught(cues: Cues, folder: Path, parts: int) -> Taught:
    """Return the cues of all pairs, which are not learnt and so computed once."""
    found, truth = [], []
    for seed in TRAINING_SEEDS[:parts]:
        part = _computed(cues, _lessons(folder, f"train{seed}", seed))
        found.append(part.cues)
        truth.append(part.truth)
    return Taught(torch.cat(found), torch.cat(truth))


@torch.inference_mode()
def _computed(cues: Cues, lessons: Lessons) -> Taught:
    """Return cues in 16 bits, and shares of water and ground, [n, 2, h/4, w/4]."""
    found, truth = [], []
    for row in range(len(lessons.labels)):
        found.append(cues(_tensor(lessons.pictures[row : row + 1])).half())
        label = torch.from_numpy(lessons.labels[row : row + 1].copy())
        truth.append(torch.cat([_coarse(label, WATER), _coarse(label, GROUND)], 1).half())
    return Taught(torch.cat(found).clone(), torch.cat(truth).clone())


def _tensor(pictures: Pictures) -> Tensor:
    planes = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2), dtype=np.float32)
    return torch.from_numpy(planes) / 255


def _coarse(labels: Tensor, bit: int) -> Tensor:
    """Return the share of each output pixel that has a bit, [n, 1, h/4, w/4]."""
    return functional.avg_pool2d(((labels & bit) > 0).float()[:, None], STRIDE)


def _loss(logits: Tensor, water: Tensor, ground: Tensor) -> Tensor:
    """Return cross-entropy over the ground, plus overlap (Dice) in the flooded pictures."""
    weight = ground + BESIDE_GROUND * (1 - ground)
    plain = functional.binary_cross_entropy_with_logits(logits, water, reduction="none")
    entropy = (plain * weight).sum() / weight.sum()
    guess = logits.sigmoid() * ground
    together = 2 * (guess * water).sum((1, 2, 3)) + 1
    overlap = together / (guess.sum((1, 2, 3)) + (water * ground).sum((1, 2, 3)) + 1)
    flooded = (water.sum((1, 2, 3)) > 0).float()
    return entropy + 0.3 * ((1 - overlap) * flooded).sum() / flooded.sum().clamp_min(1)


@torch.inference_mode()
def _report(net: WaterNet, trial: Lessons) -> None:
    """Print how the network does on the trial pairs."""
    ious, found, false = [], [], []
    for row in range(len(trial.labels)):
        logits, _ = net(_tensor(trial.pictures[row : row + 1]))
        label = torch.from_numpy(trial.labels[row : row + 1].copy())
        ground = _coarse(label, GROUND) > 0.5
        water = (_coarse(label, WATER) > 0.5) & ground
        called = (logits > 0) & ground
        share = float(called.sum() / ground.sum())
        if float(water.sum() / ground.sum()) >= FALSE_SHARE:
            found.append(share >= FALSE_SHARE)
            ious.append(float((called & water).sum() / (called | water).sum()))
        elif not water.any():
            false.append(share >= FALSE_SHARE)
    print(
        f"trial: IoU {np.mean(ious):.3f}, found {np.mean(found):.3f} of {len(found)}, "
        f"false alarms {np.mean(false):.3f} of {len(false)}"
    )


def _export(net: WaterNet) -> bytes:
    """Return the network as ONNX with weights in 16 bits, computing in 32."""
    file = Path("water.tmp.onnx")
    axes = {0: "n", 2: "h", 3: "w"}
    names: Final = ("water", "features")
    torch.onnx.export(
        Exported(net).eval(),
        (torch.rand(1, 3, 2 * SIZE.height, SIZE.width),),
        str(file),
        dynamo=False,
        opset_version=OPSET,
        input_names=["pictures"],
        output_names=list(names),
        dynamic_axes=dict.fromkeys(("pictures", *names), axes),
    )
    model = onnx.load(file)
    file.unlink()
    _halve(model.graph)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def _halve(graph: onnx.GraphProto) -> None:
    """Store the larger weights in 16 bits, each with a cast behind it that a runtime folds."""
    casts = []
    for weight in graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype == np.float32 and values.size >= 64:
            name = weight.name
            weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
            casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


if __name__ == "__main__":
    main()
