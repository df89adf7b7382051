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

    def forward(self, stacked: Tensor) -> tuple[Tensor, Tensor]:
        """Return log light and colour of both, [n, 6, h, w], and the cues at a quarter of that."""
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
        return torch.cat([light, colour], 1), torch.cat(cues, 1)


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


def _normal(inside: int, outside: int, side: int, *, stride: int = 1, groups: int = 1) -> nn.Module:
    convolution = nn.Conv2d(
        inside, outside, side, stride, padding=side // 2, groups=groups, bias=False
    )
    return nn.Sequential(convolution, nn.BatchNorm2d(outside))


class Block(nn.Module):
    """A depthwise convolution, then two layers between channels, added to what came in."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            _normal(channels, channels, 5, groups=channels),
            _normal(channels, 2 * channels, 1),
            nn.ReLU(inplace=True),
            _normal(2 * channels, channels, 1),
        )

    def forward(self, entry: Tensor) -> Tensor:
        """Return the refined features."""
        return entry + self.layers(entry)


def _down(inside: int, outside: int) -> nn.Module:
    return nn.Sequential(
        _normal(inside, inside, 3, stride=2, groups=inside), _normal(inside, outside, 1)
    )


class WaterNet(nn.Module):
    """Cues and a learnt stem, then three scales down and up again."""

    def __init__(self) -> None:
        super().__init__()
        self.cues = Cues()
        self.stem = nn.Sequential(
            _normal(6, 12, 3, stride=2),
            nn.ReLU(inplace=True),
            _normal(12, 24, 3, stride=2, groups=12),
            nn.ReLU(inplace=True),
        )
        self.settle = nn.BatchNorm2d(CUES)
        self.fine = nn.Sequential(_normal(24 + CUES, 40, 1), nn.ReLU(inplace=True), Block(40))
        self.middle = nn.Sequential(_down(40, 56), Block(56), Block(56))
        self.coarse = nn.Sequential(_down(56, 80), Block(80), Block(80), Block(80))
        self.whole = nn.Conv2d(80, 80, 1)
        self.to_middle, self.to_fine = _normal(80, 56, 1), _normal(56, 40, 1)
        self.middle_again, self.fine_again = Block(56), Block(40)
        self.learnt = nn.Sequential(_normal(40, LEARNT, 1), nn.ReLU(inplace=True))
        self.head = nn.Sequential(
            nn.Conv2d(FEATURES, 16, 1), nn.ReLU(inplace=True), nn.Conv2d(16, 1, 1)
        )

    def forward(self, stacked: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits of water and the features, at a quarter of the picture's size."""
        with torch.no_grad():
            pixels, raw = self.cues(stacked)
        cues = self.settle(raw)
        fine = self.fine(torch.cat([self.stem(pixels), cues], 1))
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        coarse = coarse + self.whole(coarse.mean((2, 3), keepdim=True))
        middle = self.middle_again(middle + _twice(self.to_middle(coarse)))
        fine = self.fine_again(fine + _twice(self.to_fine(middle)))
        features = torch.cat([self.learnt(fine), cues], 1)
        return self.head(features), features


class Exported(nn.Module):
    """The network as it is shipped: probabilities instead of logits."""

    def __init__(self, net: WaterNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, stacked: Tensor) -> tuple[Tensor, Tensor]:
        """Return probabilities of water and the features."""
        logits, features = self.net(stacked)
        return logits.sigmoid(), features


def _twice(features: Tensor) -> Tensor:
    return functional.interpolate(features, scale_factor=2.0, mode="nearest")
