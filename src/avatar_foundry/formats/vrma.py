"""Write VRM Animation 1.0 (VRMC_vrm_animation): one clip for every VRM, without a mesh.

The file holds the humanoid's bones in its rest pose, which has to be VRM's T-pose, one node per expression whose x is
its weight, and one node whose rotation is where the eyes look. Visemes and blinks go by VRM's presets where they are
all that a preset is; every other shape goes by its own name, as the VRM files of the foundry have it.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .._version import __version__
from ..avatar import Avatar, Clip, Skeleton
from ..geometry.keys import angles_between, linear_keys, slerp, slerp_keys
from ..geometry.rotations import quaternions, rotation_matrices
from .glb import GENERATOR
from .glb_container import Chunk, Json, pack
from .glb_keys import PlainKeys
from .tracks import PLACE, STILL, WEIGHT, tracks_of, turn_limits
from .vrm import GAZE, HUMAN, VrmOptions
from .vrm_expressions import PRESETS

F64 = NDArray[np.float64]
EYES = ("leftEye", "rightEye")
FAR = 60.0  # degrees: as far as a gaze goes
NAME = "VRMC_vrm_animation"


def write_vrma(avatar: Avatar, clip: Clip, options: VrmOptions | None = None) -> bytes:
    """One clip of the avatar as a .vrma. Same input, same bytes. options: names of bones and shapes, as `write_vrm`."""
    skeleton = avatar.skeleton
    if skeleton is None:
        raise ValueError("an animation needs a skeleton")
    return _Writer(skeleton, clip, options or VrmOptions(), avatar.name).bytes()


class _Writer:
    """Collects the document; one instance per file."""

    def __init__(self, skeleton: Skeleton, clip: Clip, options: VrmOptions, title: str) -> None:
        self.skeleton, self.clip, self.options, self.title = skeleton, clip, options, title
        number = {n: i for i, n in enumerate(skeleton.names)}
        named = {bone: number.get(options.bones.get(bone, bone), -1) for bone in HUMAN}
        self.joints = {bone: j for bone, j in named.items() if j >= 0}
        self.chunk = Chunk()
        self.keys = PlainKeys(self.chunk)
        self.nodes: list[Json] = []
        self.samplers: list[Json] = []
        self.channels: list[Json] = []

    def bytes(self) -> bytes:
        tracks = tracks_of(self.clip, self.skeleton, self.options.bones.get("hips", "hips"))
        world, at = self._posed(tracks.rotations, tracks.places)
        told: Json = {"specVersion": "1.0", "humanoid": {"humanBones": self._bones(tracks.times, world, at)}}
        if expressions := self._expressions(tracks.times):
            told["expressions"] = expressions
        if (gaze := self._gaze(world)) is not None:
            told["lookAt"] = {"node": self._node("lookAt"), "offsetFromHeadBone": self._between_eyes()}
            keep = slerp_keys(tracks.times, gaze[:, None], np.radians(0.2))[:, 0]
            self._channel(told["lookAt"]["node"], "rotation", tracks.times[keep], gaze[keep])
        self.keys.close_clip()
        roots = [i for i in range(len(self.nodes)) if not any(i in n.get("children", ()) for n in self.nodes)]
        document: Json = {
            "asset": {"version": "2.0", "generator": GENERATOR, "extras": {"engine": __version__}},
            "scene": 0,
            "scenes": [{"name": self.title, "nodes": roots}],
            "nodes": self.nodes,
            "animations": [{"name": self.clip.name, "samplers": self.samplers, "channels": self.channels}],
            "extensions": {NAME: told},
            "extensionsUsed": [NAME],
        }
        return pack(document, self.chunk)

    def _posed(self, rotations: F64, places: Mapping[int, F64]) -> tuple[F64, F64]:
        """Model-space rotations (T, J, 3, 3) and places (T, J, 3) of all joints."""
        rest = self.skeleton.rest.astype(np.float64)
        local = rotation_matrices(rotations)
        world, at = np.empty_like(local), np.empty((*local.shape[:2], 3))
        for j, up in enumerate(self.skeleton.parents.tolist()):
            over, above, before = (world[:, up], at[:, up], rest[up]) if up >= 0 else (np.eye(3), 0.0, np.eye(4))
            step = places.get(j, before[:3, :3].T @ (rest[j, :3, 3] - before[:3, 3]))
            world[:, j] = over @ local[:, j]
            at[:, j] = above + np.einsum("...ab,...b->...a", over, step)
        return world, at

    def _bones(self, times: F64, world: F64, at: F64) -> Json:
        """The humanoid's nodes, each below the next bone above it that is there, and their channels.

        The spec keeps the eyes out. Of places, only the hips' is kept, and it has everything above them in it."""
        rest = self.skeleton.rest.astype(np.float64)
        limits = turn_limits(self.skeleton)
        out: Json = {}
        for bone, parent in HUMAN.items():
            if bone in EYES or bone not in self.joints:
                continue
            while parent and parent not in out:
                parent = HUMAN[parent]
            j, up = self.joints[bone], self.joints[parent] if parent else -1
            before = rest[up] if up >= 0 else np.eye(4)
            local = before[:3, :3].T @ rest[j, :3, :3]
            node = self._node(
                bone,
                translation=(before[:3, :3].T @ (rest[j, :3, 3] - before[:3, 3])).astype(np.float32).tolist(),
                rotation=quaternions(local[None])[0].astype(np.float32).tolist(),
            )
            out[bone] = {"node": node}
            if parent:
                self.nodes[out[parent]["node"]].setdefault("children", []).append(node)
            over = world[:, up] if up >= 0 else np.eye(3)
            turns = quaternions(np.swapaxes(over, -1, -2) @ world[:, j])
            if bone == "hips":
                keep = linear_keys(times, at[:, j][:, None], PLACE)[:, 0]
                self._channel(node, "translation", times[keep], at[keep, j])
            keep = slerp_keys(times, turns[:, None], limits[j])[:, 0]
            self._channel(node, "rotation", times[keep], turns[keep])
        return out

    def _expressions(self, times: F64) -> Json:
        """Nodes and channels of what the face does."""
        ours = {theirs: name for name, theirs in self.options.shapes.items()}
        shapes = {ours.get(n, n): w.astype(np.float64) for n, w in self.clip.shapes.items() if np.abs(w).max() > STILL}
        out: Json = {}
        for name, weights in as_expressions(shapes).items():
            node = self._node(name)
            kind = "preset" if name in PRESETS else "custom"
            out.setdefault(kind, {})[name] = {"node": node}
            keep = linear_keys(times, weights[:, None, None], WEIGHT)[:, 0]
            rows = np.zeros((int(keep.sum()), 3))
            rows[:, 0] = np.clip(weights[keep], 0.0, 1.0)
            self._channel(node, "translation", times[keep], rows)
        return out

    def _gaze(self, world: F64) -> F64 | None:
        """(T, 4) where the eyes look, seen from the head, or None where they rest.

        A VRM turns its eyes by less than a gaze goes aside (`GAZE`): the gaze is that for which ours turn as in the
        clip."""
        if not {"head", *EYES} <= set(self.joints):
            return None
        rest = self.skeleton.rest[:, :3, :3].astype(np.float64)
        head = world[:, self.joints["head"]] @ rest[self.joints["head"]].T
        left, right = (
            quaternions(np.swapaxes(head, 1, 2) @ world[:, self.joints[e]] @ rest[self.joints[e]].T) for e in EYES
        )
        if max(angles_between(q, np.array([0.0, 0.0, 0.0, 1.0])).max() for q in (left, right)) < np.radians(0.1):
            return None
        ahead = rotation_matrices(slerp(left, right, np.full(len(left), 0.5)))[:, :, 2]
        yaw = np.degrees(np.arctan2(ahead[:, 0], ahead[:, 2]))
        pitch = np.degrees(np.arcsin(np.clip(-ahead[:, 1], -1.0, 1.0)))  # about +X: down is positive
        (span, inner), (_, outer) = GAZE["HorizontalInner"], GAZE["HorizontalOuter"]
        yaw *= span / (0.5 * (inner + outer))
        down, up = GAZE["VerticalDown"], GAZE["VerticalUp"]
        pitch *= np.where(pitch > 0, down[0] / down[1], up[0] / up[1])
        yaw, pitch = (np.radians(np.clip(a, -FAR, FAR)) / 2 for a in (yaw, pitch))
        cy, sy, cx, sx = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
        return np.stack([cy * sx, sy * cx, -sy * sx, cy * cx], axis=1)  # yaw after pitch: extrinsic Z, X, Y

    def _between_eyes(self) -> list[float]:
        """The point between the eyes as the head sees it, metres."""
        head, left, right = (self.skeleton.rest[self.joints[n]].astype(np.float64) for n in ("head", *EYES))
        offset = head[:3, :3].T @ (0.5 * (left[:3, 3] + right[:3, 3]) - head[:3, 3])
        return list(np.round(offset, 6) + 0.0)

    def _node(self, name: str, **about: list[float]) -> int:
        self.nodes.append({"name": name, **about})
        return len(self.nodes) - 1

    def _channel(self, node: int, path: str, times: F64, rows: F64) -> None:
        when, what = (
            self.keys.add(kind, a.astype(np.float32))
            for kind, a in (("time", times), (path, np.ascontiguousarray(rows)))
        )
        self.samplers.append({"input": when, "output": what})
        self.channels.append({"sampler": len(self.samplers) - 1, "target": {"node": node, "path": path}})


