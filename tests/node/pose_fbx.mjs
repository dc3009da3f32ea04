// Loads an FBX in three.js's FBXLoader and writes what it draws as float32, world space, in the file's units.
// usage: node pose_fbx.mjs FILE REQUEST.json OUT.bin
// request: {"expressions": [names of shapes at full weight, "" for none], "times": [seconds into the first clip]}
// answers {meshes: [{name, count, material, map}], clips, bones, warnings, version}; OUT: for each of them all meshes, three corners a face.
import fs from 'node:fs';
import { command, load, read, version } from './command.mjs';

const nothing = () => ({ addEventListener() {}, removeEventListener() {}, style: {}, set src(_) {} });
globalThis.self = globalThis.window = globalThis;
globalThis.document = { createElementNS: nothing, createElement: () => ({ getContext: () => null }) };
globalThis.URL.createObjectURL = () => 'blob:nothing';
const warnings = [];
console.warn = (...words) => warnings.push(words.join(' '));
const THREE = await load('three/build/three.module.js');
const { FBXLoader } = await load('three/examples/jsm/loaders/FBXLoader.js');

const pose = async (file, request, out) => {
  warnings.length = 0;
  const asked = JSON.parse(fs.readFileSync(request, 'utf8'));
  const scene = new FBXLoader().parse(read(file), '');
  const meshes = [];
  const bones = new Set();
  scene.traverse((o) => {
    if (o.isMesh && !/_LOD[1-9]$/.test(o.name)) meshes.push(o);
    if (o.isBone) bones.add(o.name);
  });
  const v = new THREE.Vector3();
  const parts = [];
  const draw = () => {
    scene.updateMatrixWorld(true);
    for (const mesh of meshes) {
      if (mesh.skeleton) mesh.skeleton.update();
      const all = new Float32Array(mesh.geometry.attributes.position.count * 3);
      for (let i = 0; i < all.length / 3; i++) mesh.getVertexPosition(i, v).applyMatrix4(mesh.matrixWorld).toArray(all, 3 * i);
      parts.push(Buffer.from(all.buffer));
    }
  };
  for (const name of asked.expressions) {
    for (const mesh of meshes) {
      mesh.morphTargetInfluences?.fill(0);
      const at = mesh.morphTargetDictionary?.[name];
      if (at !== undefined) mesh.morphTargetInfluences[at] = 1;
    }
    draw();
  }
  for (const mesh of meshes) mesh.morphTargetInfluences?.fill(0);
  const mixer = new THREE.AnimationMixer(scene);
  if (scene.animations.length) mixer.clipAction(scene.animations[0]).setLoop(THREE.LoopOnce).play().clampWhenFinished = true;
  for (const seconds of asked.times) {
    mixer.setTime(seconds);
    draw();
  }
  fs.writeFileSync(out, Buffer.concat(parts));
  return {
    meshes: meshes.map((m) => ({ name: m.name, count: m.geometry.attributes.position.count, material: m.material.name, map: Boolean(m.material.map), morphs: Object.keys(m.morphTargetDictionary || {}) })),
    clips: scene.animations.map((a) => a.name), bones: bones.size, warnings: [...warnings], version: version('three'),
  };
};

export default pose;
await command(import.meta, pose);
