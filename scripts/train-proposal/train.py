"""Train on the shards written so far, reading new ones as they come.

usage: train.py SHARDS_FOLDER OUT.pt MINUTES [START.pt [PEAK]]    PEAK: of the learning rate, 1 for a fresh start
"""

import sys
import time
from pathlib import Path

import numpy as np
import torch
from network import J, Network
from optimiser import Both
from poses import MIRRORED
from torch.nn import functional

BATCH = 24
SWAP = torch.tensor([*MIRRORED.tolist(), J])


def turned(batch: dict[str, torch.Tensor], rng: np.random.Generator) -> dict[str, torch.Tensor]:
    """Random facing (most nearly forward, many nearly backward), slight tilt, sometimes any turn; half mirrored."""
    b = len(batch["rows"])
    lots = rng.random(b)
    near = lots < 0.62
    yaw = np.where(lots < 0.82, rng.normal(0, 0.18, b) + np.where(near, 0.0, np.pi), rng.uniform(-np.pi, np.pi, b))
    turns, upright = np.zeros((b, 3, 3)), near.astype(np.float32)
    for i in range(b):
        c, s = np.cos(yaw[i]), np.sin(yaw[i])
        turns[i] = [[c, 0, s], [0, 1, 0], [-s, 0, c]]
        lot = rng.random()
        if lot < 0.06:
            q, _ = np.linalg.qr(rng.normal(size=(3, 3)))
            turns[i] = q * np.sign(np.linalg.det(q))
            upright[i] = 0
        elif lot < 0.4:
            v = rng.normal(0, 0.07, 3)
            turns[i] = turns[i] @ (np.eye(3) + np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]]))
            turns[i] = np.linalg.svd(turns[i])[0] @ np.linalg.svd(turns[i])[2]
    flip = torch.tensor(rng.random(b) < 0.5)
    turn = torch.tensor(turns, dtype=torch.float32)
    mirror = torch.where(flip[:, None], torch.tensor([-1.0, 1.0, 1.0]), torch.ones(3))
    rows, joints, label = batch["rows"], batch["joints"], batch["label"]
    rows = torch.cat(
        [
            (rows[..., :3] * mirror[:, None]) @ turn.transpose(1, 2),
            (rows[..., 3:] * mirror[:, None]) @ turn.transpose(1, 2),
        ],
        dim=2,
    )
    joints = torch.where(flip[:, None, None], joints[:, SWAP[:J]], joints)
    joints = (joints * mirror[:, None]) @ turn.transpose(1, 2)
    label = torch.where(flip[:, None], SWAP[label], label)
    return {
        **batch,
        "rows": rows,
        "joints": joints,
        "label": label,
        "forward": turn[:, :, 2],
        "up": turn[:, :, 1],
        "upright": torch.tensor(upright),
    }


