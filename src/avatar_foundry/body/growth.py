"""How tall the young are: the data's own statures by age, corrected to what people measure.

MakeHuman's rule grows linearly from 10 to 25 years, so its ten-year-old girl stands 1.26 m and its
18-year-old man 1.56 m.
"""

import numpy as np

ADULT = 25.0  # years at which the data's adults are pure and need no correction

_YEARS = np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 25], float)
# Median standing heights, metres (WHO child growth standards 2006 and growth reference 2007, rounded to a centimetre).
_GIRL = np.array(
    [0.74, 0.86, 0.95, 1.03, 1.09, 1.15, 1.21, 1.27, 1.33, 1.39, 1.45, 1.51, 1.56, 1.60, 1.62, 1.63, 1.63, 1.63, 1.63]
)
_BOY = np.array(
    [0.76, 0.88, 0.96, 1.03, 1.10, 1.16, 1.22, 1.27, 1.33, 1.38, 1.43, 1.49, 1.56, 1.63, 1.69, 1.73, 1.75, 1.76, 1.76]
)
# Statures of the data with everything else average, metres, at these years; linear between.
_DATA_YEARS = np.array([1.0, 10.0, ADULT])
_DATA_GIRL = np.array([0.602, 1.261, 1.590])
_DATA_BOY = np.array([0.602, 1.357, 1.730])


def growth_factor(years: float, gender: float) -> float:
    """Natural stature over the data's stature; 1 from 25 years on. `gender` 0 female .. 1 male."""
    if years >= ADULT:
        return 1.0
    girl = np.interp(years, _YEARS, _GIRL) / _GIRL[-1] * _DATA_GIRL[-1] / np.interp(years, _DATA_YEARS, _DATA_GIRL)
    boy = np.interp(years, _YEARS, _BOY) / _BOY[-1] * _DATA_BOY[-1] / np.interp(years, _DATA_YEARS, _DATA_BOY)
    return float(girl + gender * (boy - girl))
