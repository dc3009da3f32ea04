"""Garments, hair, eyes, teeth: the catalogue, fitting, layers without poke-through, hiding what is covered."""

from .ages import allowed, complete_outfit, default_outfit, underwear_for
from .catalogue import ALIASES, ITEMS, SLOTS, Item, Piece, by_slot, resolve
from .cover import hide_covered
from .fit import fit
from .settle import settle

__all__ = [
    "ALIASES",
    "ITEMS",
    "SLOTS",
    "Item",
    "Piece",
    "allowed",
    "by_slot",
    "complete_outfit",
    "default_outfit",
    "fit",
    "hide_covered",
    "resolve",
    "settle",
    "underwear_for",
]