# A shape that is all that a preset is; the others of a preset's kind would come as well.
SOUNDS = {"viseme_aa": "aa", "viseme_I": "ih", "viseme_U": "ou", "viseme_E": "ee", "viseme_O": "oh"}
LIDS = {"eyeBlinkLeft": "blinkLeft", "eyeBlinkRight": "blinkRight"}
# sounds that VRM has no preset for, by the nearest that it has
NEAREST = {"viseme_DD": ("ih", 0.3), "viseme_SS": ("ih", 0.4), "viseme_CH": ("ou", 0.35), "viseme_nn": ("ih", 0.2)}
NEAREST |= {"viseme_RR": ("ou", 0.3), "viseme_kk": ("aa", 0.2), "viseme_TH": ("ih", 0.25), "viseme_FF": ("ou", 0.15)}
MUTE = frozenset({"viseme_sil", "viseme_PP"})  # lips closed: no preset


def as_expressions(shapes: Mapping[str, F64]) -> dict[str, F64]:
    """Weights of shapes -> weights of expressions. Both lids alike are one blink."""
    out: dict[str, F64] = {}

    def more(name: str, weights: F64) -> None:
        out[name] = np.maximum(out[name], weights) if name in out else weights

    left, right = (shapes.get(lid) for lid in LIDS)
    both = left is not None and right is not None and float(np.abs(left - right).max()) < WEIGHT
    for name, weights in shapes.items():
        if name in LIDS:
            more("blink" if both else LIDS[name], weights)
        elif name in SOUNDS:
            more(SOUNDS[name], weights)
        elif name in NEAREST:
            sound, share = NEAREST[name]
            more(sound, share * weights)
        elif name not in MUTE:
            more(name, weights)
    return out
