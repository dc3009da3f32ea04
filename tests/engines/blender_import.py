"""Run by Blender's own Python (bpy): import a GLB, an FBX or a USDZ, pose it, write what Blender evaluates.

usage: python blender_import.py, then lines {"arguments": [FILE, REQUEST.json, OUT.bin]} on its input; it answers each
by a line as pose_three.mjs does. The request's poses hold "matrices": {bone: 16 numbers}, skinning matrices in glTF's
axes (row-major). It may ask for "expressions" (names of shapes at full weight), "times" (seconds into the file's first
clip) and "morphs" (how far each shape moves what) besides.
"""

import json
import os
import re
import sys
import traceback

import bpy
import numpy as np
from mathutils import Matrix

UP = Matrix(((1, 0, 0, 0), (0, 0, -1, 0), (0, 1, 0, 0), (0, 0, 0, 1)))  # glTF's +Y up to Blender's +Z up


def evaluated(obj):
    """(V, 3) f32 in glTF's axes, modifiers applied."""
    seen = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = seen.to_mesh()
    flat = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", flat)
    world = np.array(UP.inverted() @ seen.matrix_world)
    seen.to_mesh_clear()
    return (flat.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3]).astype(np.float32)


def take(armature, matrices):
    """Pose: every bone goes where its skinning matrix takes it."""
    frame = armature.matrix_world
    want = {}
    for bone in armature.data.bones:
        skinning = Matrix([matrices[bone.name][4 * r : 4 * r + 4] for r in range(4)])
        want[bone.name] = frame.inverted() @ UP @ skinning @ UP.inverted() @ frame @ bone.matrix_local
    for bone in armature.data.bones:
        own, at = bone.matrix_local, want[bone.name]
        if bone.parent is not None:
            own = bone.parent.matrix_local.inverted() @ own
            at = want[bone.parent.name].inverted() @ at
        armature.pose.bones[bone.name].matrix_basis = own.inverted() @ at
    bpy.context.view_layer.update()


def evaluate(file, request, out):
    with open(request, encoding="utf-8") as f:
        asked = json.load(f)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    begin, render = 0.0, bpy.context.scene.render
    if file.endswith(".usdz"):
        bpy.ops.wm.usd_import(filepath=file)
        rate = 30.0  # frames are the file's time codes
    elif file.endswith(".fbx"):
        bpy.ops.import_scene.fbx(filepath=file)
        begin, rate = 1.0, render.fps / render.fps_base  # the file says how many frames a second has
    else:
        bpy.ops.import_scene.gltf(filepath=file)
        rate = render.fps / render.fps_base
    armature = next(o for o in bpy.data.objects if o.type == "ARMATURE")
    action = armature.animation_data.action if armature.animation_data else None
    if action is not None:  # poses are asked for first
        armature.animation_data.action = None
        for bone in armature.pose.bones:
            bone.matrix_basis = Matrix()
        bpy.context.view_layer.update()
    meshes = [o for o in bpy.data.objects if o.type == "MESH" and o.find_armature() == armature]
    meshes = [o for o in meshes if not re.search("_LOD[1-9]$", o.name)]
    moved = {}
    for obj in meshes if asked.get("morphs") else ():
        if not (keys := obj.data.shape_keys):
            continue
        rest = evaluated(obj)
        for key in keys.key_blocks[1:]:
            key.value = 1.0
            bpy.context.view_layer.update()
            moved.setdefault(key.name, {})[obj.name] = float(np.abs(evaluated(obj) - rest).max())
            key.value = 0.0
    parts = []
    for pose in asked["poses"]:
        take(armature, pose["matrices"])
        parts += [evaluated(o) for o in meshes]
    for bone in armature.pose.bones:
        bone.matrix_basis = Matrix()
    for name in asked.get("expressions", ()):
        for value in (1.0, 0.0):
            for obj in meshes:
                if (keys := obj.data.shape_keys) and name in keys.key_blocks:
                    keys.key_blocks[name].value = value
            bpy.context.view_layer.update()
            parts += [evaluated(o) for o in meshes] if value else []
    if action is not None:
        armature.animation_data.action = action
        if hasattr(action, "slots"):
            armature.animation_data.action_slot = action.slots[0]
    for seconds in asked.get("times", ()):
        frame = begin + rate * seconds
        bpy.context.scene.frame_set(int(frame), subframe=frame % 1.0)
        parts += [evaluated(o) for o in meshes]
    with open(out, "wb") as f:
        f.write(b"".join(p.tobytes() for p in parts))
    return {
        "meshes": [
            {
                "name": o.name,
                "count": len(o.data.vertices),
                "morphs": len(o.data.shape_keys.key_blocks) - 1 if o.data.shape_keys else 0,
            }
            for o in meshes
        ],
        "poses": [p["name"] for p in asked["poses"]],
        "moved": moved,
        "missing": [],
        "bones": len(armature.data.bones),
        "rest": {
            b.name: [c for row in UP.inverted() @ armature.matrix_world @ b.matrix_local for c in row]
            for b in armature.data.bones
        },
        "images": sorted(i.name for i in bpy.data.images if i.packed_file is not None),
        "actions": sorted(a.name for a in bpy.data.actions),
        "materials": len({m.name for o in meshes for m in o.data.materials}),
        "version": bpy.app.version_string,
    }


def serve():
    """Answer requests; what Blender and its importers print goes to the error stream."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        try:
            told = {"answer": evaluate(*json.loads(line)["arguments"])}
        except Exception:
            told = {"error": traceback.format_exc()}
        print(json.dumps(told), file=answers, flush=True)


serve()
