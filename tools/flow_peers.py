"""Give a peer the same ships and the same minutes of one core: `PYTHON tools/flow_peers.py NAME DIR --minutes M`.

PYTHON is one of an environment of its own, into which `pip install torch denoising-diffusion-pytorch torchcfm` put the peers as
people get them; nothing of this package is needed there. `python tools/flows.py peers DIR` writes the ships into DIR before, and
afterwards scores what the peers drew, DIR/NAME-MINUTES-SEED.npz, beside what our own trainings of the contest draw.

    ddpm        denoising-diffusion-pytorch as its README and its Trainer have it: a U-Net of 64 channels, velocity as target, Adam 1e-4,
                batch 16, averages of .995 every 10 steps, mirrored images; DDIM in so many steps as the flow takes
    ddpm-small  the same with 16 channels, about as many weights as our flow has
    cfm         torchcfm as its example on CIFAR-10 has it: 128 channels, dropout, Adam 2e-4 after a warm-up of 5000 steps, batch 128,
                averages of .9999, mirrored images; Euler
    cfm-small   the same with 32 channels and one block a level, our batch of 16, no warm-up, averages of .998
"""

import argparse
import copy
import time
from pathlib import Path

import numpy as np
import torch

DRAWN, STEPS, BLOCK = 250, 40, 25  # chips; solver's steps, as the recipe `flow` has them; chips at once


class DDPM:
    """Noise is predicted away in a thousand little steps."""

    def __init__(self, side, small):
        from denoising_diffusion_pytorch import GaussianDiffusion, Unet
        from ema_pytorch import EMA

        network = Unet(dim=16 if small else 64, dim_mults=(1, 2, 4, 8))
        self.model = GaussianDiffusion(network, image_size=side, timesteps=1000, sampling_timesteps=STEPS)
        self.averages = EMA(self.model, beta=0.995, update_every=10)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-4, betas=(0.9, 0.99))
        self.batch = 16

    def step(self, x):
        self.optimizer.zero_grad()
        self.model(x).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.averages.update()

    def sample(self, n):
        return self.averages.ema_model.sample(batch_size=n)


class CFM:
    """Flow matching with straight paths."""

    def __init__(self, side, small):
        from torchcfm.conditional_flow_matching import ConditionalFlowMatcher
        from torchcfm.models.unet.unet import UNetModelWrapper

        settings = (
            {"num_channels": 32, "num_res_blocks": 1} if small else {"num_channels": 128, "num_res_blocks": 2}
        )
        settings |= {} if small else {"num_head_channels": 64}
        self.model = UNetModelWrapper(
            dim=(3, side, side),
            channel_mult=[1, 2, 2, 2],
            num_heads=4,
            attention_resolutions="16",
            dropout=0.1,
            **settings,
        )
        self.side, self.path = side, ConditionalFlowMatcher(sigma=0.0)
        self.averages, self.momentum = copy.deepcopy(self.model), 0.998 if small else 0.9999
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=2e-4)
        warmup = 1 if small else 5000
        self.rate = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda step: min(step + 1, warmup) / warmup
        )
        self.batch = 16 if small else 128

    def step(self, x):
        x = 2 * x - 1
        self.optimizer.zero_grad()
        t, x_t, velocity = self.path.sample_location_and_conditional_flow(torch.randn_like(x), x)
        (self.model(t, x_t) - velocity).square().mean().backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.rate.step()
        with torch.no_grad():
            for average, weight in zip(self.averages.parameters(), self.model.parameters(), strict=True):
                average.lerp_(weight, 1 - self.momentum)

    def sample(self, n):
        self.averages.eval()
        x = torch.randn(n, 3, self.side, self.side)
        for k in range(STEPS):
            x = x + self.averages(torch.full((n,), k / STEPS), x) / STEPS
        return (x.clip(-1, 1) + 1) / 2


def main(name, folder, minutes, seed):
    """Train for so many minutes of one core, draw, and store both with what they took."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    chips = torch.tensor(np.load(folder / "ships.npy")).permute(0, 3, 1, 2).float() / 255
    family, _, small = name.partition("-")
    peer = {"ddpm": DDPM, "cfm": CFM}[family](chips.shape[-1], bool(small))
    steps, begun = 0, time.process_time()
    while time.process_time() - begun < 60 * minutes:
        x = chips[torch.randint(len(chips), (peer.batch,))]
        mirrored = torch.rand(len(x), 1, 1, 1) < 0.5
        peer.step(torch.where(mirrored, x.flip(-1), x))
        steps += 1
    spent, begun = time.process_time() - begun, time.process_time()
    with torch.no_grad():
        images = torch.cat([peer.sample(BLOCK) for _ in range(DRAWN // BLOCK)])
    images = (images.clip(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()
    facts = {
        "steps": steps,
        "minutes": spent / 60,
        "seconds": (time.process_time() - begun) / DRAWN,  # a chip
        "parameters": sum(p.numel() for p in peer.model.parameters()),
    }
    np.savez_compressed(folder / f"{name}-{minutes:g}-{seed}.npz", images=images, **facts)
    print(name, facts, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=("ddpm", "ddpm-small", "cfm", "cfm-small"))
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    main(**vars(parser.parse_args()))
