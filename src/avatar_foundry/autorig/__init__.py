"""Rig a mesh that nobody rigged, or adopt the rig that it has.

Import what you need from the modules: `surface` (the input), `fit` (skeleton and body from the shape), `bind` (skin
weights), `recognise` and `adopt` (rigs that came with the file), `proposal` (joints voted by a small network).
"""
