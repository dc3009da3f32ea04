"""Mend uploaded meshes: kernels that keep uvs, materials, morphs and skin, and the registry that runs them in order."""

from .registry import DEFAULT_FIXES, FIXES, Applied, Fix, apply_fixes
from .whole import Whole, whole_of
from .work import Options

__all__ = ["DEFAULT_FIXES", "FIXES", "Applied", "Fix", "Options", "Whole", "apply_fixes", "whole_of"]
