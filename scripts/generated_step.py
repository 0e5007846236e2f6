#!/usr/bin/env python3
"""How far one step of Adam moves generated adapter weights, in units of the learning rate.

A stored weight moves by the learning rate at the first step. A generated one is the product of a head's row
with d_h hidden values, all of which move: so one learning rate is not one step length for all systems.
"""

import argparse

import torch
from tabulate import tabulate

from hyperadapters.adapters import KINDS, LayerShape, sites
from hyperadapters.adapters.bottleneck import Options
from hyperadapters.sources import SOURCES, Condition, HyperOptions, SourceConfig

RATE = 1e-4


def step_length(hidden: int, rescale: bool, seed: int) -> float:
    """The root mean square by which the first step moves the down-projections, divided by the rate.

    Width 128, bottleneck 32, 3+3 layers, 12 languages, one direction; the gradient of the generated
    weights is random.
    """
    torch.manual_seed(seed)
    kind = KINDS.get("bottleneck")(Options(32))
    config = SourceConfig(
        kind, dict.fromkeys(("encoder", "decoder"), LayerShape(128, 512, 4)),
        sites({"encoder": 3, "decoder": 3}), {"encoder": ("src", "tgt"), "decoder": ("tgt",)},
        {"languages": 12}, (), "published",
        HyperOptions(hidden=hidden, rescale=rescale),
    )  # fmt: skip
    source = SOURCES.get("hyper")(config)
    ids = {"src": torch.tensor([0]), "tgt": torch.tensor([1])}
    conditions = {
        side: Condition.from_ids(ids, config.inputs[side], like=ids["src"])
        for side in config.inputs
    }

    def down() -> torch.Tensor:
        weights = source(conditions)
        return torch.cat([site["down"].flatten() for side in weights.values() for site in side])

    before = down()
    optimizer = torch.optim.Adam(source.parameters(), lr=RATE)
    (before * torch.randn_like(before)).sum().backward()
    optimizer.step()
    return ((down() - before).detach().pow(2).mean().sqrt() / RATE).item()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hidden", default="15,68,612", help="d_h (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=3, help="(default: %(default)s)")
    options = parser.parse_args()
    rows = []
    for hidden in map(int, options.hidden.split(",")):
        lengths = [
            [step_length(hidden, rescale, seed) for seed in range(options.seeds)]
            for rescale in (True, False)
        ]
        rows.append([hidden, *(sum(each) / len(each) for each in lengths)])
    print(tabulate(rows, ["d_h", "rescaled", "not rescaled"], "github", floatfmt=".1f"))