def loss_of(out: dict[str, torch.Tensor], batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    real, height = batch["humanoid"], batch["height"].clamp(min=0.5)
    share = real * torch.where(batch["upright"] > 0, 1.0, 0.3)  # upright and nearly forward: what the second look sees
    error = ((out["joints"] - batch["joints"]).square().sum(dim=2) + 1e-6).sqrt() / height[:, None]
    coarse = ((out["coarse"] - batch["joints"]).square().sum(dim=2) + 1e-6).sqrt() / height[:, None]
    each = ((out["votes"] - batch["joints"][:, :, None]).square().sum(dim=3) + 1e-6).sqrt() / height[:, None, None]
    regular = (share[:, None] * (error + 0.3 * coarse + 0.3 * (out["weight"].detach() * each).sum(dim=2))).sum() / (
        share.sum() * J + 1e-3
    )
    sigma_loss = (share[:, None] * (error.detach() / out["doubt"].exp() + out["doubt"])).sum() / (
        share.sum() * J + 1e-3
    )
    m = out["part"].shape[1]
    part = (
        functional.cross_entropy(out["part"].transpose(1, 2), batch["label"][:, :m], reduction="none").mean(dim=1)
        * real
    ).sum() / (real.sum() + 1e-3)
    human = functional.binary_cross_entropy_with_logits(out["humanoid"], real * 0.98 + 0.01)
    # means of directions: short where they cannot be told
    way = (
        ((out["forward"] - batch["forward"]).square().sum(dim=1) + (out["up"] - batch["up"]).square().sum(dim=1)) * real
    ).mean()
    total = 10 * regular + 0.15 * sigma_loss + 0.3 * part + 0.4 * human + 0.6 * way
    seen = batch["upright"] * real
    figures = torch.stack([(error.mean(dim=1) * seen).sum() / seen.sum(), part, human, way]).detach()
    return total, figures


def load(path: Path) -> dict[str, torch.Tensor]:
    raw = np.load(path)
    kinds = {
        "rows": torch.float16,
        "near1": torch.int16,
        "near2": torch.uint8,
        "near3": torch.uint8,
        "label": torch.uint8,
    }
    return {
        k: torch.tensor(raw[k].astype(np.int32) if raw[k].dtype == np.uint16 else raw[k]).to(
            kinds.get(k, torch.float32)
        )
        for k in raw.files
    }


def batch_of(shard: dict[str, torch.Tensor], pick: np.ndarray) -> dict[str, torch.Tensor]:
    rows = torch.tensor(pick)
    return {
        k: v[rows].to(torch.long if k in ("near1", "near2", "near3", "label") else torch.float32)
        for k, v in shard.items()
    }


def main() -> None:
    folder, out, minutes = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    torch.set_num_threads(1)
    torch.manual_seed(3)
    rng = np.random.default_rng([3, len(sys.argv)])
    network = Network()
    if len(sys.argv) > 4:
        network.load_state_dict(torch.load(sys.argv[4]))
    peak = float(sys.argv[5]) if len(sys.argv) > 5 else 1.0
    print(sum(p.numel() for p in network.parameters()), "parameters", flush=True)
    average = {k: v.clone() for k, v in network.state_dict().items()}
    optimiser = Both(network)
    shards: dict[str, dict[str, torch.Tensor]] = {}
    begun, step, running, said = time.time(), 0, None, time.time()
    while (gone := (time.time() - begun) / 60 / minutes) < 1:
        if step % 64 == 0:
            for path in sorted(folder.glob("*.npz")):
                if path.stem not in shards and ".tmp" not in path.name:
                    shards[path.stem] = load(path)
        names = sorted(shards)
        if not names:
            time.sleep(1)
            continue
        shard = shards[names[int(rng.integers(len(names)))]]
        batch = turned(batch_of(shard, rng.choice(len(shard["rows"]), BATCH, replace=False)), rng)
        rate = min(1, (step + 1) / 100) * (0.5 + 0.5 * np.cos(np.pi * min(gone, 1))) + 0.005
        rate *= peak
        network.train()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out_ = network(batch["rows"], batch["near1"], batch["near2"], batch["near3"])
        total, figures = loss_of({k: v.float() for k, v in out_.items()}, batch)
        optimiser.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step(rate)
        step += 1
        keep = min(0.998, step / (step + 20))
        with torch.no_grad():
            for k, v in network.state_dict().items():
                if v.dtype.is_floating_point:
                    average[k].mul_(keep).add_(v, alpha=1 - keep)
        running = figures if running is None else running * 0.98 + figures * 0.02
        if step % 100 == 0:
            error, part, human, way = running.tolist()
            print(
                f"{step} {(time.time() - begun) / 60:.1f} min, rate {rate:.3f}, error {100 * error:.2f} %,",
                f"part {part:.3f}, human {human:.3f}, way {way:.3f}",
                flush=True,
            )
        if time.time() - said > 120:
            said = time.time()
            torch.save(average, out.with_suffix(".tmp"))
            out.with_suffix(".tmp").rename(out)
    torch.save(average, out)


if __name__ == "__main__":
    main()
