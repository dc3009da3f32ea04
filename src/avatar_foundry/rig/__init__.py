"""The skeleton: place AXIS-65 in a body, bind meshes to it, pose it, and choose the pose it rests in."""

from .bake import bake_pose, ground
from .bind import bind_weights, four_joints
from .fold import base_weights
from .joints import joint_points, place_skeleton
from .pose import POSES, Pose, pose_matrices, t_rotations
from .skinning import skin_normals, skin_positions

__all__ = [
    "POSES",
    "Pose",
    "bake_pose",
    "base_weights",
    "bind_weights",
    "four_joints",
    "ground",
    "joint_points",
    "place_skeleton",
    "pose_matrices",
    "skin_normals",
    "skin_positions",
    "t_rotations",
]
