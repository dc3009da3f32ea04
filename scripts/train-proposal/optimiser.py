"""Muon for the matrices (momentum made orthogonal, Jordan et al. 2024), AdamW for everything else."""

import torch
from torch import Tensor, nn


def orthogonal(m: Tensor) -> Tensor:
    """(k, a, b) -> nearly orthogonal matrices of the same directions: five Newton-Schulz steps."""
    tall = m.shape[1] > m.shape[2]
    x = m.transpose(1, 2) if tall else m
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        a = x @ x.transpose(1, 2)
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x.transpose(1, 2) if tall else x


class Both:
    """step(rate): rate 1 is the peak of both."""

    def __init__(
        self, network: nn.Module, matrix_rate: float = 0.015, rate: float = 1.5e-3, decay: float = 0.02
    ) -> None:
        named = dict(network.named_parameters())
        self.matrices = [
            p
            for n, p in named.items()
            if p.ndim == 2 and n.startswith(("blocks", "local", "middle", "enter")) and min(p.shape) > 6
        ]
        rest = [p for p in named.values() if all(p is not m for m in self.matrices)]
        self.adam = torch.optim.AdamW(rest, lr=rate, weight_decay=decay, betas=(0.9, 0.98))
        self.momentum = [torch.zeros_like(p) for p in self.matrices]
        self.matrix_rate, self.rate, self.decay = matrix_rate, rate, decay

    @torch.no_grad()
    def step(self, share: float) -> None:
        for group in self.adam.param_groups:
            group["lr"] = self.rate * share
        self.adam.step()
        pieces: dict[tuple[int, ...], list[tuple[Tensor, Tensor]]] = {}
        for p, m in zip(self.matrices, self.momentum, strict=True):
            if p.grad is None:
                continue
            m.mul_(0.95).add_(p.grad)
            g = p.grad + 0.95 * m
            parts = 3 if p.shape[0] == 3 * p.shape[1] else 1  # query, key and value are matrices of their own
            for weight, direction in zip(p.chunk(parts), g.chunk(parts), strict=True):
                pieces.setdefault(tuple(weight.shape), []).append((weight, direction))
        for (a, b), pairs in pieces.items():
            turned = orthogonal(torch.stack([d for _, d in pairs]))
            for (weight, _), d in zip(pairs, turned, strict=True):
                rate = self.matrix_rate * share
                weight.mul_(1 - rate * self.decay).add_(d, alpha=-rate * max(1.0, a / b) ** 0.5)

    def zero_grad(self) -> None:
        self.adam.zero_grad()
        for p in self.matrices:
            p.grad = None
