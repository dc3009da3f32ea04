"""The skeleton: place AXIS-65 in a body, bind meshes to it, pose it, and choose the pose it rests in."""

from .bake import bake_pose, ground
from .bind import bind_weights, four_joints
from .fold import bake_weights, base_weights
from .joints import joint_points, place_skeleton
from .pose import POSES, Pose, pose_matrices, t_rotations
from .sections import cut_sections, measure_sections
from .skinning import skin_normals, skin_positions
from .surface import bind_weights_from_surface, nearest_surface, smooth_skirt_weights, surface_weights

__all__ = [
    "POSES",
    "Pose",
    "bake_pose",
    "bake_weights",
    "base_weights",
    "bind_weights",
    "bind_weights_from_surface",
    "cut_sections",
    "four_joints",
    "ground",
    "joint_points",
    "measure_sections",
    "nearest_surface",
    "place_skeleton",
    "pose_matrices",
    "skin_normals",
    "skin_positions",
    "smooth_skirt_weights",
    "surface_weights",
    "t_rotations",
]
