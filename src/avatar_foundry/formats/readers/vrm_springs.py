"""What swings in a VRM: VRMC_springBone, and secondaryAnimation of the old format, as chains of joints.

Colliders are not taken over: they would have to follow every turn and change of scale; ours are fitted to the body.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ...avatar import Spring
from ..glb_container import Json
from ..glb_source import Source as Document

MOST_SPRINGS, MOST_JOINTS = 1000, 2000
Chain = tuple[str, ...]


def read_springs(document: Document, names: Mapping[Any, str]) -> tuple[Spring, ...]:
    """The springs of a VRM in the file's own order. names: node number -> joint name. What is not there is left out."""
    held = document.document.get("extensions") or {}
    if isinstance(new := held.get("VRMC_springBone"), dict):
        found = list(new_springs(new, names))
    elif isinstance(old := held.get("VRM"), dict):
        found = list(old_springs(document, old.get("secondaryAnimation") or {}, names))
    else:
        return ()
    out, taken = [], set[str]()
    for spring in found[:MOST_SPRINGS]:
        if not taken & set(spring.joints):  # a joint swings once
            taken |= set(spring.joints)
            out.append(spring)
    return tuple(out)


def new_springs(held: Json, names: Mapping[Any, str]) -> Iterator[Spring]:
    """VRM 1: chains as they are, with the numbers of their first joint."""
    for number, entry in enumerate(list(held.get("springs") or ())[:MOST_SPRINGS]):
        members = [j for j in list(entry.get("joints") or ())[:MOST_JOINTS] if j.get("node") in names]
        if members:
            chain = tuple(dict.fromkeys(names[j["node"]] for j in members))
            first = members[0]
            yield Spring(
                f"{str(entry.get('name') or 'spring')[:80]}_{number + 1}",
                chain,
                stiffness=between(first.get("stiffness"), 1.0, 0.0, 10.0),
                drag=between(first.get("dragForce"), 0.5, 0.0, 1.0),
                gravity=between(first.get("gravityPower"), 0.0, 0.0, 10.0),
                radius=between(first.get("hitRadius"), 0.0, 0.0, 1.0),
            )


def old_springs(document: Document, held: Json, names: Mapping[Any, str]) -> Iterator[Spring]:
    """VRM 0: everything below a root swings; a chain per branch."""
    nodes = document.items("nodes")
    children = {i: [c for c in n.get("children") or () if c in names] for i, n in enumerate(nodes)}
    number = 0
    for group in list(held.get("boneGroups") or ())[:MOST_SPRINGS]:
        for root in list(group.get("bones") or ())[:MOST_JOINTS]:
            for chain in branches(root, children) if root in names else ():
                number += 1
                yield Spring(
                    f"{str(group.get('comment') or 'spring')[:80]}_{number}",
                    tuple(names[n] for n in chain),
                    stiffness=between(group.get("stiffiness"), 1.0, 0.0, 10.0),  # so spelt there
                    drag=between(group.get("dragForce"), 0.4, 0.0, 1.0),
                    gravity=between(group.get("gravityPower"), 0.0, 0.0, 10.0),
                    radius=between(group.get("hitRadius"), 0.02, 0.0, 1.0),
                )


def branches(root: int, children: Mapping[int, list[int]]) -> Iterator[tuple[int, ...]]:
    """The joints at and below `root` as chains: each follows first children, the others begin chains of their own."""
    starts, seen = [root], set[int]()
    while starts:
        at, chain = starts.pop(), list[int]()
        while at not in seen and len(seen) < MOST_JOINTS:
            seen.add(at)
            chain.append(at)
            below = children.get(at, [])
            starts += below[:0:-1]
            if not below:
                break
            at = below[0]
        if chain:
            yield tuple(chain)


def between(value: Any, otherwise: float, low: float, high: float) -> float:
    """`value` as a number within bounds, `otherwise` when it is none."""
    if not isinstance(value, int | float) or value != value:
        return otherwise
    return min(max(float(value), low), high)
