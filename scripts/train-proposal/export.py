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
            json.dumps({**{n: [0.0, 1.0, 0.0] for n in JOINTS}, "humanoid": [0.0, 1.0]})
        )
    print((DATA / "proposal.npz").stat().st_size, "bytes")


def calibrate(bank_folder: str, count: int) -> None:
    from negatives import not_one_person
    from poses import JOINTS

    import avatar_foundry.autorig.proposal as proposal
    from avatar_foundry.autorig.proposal_network import calibration
    from figures import person

    bank = [dict(np.load(p)) for p in sorted(Path(bank_folder).glob("*.npz"))]
    calibration.cache_clear()
    neutral = {**{n: [0.0, 1.0, 0.0] for n in JOINTS}, "humanoid": [0.0, 1.0]}
    doubted = {**neutral, **{n: [0.0, 0.0, 1.0] for n in JOINTS}}
    rng = np.random.default_rng(99)
    errors, doubts, jitters, logits = [], [], [], []
    for k in range(count + count // 3):
        cloud = not_one_person(rng, bank) if k >= count else person(rng, bank)
        pick = rng.choice(len(cloud.points), 3072, p=cloud.weight / cloud.weight.sum())
        p, n = cloud.points[pick].astype(np.float32), cloud.normals[pick].astype(np.float32)
        proposal.calibration = lambda: neutral  # type: ignore[assignment]
        a = proposal.propose(p, n)
        logits.append((cloud.humanoid, np.log(a.humanoid / (1 - a.humanoid))))
        if k >= count:
            continue
        size = float(np.ptp(p[:, 1]))
        got = np.stack([a.joints[j] for j in JOINTS])
        errors.append(np.linalg.norm(got - cloud.joints, axis=1) / cloud.height)
        doubts.append(np.log([a.sigma[j] / size for j in JOINTS]))
        proposal.calibration = lambda: doubted  # type: ignore[assignment]
        b = proposal.propose(p, n)
        jitters.append(np.log([b.sigma[j] / size for j in JOINTS]))
    e, d, t = np.array(errors), np.array(doubts), np.array(jitters)
    table: dict[str, list[float]] = {}
    for i, name in enumerate(JOINTS):
        a = np.stack([np.ones(len(e)), d[:, i], t[:, i]], axis=1)
        pull = np.array([0.0, 20.0, 10.0])  # towards trusting the network's own word
        x = np.linalg.solve(a.T @ a + np.diag(pull), a.T @ np.log(e[:, i] + 1e-3) + pull * [0, 0.8, 0.2])
        level = np.log(e[:, i].mean() / np.exp(a @ x).mean())  # the mean of errors, not of their logs
        table[name] = [round(float(x[0] + level), 4), round(float(x[1]), 4), round(float(x[2]), 4)]
    y, x = np.array(logits).T
    shift, steep = 0.0, 1.0
    for _ in range(3000):  # logistic regression
        q = 1 / (1 + np.exp(-(shift + steep * x)))
        weight = np.where(y > 0, 1.0, (y > 0).sum() / max((y == 0).sum(), 1))
        shift -= 0.05 * float((weight * (q - y)).mean())
        steep -= 0.05 * float((weight * (q - y) * x).mean())
    table["humanoid"] = [round(shift, 4), round(steep, 4)]
    (DATA / "proposal.json").write_text(json.dumps(table, indent=1) + "\n")
    print(
        "errors %",
        dict(zip(JOINTS, np.round(100 * e.mean(axis=0), 2).tolist(), strict=True)),
        "mean",
        100 * e.mean(),
        "median",
        100 * np.median(e),
    )
    q = 1 / (1 + np.exp(-(shift + steep * x)))
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
