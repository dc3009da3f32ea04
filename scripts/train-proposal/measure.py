"""Errors of the proposal on real rigged characters that it never saw, in % of their height.

usage: measure.py TOOLS_FOLDER CHARACTERS_FOLDER   (TOOLS_FOLDER has rig_score.py)
"""

import itertools
import sys
import time
from pathlib import Path

import numpy as np

from avatar_foundry.autorig.proposal import propose
from avatar_foundry.autorig.proposal_network import JOINTS


def sample(rng: np.random.Generator, v: np.ndarray, f: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    cross = np.cross(v[f[:, 1]] - v[f[:, 0]], v[f[:, 2]] - v[f[:, 0]])
    area = np.linalg.norm(cross, axis=1)
    face = rng.choice(len(f), n, p=area / area.sum())
    u = rng.random((n, 2))
    root = np.sqrt(u[:, :1])
    b = np.concatenate([1 - root, root * (1 - u[:, 1:]), root * u[:, 1:]], axis=1)
    return np.einsum("nk,nkc->nc", b, v[f[face]]).astype(np.float32), (
        cross[face] / np.maximum(area[face], 1e-20)[:, None]
    ).astype(np.float32)


def main() -> None:
    sys.path.insert(0, sys.argv[1])
    import rig_score

    table, rows = {}, []
    for path in sorted(p for p in Path(sys.argv[2]).glob("*") if p.suffix in (".glb", ".vrm")):
        rig = rig_score.load_rig(str(path))
        where, _ = rig_score.canonical(rig)
        left, up, forward = rig_score.frame(rig.jpos, where)
        size = float(np.ptp(rig.V @ up))
        axes = np.stack([left, up, forward])
        for yaw in (0.0, 110.0, 250.0):
            c, s = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
            turn = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]) @ axes
            points, normals = sample(np.random.default_rng(int(yaw)), rig.V @ turn.T, rig.F, 4096)
            began = time.process_time()
            got = propose(points, normals)
            spent = time.process_time() - began
            facing = (np.degrees(got.yaw) - yaw + 180) % 360 - 180
            error = np.array(
                [
                    100 * np.linalg.norm(got.joints[k] - turn @ rig.jpos[where[k]]) / size if k in where else np.nan
                    for k in JOINTS
                ]
            )
            sigma = np.array([100 * got.sigma[k] / size for k in JOINTS])
            limb = [i for i, k in enumerate(JOINTS) if k.startswith(("left", "right"))]
            worst = int(np.nanargmax(error))
            print(
                f"{path.stem:24s} yaw {yaw:3.0f} faces {facing:6.1f} (sure {got.sure:.2f}) humanoid {got.humanoid:.2f}",
                f"mean {np.nanmean(error):5.2f} limbs {np.nanmean(error[limb]):5.2f} worst {error[worst]:5.2f}",
                f"{JOINTS[worst]:14s} sigma {sigma[worst]:5.2f}, {1000 * spent:.0f} ms",
            )
            rows.append((error, sigma))
            if yaw == 0:
                table[path.stem] = error
    e, s = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    print("\n" + " " * 14 + " ".join(f"{n[:8]:>8s}" for n in table) + "     mean  sigma")
    for i, k in enumerate(JOINTS):
        print(
            f"{k:14s}"
            + " ".join(f"{v[i]:8.1f}" for v in table.values())
            + f" {np.nanmean(e[:, i]):8.2f} {s[:, i].mean():6.2f}"
        )
    print(f"mean {np.nanmean(e):.2f}  limbs {np.nanmean(e[:, 6:]):.2f}  median {np.nanmedian(e):.2f}")
    ok = np.isfinite(e)
    for a, b in itertools.pairwise([0, 1, 1.5, 2, 2.5, 3, 4, 6, 100]):
        m = ok & (s >= a) & (s < b)
        if m.any():
            high = np.quantile(e[m], 0.8)
            near = (e[m] < 4).mean()
            print(f"sigma {a}-{b} %: n {m.sum()}, error {e[m].mean():.2f}, 80 % below {high:.2f}, P(< 4 %) {near:.2f}")


if __name__ == "__main__":
    main()
