"""The network: points -> local features -> a small transformer with one token a joint -> votes for the joints.

Shapes: b samples, M = 128 middle points, C = 48 coarse points, J = 22 joints.
"""

import torch
from poses import JOINTS
from torch import Tensor, nn

J, PARTS = len(JOINTS), len(JOINTS) + 1
HIDDEN1, LOCAL1, HIDDEN2, LOCAL2, WIDTH, MIDDLE, HEADS, LAYERS = 24, 48, 80, 128, 128, 96, 4, 3


class Local(nn.Module):
    """Features of neighbourhoods: relu(max over neighbours of W relu(U neighbour - V centre)).

    Two layers over (neighbour, neighbour - centre, centre), arranged so that the first runs once a point and the ReLU
    of the second once a neighbourhood.
    """

    def __init__(self, neighbour: int, centre: int, hidden: int, out: int) -> None:
        super().__init__()
        self.u, self.v = nn.Linear(neighbour, hidden), nn.Linear(centre, hidden, bias=False)
        self.w = nn.Linear(hidden, out)

    def forward(self, neighbours: Tensor, centres: Tensor, near: Tensor) -> Tensor:
        b, n, _ = neighbours.shape
        c, k = near.shape[1:]
        with torch.autocast("cpu", enabled=False):  # small differences of coordinates
            u, v = self.u(neighbours.float()).reshape(b * n, -1), self.v(centres.float())
        rows = (near + (torch.arange(b) * n)[:, None, None]).reshape(-1)
        hidden = torch.relu(u.index_select(0, rows).reshape(b, c, k, -1) - v[:, :, None])
        return torch.relu(self.w(hidden).amax(dim=2))


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        b, n, _ = x.shape
        q, k, v = self.qkv(self.norm1(x)).reshape(b, n, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        y = torch.softmax(q @ k.transpose(2, 3) * (WIDTH // HEADS) ** -0.5, dim=3) @ v
        x = x + self.out(y.transpose(1, 2).reshape(b, n, WIDTH))
        return x + self.down(torch.relu(self.up(self.norm2(x))))


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.local1 = Local(6, 6, HIDDEN1, LOCAL1)
        self.local2 = Local(LOCAL1 + 3, LOCAL1 + 3, HIDDEN2, LOCAL2)
        self.enter = nn.Linear(LOCAL2 + 3, WIDTH)
        self.tokens = nn.Parameter(torch.randn(J + 1, WIDTH) * 0.3)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        with torch.no_grad():  # differences of neighbours are small: start where they count
            self.local1.u.weight[:, :3] *= 4
            self.local1.v.weight.copy_(self.local1.u.weight)
            self.local2.v.weight.copy_(self.local2.u.weight)
        self.last = nn.LayerNorm(WIDTH)
        self.middle1, self.middle2 = nn.Linear(WIDTH + LOCAL1 + 3, MIDDLE), nn.Linear(MIDDLE, MIDDLE)
        self.part = nn.Linear(MIDDLE, PARTS)
        self.offset = nn.Linear(MIDDLE, 3 * J)
        self.key, self.query = nn.Linear(MIDDLE, 48), nn.Linear(WIDTH, 48)
        self.coarse = nn.Linear(WIDTH, 3)
        self.whole = nn.Linear(WIDTH, 8)  # humanoid, forward (3), up (3), spare
        self.doubt = nn.Linear(WIDTH + 2, 1)

    def forward(self, rows: Tensor, near1: Tensor, near2: Tensor, near3: Tensor) -> dict[str, Tensor]:
        b, m, c = len(rows), near1.shape[1], near2.shape[1]
        batch = torch.arange(b)[:, None, None]
        place = rows[:, :, :3]
        f1 = self.local1(rows, rows[:, :m], near1)
        f1 = torch.cat([f1, place[:, :m]], dim=2)
        f2 = self.local2(f1, f1[:, :c], near2)
        x = self.enter(torch.cat([f2, place[:, :c]], dim=2))
        x = torch.cat([x, self.tokens.expand(b, -1, -1)], dim=1)
        for block in self.blocks:
            x = block(x)
        x = self.last(x)
        tokens, x = x[:, c:], x[:, :c]
        gap = place[batch, near3] - place[:, :m, None]
        share = 1.0 / (gap.square().sum(dim=3) + 1e-3)
        share = share / share.sum(dim=2, keepdim=True)
        spread = (x[batch, near3] * share[..., None]).sum(dim=2)
        f3 = torch.relu(self.middle2(torch.relu(self.middle1(torch.cat([spread, f1], dim=2)))))
        joint = tokens[:, :J]
        weight = torch.softmax(self.query(joint) @ self.key(f3).transpose(1, 2) / 48**0.5, dim=2)  # b J M
        votes = place[:, None, :m] + self.offset(f3).reshape(b, m, J, 3).transpose(1, 2)  # b J M 3
        at = (weight[..., None] * votes).sum(dim=2)
        scatter = (weight * (votes - at[:, :, None]).square().sum(dim=3)).sum(dim=2).clamp(min=1e-8).sqrt()
        coarse = self.coarse(joint)
        apart = (coarse - at).norm(dim=2)
        hints = torch.stack([scatter.log(), (apart + 1e-3).log()], dim=2).detach()
        doubt = self.doubt(torch.cat([joint.detach(), hints], dim=2))[..., 0]
        whole = self.whole(tokens[:, J])
        return {
            "joints": at,
            "votes": votes,
            "weight": weight,
            "coarse": coarse,
            "doubt": doubt,
            "part": self.part(f3),
            "humanoid": whole[:, 0],
            "forward": whole[:, 1:4],
            "up": whole[:, 4:7],
        }
