"""The network that sees water by a reference, in PyTorch, as it is trained and exported.

Input: [n, 3, 2h, w], the current picture above the reference, BGR 0-1; h and w multiples of 16.
Outputs: `water` [n, 1, h/4, w/4], 0-1, and `features` [n, FEATURES, h/4, w/4], what it was decided
on: learnt features, then the cues.

The cues are computed, not learnt: all are logarithms or ratios, so that exposure drops out. Wet
asphalt and shadow keep the texture of the ground; water takes it away, or lays another over it. So
the current picture's texture is split into the part the reference explains (kept) and the rest
(gained), both against the noise of a camera. What is learnt is a small U-Net over them.
"""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

LEARNT: Final = 24
CUES: Final = 33
FEATURES: Final = LEARNT + CUES
STRIDE: Final = 4
WIDTHS: Final = (32, 48, 64)
"""Channels at a quarter, an eighth and a sixteenth of the picture. Their convolutions are whole
ones: depthwise ones took six times as long to train on a processor."""
DEPTHS: Final = (1, 2, 3)
"""Blocks on the way down; on the way up there are one at an eighth and one at a quarter."""
DARK: Final = 0.06
"""Added to light before its logarithm, as `vision.water.reference.LOG_FLOOR` is."""
NOISE: Final = 2.0 / 255
"""Noise of a picture, coding included (`vision.water.texture.NOISE`)."""
COARSE_NOISE_PART: Final = 0.25
"""Share of the noise's power left at half size: four pixels become one."""
MOST_GAIN: Final = 4.0
"""Logarithm of power over noise that counts as 1 (`vision.water.texture.MOST_GAIN`)."""
TONES: Final = slice(0, 6)
"""Cues that are light and colour as such."""
SETTLE_ON: Final = 300
"""Pairs that cues are standardised by."""
FINE_CELLS, COARSE_CELLS = (3, 7), (5, 11)
"""Sides of the squares texture is compared in, cells: 12 to 44 pixels of 320."""


