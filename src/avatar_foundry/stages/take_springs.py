"""Springs of uploads: those that the file has, or else chains of its own joints that hang free by their names.

The skin stays as it is: it hangs on these joints already. A chain ends in a joint that only says where it ends; where
the last joint carries skin, an end is added beyond it. Colliders are fitted to the body.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..avatar import Avatar, Skeleton, Spring
from ..humanoid import INDEX
from ..pipeline import stage
from .spring_colliders import body_colliders, clear_of
from .spring_joints import extend_clip

WORDS = {  # in names of joints -> what swings
    **dict.fromkeys(("hair", "hairs", "bang", "bangs", "fringe", "ponytail", "pigtail", "twintail", "ahoge"), "hair"),
    **dict.fromkeys(("braid", "髪", "前髪", "後髪", "横髪", "髮"), "hair"),
    **dict.fromkeys(("skirt", "dress", "coat", "robe", "スカート"), "skirt"),
    **dict.fromkeys(("cape", "cloak", "mantle", "scarf", "ribbon", "tassel", "necktie", "マント", "リボン"), "cape"),
    **dict.fromkeys(("tail", "tails", "尻尾", "しっぽ"), "tail"),
    **dict.fromkeys(("ear", "ears", "mimi", "耳"), "ear"),
}
MANNERS = {  # stiffness, drag, radius in metres, what it collides with
    "hair": (1.5, 0.35, 0.012, ("head", "torso")),
    "skirt": (3.0, 0.4, 0.012, ("hips", "legs")),
    "cape": (2.0, 0.35, 0.012, ("torso", "hips", "legs")),
    "tail": (1.0, 0.4, 0.012, ("hips", "legs")),
    "ear": (3.0, 0.4, 0.01, ("head",)),
}
SHORTEST = 0.04  # metres: what hangs less does not swing
END = 0.07  # metres from a last joint to its end where the chain does not say
_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\x00-\x7f]+")


@stage("rigging", cost=4)
def take_springs(avatar: Avatar) -> Avatar:
    """Let the upload's own loose joints swing."""
    skeleton = avatar.skeleton
    if skeleton is None or avatar.colliders or not set(skeleton.names) - INDEX.keys():
        return avatar
    there = set(skeleton.names) - INDEX.keys()
    springs = [s for s in avatar.springs if set(s.joints) <= there]
    if not springs:
        springs = list(loose_chains(avatar, skeleton))
    if not springs:
        return avatar if not avatar.springs else replace(avatar, springs=())
    grown, springs = with_ends(avatar, skeleton, springs)
    colliders = clear_of(body_colliders(avatar.parts, skeleton), springs, grown)
    clips = tuple(extend_clip(c, grown) for c in avatar.clips) if grown is not skeleton else avatar.clips
    return replace(avatar, skeleton=grown, clips=clips, springs=tuple(springs), colliders=colliders)


def kind_of(name: str) -> str:
    """What a joint of this name moves, "" for what does not swing."""
    return next((WORDS[t] for t in (t.lower() for t in _TOKEN.findall(name)) if t in WORDS), "")


def loose_chains(avatar: Avatar, skeleton: Skeleton) -> Iterator[Spring]:
    """Chains of joints beyond the humanoid's whose names tell that they hang free, and that move something."""
    moves = np.zeros(len(skeleton.names), bool)
    for part in avatar.parts:
        if part.mesh.joints is not None and part.mesh.weights is not None:
            moves[np.unique(part.mesh.joints[part.mesh.weights > 0])] = True
    extra = [n not in INDEX for n in skeleton.names]
    children: dict[int, list[int]] = {}
    kinds = [""] * len(extra)
    for i, up in enumerate(skeleton.parents.tolist()):
        if extra[i]:
            inherited = kinds[up] if up >= 0 else ""
            kinds[i] = inherited or kind_of(skeleton.names[i])
            if kinds[i] and inherited:
                children.setdefault(up, []).append(i)
    heads = [i for i, k in enumerate(kinds) if k and not kinds[max(int(skeleton.parents[i]), 0)]]
    heads += [c for below in children.values() for c in below[1:]]  # further branches
    for head in sorted(heads):
        chain = [head]
        while below := children.get(chain[-1]):
            chain.append(below[0])
        line = skeleton.rest[chain, :3, 3].astype(np.float64)
        length = float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum()) + (END if moves[chain[-1]] else 0.0)
        if length >= SHORTEST and moves[chain].any():
            stiffness, drag, radius, groups = MANNERS[kinds[head]]
            names = tuple(skeleton.names[i] for i in chain)
            yield Spring(names[0], names, stiffness, drag, 0.0, radius, groups, kinds[head])


def with_ends(avatar: Avatar, skeleton: Skeleton, springs: list[Spring]) -> tuple[Skeleton, list[Spring]]:
    """The skeleton with an end beyond every chain whose last joint carries skin, and the springs with these."""
    number = {n: i for i, n in enumerate(skeleton.names)}
    moves = {
        skeleton.names[j]
        for p in avatar.parts
        if p.mesh.joints is not None and p.mesh.weights is not None
        for j in np.unique(p.mesh.joints[p.mesh.weights > 0]).tolist()
    }
    names, parents, rest = list(skeleton.names), skeleton.parents.tolist(), [*skeleton.rest]
    out = []
    for spring in springs:
        last = spring.joints[-1]
        groups, part = spring.groups, spring.part
        if not groups:  # the file's own spring: by its names
            part = kind_of(last) or kind_of(spring.name) or "hair"
            groups = MANNERS[part][3]
        joints = spring.joints
        if last in moves or len(joints) == 1:
            at = skeleton.rest[number[last]].astype(np.float64)
            before = skeleton.rest[max(int(skeleton.parents[number[last]]), 0), :3, 3]
            along = at[:3, 3] - before
            length = float(np.linalg.norm(along))
            end = at.copy()
            end[:3, 3] += along / length * END if length > 1e-6 else (0.0, -END, 0.0)
            title = f"{last}_end"
            while title in number or title in names:
                title += "_"
            names.append(title)
            parents.append(number[last])
            rest.append(end.astype(np.float32))
            joints = (*joints, title)
        out.append(replace(spring, joints=joints, groups=groups, part=part))
    if len(names) == len(skeleton.names):
        return skeleton, out
    return Skeleton(tuple(names), np.array(parents, np.int16), np.stack(rest).astype(np.float32)), out
