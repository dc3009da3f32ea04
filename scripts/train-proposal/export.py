"""Write the trained weights into the package (float16), then calibrate what it says about itself.

usage: export.py MODEL.pt            (needs torch) writes data/proposal.npz
       export.py --calibrate BANK N  writes data/proposal.json from N fresh figures and N / 3 fresh negatives
"""

import json
import sys
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parents[2] / "src/avatar_foundry/autorig/data"


def export(model: str) -> None:
    import torch

    state = torch.load(model)
    arrays = {k: v.numpy().astype(np.float16) for k, v in sorted(state.items())}
    DATA.mkdir(exist_ok=True)
    np.savez_compressed(DATA / "proposal.npz", **arrays)
    if not (DATA / "proposal.json").exists():
        from poses import JOINTS

        (DATA / "proposal.json").write_text(
            json.dumps({**{n: [0.0, 1.0, 0.0] for n in JOINTS}, "humanoid": [0.0, 1.0], "facing": [0.0, 4.0]})
        )
    print((DATA / "proposal.npz").stat().st_size, "bytes")


def logistic(y: np.ndarray, x: np.ndarray, balanced: bool = True) -> list[float]:
    """[a, b] of P(y) = 1 / (1 + exp(-(a + b x))); balanced: as if there were as many of either."""
    shift, steep, spread, middle = 0.0, 1.0, float(x.std()) + 1e-9, float(x.mean())
    z = (x - middle) / spread
    weight = np.where(y > 0, 1.0, (y > 0).sum() / max((y == 0).sum(), 1)) if balanced else np.ones(len(y))
    for _ in range(4000):
        q = 1 / (1 + np.exp(-(shift + steep * z)))
        shift -= 0.1 * float((weight * (q - y)).mean())
        steep -= 0.1 * float((weight * (q - y) * z).mean() + 0.005 * steep)
    return [round(shift - steep * middle / spread, 4), round(steep / spread, 4)]


def calibrate(bank_folder: str, count: int) -> None:
    from negatives import not_one_person
    from poses import JOINTS

    from avatar_foundry.autorig.proposal import look_closely
    from figures import person

    bank = [dict(np.load(p)) for p in sorted(Path(bank_folder).glob("*.npz"))]
    rng = np.random.default_rng(99)
    errors, doubts, jitters, logits, facing = [], [], [], [], []
    for k in range(count + count // 3):
        cloud = not_one_person(rng, bank) if k >= count else person(rng, bank)
        pick = rng.choice(len(cloud.points), 3072, p=cloud.weight / cloud.weight.sum())
        angle = rng.uniform(-np.pi, np.pi)
        c, s = np.cos(angle), np.sin(angle)
        turn = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
        got = look_closely(
            (cloud.points[pick] @ turn.T).astype(np.float32), (cloud.normals[pick] @ turn.T).astype(np.float32)
        )
        logits.append((cloud.humanoid, got.humanoid))
        if k >= count:
            continue
        right = np.cos(got.yaw - angle) > np.cos(np.radians(45))
        facing.append((float(right), got.sure))
        if not right:
            continue  # `sure` speaks of these; sigma of the rest
        errors.append(np.linalg.norm(got.joints - cloud.joints @ turn.T, axis=1) / cloud.height)
        doubts.append(got.doubt)
        jitters.append(np.log(got.jitter + 1e-3))
    print("facing right within 45 degrees:", np.mean([r for r, _ in facing]))
    e, d, t = np.array(errors), np.array(doubts), np.array(jitters)
    table: dict[str, list[float]] = {}
    for i, name in enumerate(JOINTS):
        a = np.stack([np.ones(len(e)), d[:, i], t[:, i]], axis=1)
        pull = np.array([0.0, 20.0, 10.0])  # towards trusting the network's own word
        x = np.linalg.solve(a.T @ a + np.diag(pull), a.T @ np.log(e[:, i] + 1e-3) + pull * [0, 0.8, 0.2])
        level = np.log(e[:, i].mean() / np.exp(a @ x).mean())  # the mean of errors, not of their logs
        table[name] = [round(float(x[0] + level), 4), round(float(x[1]), 4), round(float(x[2]), 4)]
    table["humanoid"] = logistic(*np.array(logits).T)
    table["facing"] = logistic(*np.array(facing).T, balanced=False)
    (DATA / "proposal.json").write_text(json.dumps(table, indent=1) + "\n")
    print(
        "errors %",
        dict(zip(JOINTS, np.round(100 * e.mean(axis=0), 2).tolist(), strict=True)),
        "mean",
        100 * e.mean(),
        "median",
        100 * np.median(e),
    )
    y, x = np.array(logits).T
    q = 1 / (1 + np.exp(-(table["humanoid"][0] + table["humanoid"][1] * x)))
    print(
        "humanoids below 0.5:",
        float((q[y > 0] < 0.5).mean()),
        "negatives above 0.5:",
        float((q[y == 0] > 0.5).mean()),
        table["humanoid"],
    )


if __name__ == "__main__":
    if sys.argv[1] == "--calibrate":
        calibrate(sys.argv[2], int(sys.argv[3]))
    else:
        export(sys.argv[1])