def _mean(values: Tensor, side: int) -> Tensor:
    """Return means over squares around each pixel, first of rows and then of columns."""
    for sides in ((1, side), (side, 1)):
        reach = (sides[0] // 2, sides[1] // 2)
        values = functional.avg_pool2d(values, sides, 1, reach, count_include_pad=False)
    return values


class Cues(nn.Module):
    """The two pictures side by side, and what can be said of them without learning."""

    def __init__(self) -> None:
        super().__init__()
        luma = torch.tensor([0.114, 0.587, 0.299])
        mix = torch.zeros(6, 6, 1, 1)
        for half in range(2):
            mix[half, 3 * half : 3 * half + 3, 0, 0] = luma
            for number, channel in enumerate((0, 2)):
                row = 2 + 2 * number + half
                mix[row, 3 * half : 3 * half + 3, 0, 0] = -luma
                mix[row, 3 * half + channel, 0, 0] += 1.0
        self.register_buffer("mix", mix)
        self.register_buffer("slope", torch.tensor([[[[-0.5, 0.0, 0.5]]]]).repeat(2, 1, 1, 1))

    def forward(self, stacked: Tensor) -> Tensor:
        """Return cues, [n, CUES, h/4, w/4], of pictures [n, 3, 2h, w]."""
        now, then = stacked.chunk(2, 2)
        mixed = functional.conv2d(torch.cat([now, then], 1), self.mix)
        plain = mixed[:, :2] + DARK
        light = plain.log()
        noise = (NOISE / plain).square().sum(1, keepdim=True) * 0.5
        half = functional.avg_pool2d(light, 2)
        fine = light - _mean(_mean(light, 5), 5)
        coarse = half - _mean(_mean(half, 9), 9)
        cell_noise = functional.avg_pool2d(noise, STRIDE)
        cues = [
            *self._plain(mixed, plain, light),
            *_texture(fine, cell_noise, STRIDE, FINE_CELLS),
            *_texture(coarse, cell_noise * COARSE_NOISE_PART, STRIDE // 2, COARSE_CELLS),
        ]
        return torch.cat(cues, 1)

    def _plain(self, mixed: Tensor, plain: Tensor, light: Tensor) -> list[Tensor]:
        """Return light, colour and gradients of both pictures, and how they changed."""
        across = functional.conv2d(light, self.slope, padding=(0, 1), groups=2).abs()
        down = functional.conv2d(light, self.slope.transpose(2, 3), padding=(1, 0), groups=2).abs()
        texture = (functional.avg_pool2d(torch.cat([across, down], 1), STRIDE) + 0.01).log()
        level = functional.avg_pool2d(light, STRIDE)
        tint = functional.avg_pool2d(mixed[:, 2:] / torch.cat([plain, plain], 1), STRIDE)
        changes = torch.cat([level[:, :1] - level[:, 1:], tint[:, 0::2] - tint[:, 1::2]], 1)
        return [
            level,
            tint,
            texture,
            changes - changes.mean((2, 3), keepdim=True),
            texture[:, 0::2] - texture[:, 1::2],
        ]


def _texture(high: Tensor, noise: Tensor, pool: int, sides: tuple[int, int]) -> list[Tensor]:
    """Return how textures compare in squares of two sizes, and how much is kept all over.

    high: [n, 2, ...], both pictures without what is broad. noise: [n, 1, ...], its mean square in
    each cell. pool: pixels of `high` in one cell.
    """
    now, then = high.chunk(2, 1)
    squares = functional.avg_pool2d(torch.cat([now * now, then * then, now * then], 1), pool)
    found: list[Tensor] = []
    for side in sides:
        power, was, both = _mean(squares, side).chunk(3, 1)
        floor = _mean(noise, side)
        kept = (both / (was + floor)).clamp(-0.5, 1.5)
        alike = both / ((was + floor) * (power + floor)).sqrt()
        gained = (power - both.square() / (was + floor)).clamp_min(0)
        known = was / (was + 2 * floor)
        found += [kept, alike, (gained / (2 * floor)).log1p() / MOST_GAIN, known]
    weight = known.square()
    mean = (kept * weight).mean((2, 3), keepdim=True) / (weight.mean((2, 3), keepdim=True) + 1e-3)
    return [*found, mean + torch.zeros_like(kept)]


class Block(nn.Module):
    """A convolution whose result is added to what it was given."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
        )

    def forward(self, entry: Tensor) -> Tensor:
        """Return the refined features."""
        return entry + self.layers(entry)


def _blocks(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(Block(channels) for _ in range(count)))


def _project(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU())


class Judge(nn.Module):
    """What is learnt: cues into logits of water and features, by three scales down and up again."""

    def __init__(self) -> None:
        super().__init__()
        near, middle, far = WIDTHS
        self.register_buffer("mean", torch.zeros(1, CUES, 1, 1))
        self.register_buffer("scale", torch.ones(1, CUES, 1, 1))
        self.entry = nn.Sequential(_project(CUES, near), _blocks(near, DEPTHS[0]))
        self.middle = nn.Sequential(_project(near, middle), _blocks(middle, DEPTHS[1]))
        self.far = nn.Sequential(_project(middle, far), _blocks(far, DEPTHS[2]))
        self.far_up, self.middle_up = _project(far, middle), _project(middle, near)
        self.middle_out, self.near_out = _blocks(middle, 1), _blocks(near, 1)
        self.learnt = _project(near, LEARNT)
        self.head = nn.Sequential(nn.Conv2d(FEATURES, 16, 1), nn.ReLU(), nn.Conv2d(16, 1, 1))

    def settle_on(self, cues: Tensor) -> None:
        """Take means and deviations from cues, so that all are standardised alike."""
        some = cues[:: max(1, len(cues) // SETTLE_ON)].float()
        self.mean.copy_(some.mean((0, 2, 3), keepdim=True))
        self.scale.copy_(some.std((0, 2, 3)).reshape(self.mean.shape) + 1e-3)

    def forward(self, raw: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits of water and the features, of the size of the cues."""
        settled = (raw - self.mean) / self.scale
        near = self.entry(settled)
        middle = self.middle(functional.avg_pool2d(near, 2))
        far = self.far(functional.avg_pool2d(middle, 2))
        middle = self.middle_out(middle + _doubled(self.far_up(far)))
        near = self.near_out(near + _doubled(self.middle_up(middle)))
        features = torch.cat([self.learnt(near), settled], 1)
        return self.head(features), features


def _doubled(coarse: Tensor) -> Tensor:
    return functional.interpolate(coarse, scale_factor=2.0, mode="bilinear", align_corners=False)


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
