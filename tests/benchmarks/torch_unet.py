"""The flow's U-Net in PyTorch, layer for layer, for the benchmark to train beside ours."""

import torch
from torch import nn
from torch.nn.functional import interpolate, silu

WIDTH, MULTIPLIERS, BLOCKS, TOLD = 32, (1, 2, 3, 4), (1, 1, 2, 2), 128


class RMSNorm(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1, channels, 1, 1))

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-6) * self.scale


class Block(nn.Module):
    def __init__(self, before, after):
        super().__init__()
        self.norms = nn.ModuleList([RMSNorm(before), RMSNorm(after)])
        self.first = nn.Conv2d(before, after, 3, padding=1)
        self.last = nn.Conv2d(after, after, 3, padding=1)
        self.film = nn.Linear(TOLD, 2 * after)
        self.around = nn.Conv2d(before, after, 1) if before != after else nn.Identity()

    def forward(self, x, told):
        y = self.first(silu(self.norms[0](x)))
        scale, shift = self.film(told)[..., None, None].chunk(2, 1)
        return self.around(x) + self.last(silu(self.norms[1](y) * (1 + scale) + shift))


class Attention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm, self.last = RMSNorm(channels), nn.Linear(channels, channels)
        self.heads = nn.MultiheadAttention(channels, channels // 32, batch_first=True)

    def forward(self, x):
        places = self.norm(x).flatten(2).transpose(1, 2)
        seen = self.last(self.heads(places, places, places, need_weights=False)[0])
        return x + seen.transpose(1, 2).reshape(x.shape)


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        filters = [WIDTH * m for m in MULTIPLIERS]
        self.told = nn.Sequential(*(nn.Linear(32, TOLD), nn.SiLU(), nn.Linear(TOLD, TOLD), nn.SiLU()))
        self.begin = nn.Conv2d(3, WIDTH, 6, 2, 2)
        self.narrower, self.wider = nn.ModuleList(), nn.ModuleList()
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        channels, passed = WIDTH, []
        for level, f in enumerate(filters):
            if level:
                self.narrower.append(nn.Conv2d(channels, f, 3, 2, 1))
                channels = f
            self.down.append(nn.ModuleList(Block(f, f) for _ in range(BLOCKS[level])))
            passed += [f] * BLOCKS[level]
        self.attention = Attention(channels)
        for level in reversed(range(len(filters))):
            f, row = filters[level], nn.ModuleList()
            for _ in range(BLOCKS[level]):
                row.append(Block(channels + passed.pop(), f))
                channels = f
            self.up.append(row)
            if level:
                self.wider.append(nn.Conv2d(f, filters[level - 1], 3, padding=1))
                channels = filters[level - 1]
        self.norm, self.end = RMSNorm(WIDTH), nn.ConvTranspose2d(WIDTH, 3, 6, 2, 2)

    def forward(self, x, t):
        waves = t * torch.pi * torch.logspace(0, 7, 16, 2)
        told = self.told(torch.cat([waves.sin(), waves.cos()], 1))
        x, passed = self.begin(x), []
        for level, row in enumerate(self.down):
            x = self.narrower[level - 1](x) if level else x
            for block in row:
                x = block(x, told)
                passed.append(x)
        x = self.attention(x)
        for level, row in enumerate(self.up):
            for block in row:
                x = block(torch.cat([x, passed.pop()], 1), told)
            if level < len(self.wider):
                x = self.wider[level](interpolate(x, scale_factor=2))
        return self.end(silu(self.norm(x)))
