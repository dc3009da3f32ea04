"""Sampled solids: boxes, balls, cylinders, cones, capsules and sheets, to build robots and props from."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Solid:
    """A convex solid (or a sheet) in a frame: x = centre + frame @ local. half: (3,) half sizes; axis is local Y.

    kind: box | ball | cylinder (taper: radius at the top against the bottom) | sheet (x by y, bent by `bow` in z).
    """

    kind: str
    centre: np.ndarray
    frame: np.ndarray
    half: np.ndarray
    label: int
    taper: float = 1.0
    bow: float = 0.0
    open_below: float = -2.0  # local y below this (of 1) is cut away
    caps: bool = True

    def area(self) -> float:
        a, b, c = self.half
        if self.kind == "box":
            return float(8 * (a * b + b * c + a * c))
        if self.kind == "ball":
            return float(4 * np.pi * (((a * b) ** 1.6 + (a * c) ** 1.6 + (b * c) ** 1.6) / 3) ** (1 / 1.6))
        if self.kind == "sheet":
            return float(8 * a * b)
        return float(np.pi * (a + c) * 2 * b * (1 + self.taper) / 2 + 2 * np.pi * a * c)

    def sample(self, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        a, b, c = self.half
        if self.kind == "box":
            areas = np.array([b * c, b * c, a * c, a * c, a * b, a * b])
            side = rng.choice(6, n, p=areas / areas.sum())
            p = rng.uniform(-1, 1, (n, 3))
            axis, sign = side // 2, np.where(side % 2, 1.0, -1.0)
            rows = np.arange(n)
            p[rows, axis] = sign
            m = np.zeros((n, 3))
            m[rows, axis] = sign
            narrow = 1 + (self.taper - 1) * (p[:, 1:2] + 1) / 2
            p[:, [0, 2]] *= narrow
        elif self.kind == "ball":
            p = rng.normal(size=(n, 3))
            p /= np.linalg.norm(p, axis=1, keepdims=True)
            m = p / self.half
        elif self.kind == "sheet":
            p = rng.uniform(-1, 1, (n, 3))
            u = p[:, 0].copy()
            p[:, 0] *= 1 + (self.taper - 1) * (p[:, 1] + 1) / 2
            p[:, 2] = self.bow * (1 - u**2)
            m = np.stack([2 * self.bow * u / a, np.zeros(n), np.full(n, 1 / c)], axis=1) * np.where(
                rng.random((n, 1)) < 0.5, 1, -1
            )
        else:
            wall = np.pi * (a + c) * 2 * b * (1 + self.taper) / 2
            cap = np.pi * a * c if self.caps else 0.0
            top = cap * self.taper**2
            part = rng.choice(3, n, p=np.array([wall, cap, top]) / (wall + cap + top))
            angle = rng.uniform(0, 2 * np.pi, n)
            y = np.where(part == 0, rng.uniform(-1, 1, n), np.where(part == 1, -1.0, 1.0))
            radius = (1 + (self.taper - 1) * (y + 1) / 2) * np.where(part == 0, 1.0, np.sqrt(rng.random(n)))
            p = np.stack([np.cos(angle) * radius, y, np.sin(angle) * radius], axis=1)
            slope = (1 - self.taper) * (a + c) / 2 / (2 * b)
            m = np.stack([np.cos(angle) / a, np.full(n, slope * 2 / (a + c)), np.sin(angle) / c], axis=1)
            m[part > 0] = 0
            m[part == 1, 1], m[part == 2, 1] = -1, 1
        if self.open_below > -1:
            keep = p[:, 1] > self.open_below
            p, m = p[keep], m[keep]
        m = m / np.maximum(np.linalg.norm(m, axis=1, keepdims=True), 1e-9)
        return self.centre + (p * self.half) @ self.frame.T, m @ self.frame.T

    def inside(self, points: np.ndarray, shrink: float = 0.97) -> np.ndarray:
        p = (points - self.centre) @ self.frame / (self.half * shrink)
        if self.kind == "sheet" or self.open_below > -1 or not self.caps:
            return np.zeros(len(points), bool)
        if self.kind == "ball":
            return (p**2).sum(axis=1) < 1
        narrow = np.maximum(1 + (self.taper - 1) * (p[:, 1] + 1) / 2, 1e-3)
        within = np.abs(p[:, 1]) < 1
        if self.kind == "box":
            return within & (np.abs(p[:, [0, 2]]) < narrow[:, None]).all(axis=1)
        return within & ((p[:, [0, 2]] ** 2).sum(axis=1) < narrow**2)


def along(a: np.ndarray, b: np.ndarray, side: np.ndarray) -> tuple[np.ndarray, float]:
    """Frame whose +Y runs from a to b and whose +X is as near to `side` as that allows, and the distance."""
    y = b - a
    length = float(np.linalg.norm(y))
    y = y / max(length, 1e-9)
    x = side - (side @ y) * y
    if x @ x < 1e-6:
        x = np.array([0.3, 0.5, 0.8]) - (np.array([0.3, 0.5, 0.8]) @ y) * y
    x = x / np.linalg.norm(x)
    return np.stack([x, y, np.cross(x, y)], axis=1), length


def turned(rng: np.random.Generator, degrees: float) -> np.ndarray:
    """A random rotation of about `degrees`."""
    v = rng.normal(size=3)
    v *= np.radians(rng.normal(0, degrees)) / np.linalg.norm(v)
    return rotation(v)


def rotation(v: np.ndarray) -> np.ndarray:
    """(3, 3) rotation about v by |v|."""
    angle = float(np.linalg.norm(v))
    if angle < 1e-9:
        return np.eye(3)
    x, y, z = v / angle
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k
