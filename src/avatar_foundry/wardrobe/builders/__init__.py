"""Garments made here, not modelled elsewhere: plate armour, robes, boots, capes. One module per item.

Each module has a function of its own name, `f(base) -> tuple[Part, ...]`: drawn once on a neutral body (`chart`,
`draw`, `sheet`), carried to any other by smooth warps (`warp`), with one topology for all.
"""
