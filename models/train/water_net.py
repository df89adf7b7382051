"""The network that sees water by a reference, in PyTorch, as it is trained and exported.

Input: [n, 3, 2h, w], the current picture above the reference, BGR 0-1; h and w multiples of 16.
Outputs: `water` [n, 1, h/4, w/4], 0-1, and `features` [n, FEATURES, h/4, w/4], what it was decided
on: learnt features, then the cues.

The cues are computed, not learnt: local light, colour, texture across and down, all in logarithms
or ratios so that exposure drops out, and how well the two pictures' structure agrees. Wet asphalt
and shadow keep the structure of the ground; water takes it away, or puts another in its place.
"""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

LEARNT: Final = 24
CUES: Final = 19
FEATURES: Final = LEARNT + CUES
STRIDE: Final = 4
WIDTH: Final = 40
SURROUNDINGS: Final = (3, 9, 21)
"""Sides of the squares around a cell that are looked at, cells: 12, 36 and 84 pixels of 320."""
SEEN: Final = CUES * (1 + len(SURROUNDINGS))
REACHES: Final = (1, 4)
DARK: Final = 0.06
"""Added to light before its logarithm: the noise of a dark picture is no texture."""


class Cues(nn.Module):
    """The two pictures side by side, and what can be said of them without learning."""

    def __init__(self) -> None:
        super().__init__()
        luma = torch.tensor([0.114, 0.587, 0.299])
        mix = torch.zeros(6, 6, 1, 1)
        for half in range(2):
            mix[half, half::2, 0, 0] = luma
            for number, channel in enumerate((0, 2)):
                row = 2 + 2 * number + half
                mix[row, half::2, 0, 0] = -luma
                mix[row, 2 * channel + half, 0, 0] += 1.0
        self.register_buffer("mix", mix)
        self.register_buffer("slope", torch.tensor([[[[-0.5, 0.0, 0.5]]]]).repeat(2, 1, 1, 1))

    def forward(self, stacked: Tensor) -> Tensor:
        """Return cues and their surroundings, [n, SEEN, h/4, w/4], of pictures [n, 3, 2h, w]."""
        both = stacked.reshape(stacked.shape[0], 6, -1, stacked.shape[3])
        mixed = functional.conv2d(both, self.mix)
        plain = mixed[:, :2] + DARK
        light = plain.log()
        colour = mixed[:, 2:] / torch.cat([plain, plain], 1)
        across = functional.conv2d(light, self.slope, padding=(0, 1), groups=2).abs()
        down = functional.conv2d(light, self.slope.transpose(2, 3), padding=(1, 0), groups=2).abs()
        texture = (functional.avg_pool2d(torch.cat([across, down], 1), STRIDE) + 0.01).log()
        level = functional.avg_pool2d(light, STRIDE)
        tint = functional.avg_pool2d(colour, STRIDE)
        change = level[:, :1] - level[:, 1:]
        cues = [
            level,
            change - change.mean((2, 3), keepdim=True),
            texture,
            texture[:, 0::2] - texture[:, 1::2],
            tint,
            tint[:, 0::2] - tint[:, 1::2],
            *(_agreement(light, side) for side in (8, 16)),
        ]
        here = torch.cat(cues, 1)
        around = [
            functional.avg_pool2d(here, side, 1, padding=side // 2, count_include_pad=False)
            for side in SURROUNDINGS
        ]
        return torch.cat([here, *around], 1)


def _agreement(light: Tensor, side: int) -> Tensor:
    """Return correlation (-1 to 1) of the two pictures in squares, and the ratio of contrasts."""

    def mean(values: Tensor) -> Tensor:
        return functional.avg_pool2d(
            values, side, STRIDE, padding=(side - STRIDE) // 2, count_include_pad=False
        )

    now, then = light[:, :1], light[:, 1:]
    spread = (mean(light * light) - mean(light) ** 2).clamp_min(0) + 1e-3
    together = mean(now * then) - mean(now) * mean(then)
    likeness = together / (spread[:, :1] * spread[:, 1:]).sqrt()
    return torch.cat([likeness, (spread[:, :1] / spread[:, 1:]).log() * 0.5], 1)


class Block(nn.Module):
    """A depthwise convolution that looks some cells away, then two layers between channels."""

    def __init__(self, channels: int, reach: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=reach, dilation=reach, groups=channels),
            nn.BatchNorm2d(channels),
            nn.Conv2d(channels, 2 * channels, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(2 * channels, channels, 1),
        )

    def forward(self, entry: Tensor) -> Tensor:
        """Return the refined features."""
        return entry + self.layers(entry)


class Judge(nn.Module):
    """What is learnt: cues of a cell and its surroundings into logits of water and features.

    The surroundings are means over squares, which say at once what a stack of convolutions would
    need many pictures to learn: whether the ground around went dark and smooth with the cell.
    """

    def __init__(self) -> None:
        super().__init__()
        self.settle = nn.BatchNorm2d(SEEN, affine=False)
        self.entry = nn.Sequential(
            nn.Conv2d(SEEN, WIDTH, 1),
            nn.BatchNorm2d(WIDTH),
            nn.ReLU(inplace=True),
        )
        self.blocks = nn.Sequential(*(Block(WIDTH, reach) for reach in REACHES))
        self.learnt = nn.Sequential(nn.Conv2d(WIDTH, LEARNT, 1), nn.ReLU(inplace=True))
        self.head = nn.Sequential(
            nn.Conv2d(FEATURES, 16, 1), nn.ReLU(inplace=True), nn.Conv2d(16, 1, 1)
        )

    def forward(self, raw: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits of water and the features, of the size of the cues."""
        settled = self.settle(raw)
        features = torch.cat([self.learnt(self.blocks(self.entry(settled))), settled[:, :CUES]], 1)
        return self.head(features), features


class WaterNet(nn.Module):
    """The whole network: cues, then judgement."""

    def __init__(self) -> None:
        super().__init__()
        self.cues = Cues()
        self.judge = Judge()

    def forward(self, stacked: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits of water and the features, at a quarter of the picture's size."""
        return self.judge(self.cues(stacked))


class Exported(nn.Module):
    """The network as it is shipped: probabilities instead of logits."""

    def __init__(self, net: WaterNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, stacked: Tensor) -> tuple[Tensor, Tensor]:
        """Return probabilities of water and the features."""
        logits, features = self.net(stacked)
        return logits.sigmoid(), features
