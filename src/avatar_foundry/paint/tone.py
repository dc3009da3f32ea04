"""The colour of skin from melanin and blood: a small table of measured skin, interpolated in CIE L*a*b*.

The rows sit in the middle of the six classes of the individual typology angle ITA = atan((L* - 50) / b*), which is how
skin colour is classed in dermatology (Chardon et al. 1991; Del Bino and Bernerd 2013, Br J Dermatol 169 s3):
very light > 55, light 41..55, intermediate 28..41, tan 10..28, brown -30..10, dark < -30 degrees. Along the
path a* and b* rise with melanin to the tan class and fall again toward dark skin, as measured on foreheads and
cheeks by spectrophotometer (Xiao et al. 2017, Skin Res Technol 23). Blood (haemoglobin) absorbs green and blue.
"""

import numpy as np

from ..avatar import F32
from .colour import lab_to_linear

TONES: F32 = np.array([0.0, 0.17, 0.34, 0.50, 0.66, 0.83, 1.0], np.float32)
LAB: F32 = np.array(
    [[73.0, 10.0, 13.5], [67.5, 12.0, 17.0], [61.0, 13.5, 19.5], [54.0, 14.5, 21.0], [45.0, 14.5, 20.5],
     [36.0, 12.5, 17.0], [27.5, 9.5, 12.0]],
    np.float32,
)  # fmt: skip
# Change of log-albedo (R, G, B) by a full flush: the ratio of oxyhaemoglobin's absorption in the three bands.
FLUSH: F32 = np.array([-0.04, -0.30, -0.24], np.float32)


def skin_light(tone: float, undertone: float = 0.0, redness: float = 0.3) -> F32:
    """Linear RGB (3,) of plain skin. tone 0 very fair .. 1 very deep; undertone -1 cool .. 1 warm; redness 0..1."""
    lab = np.array([np.interp(tone, TONES, LAB[:, c]) for c in range(3)])
    lab += undertone * np.array([0.4, -1.2, 3.2]) * (1 - 0.3 * tone)
    return np.asarray(lab_to_linear(lab) * np.exp(FLUSH * (redness - 0.3) * (1 - 0.45 * tone)), np.float32)


def lip_light(skin: F32, tone: float) -> F32:
    """Linear RGB (3,) of bare lips on such skin: the red of blood shows less through more melanin."""
    fair, deep = np.array([0.80, 0.44, 0.46]), np.array([1.08, 0.78, 1.00])
    return np.asarray(skin * (fair + (deep - fair) * np.clip(tone, 0, 1)), np.float32)
