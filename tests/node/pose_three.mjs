// Poses and expresses a GLB in three.js and writes every drawn vertex in world space (metres) as float32.
// usage: node pose_three.mjs FILE REQUEST.json OUT.bin
// request: {"poses": [{"name", "rotations": {bone: [x,y,z,w] local}, "translations": {bone: [x,y,z] local}}], "morphs": true}
// prints {meshes: [{name, count, morphs}], poses: [names], morph: {moved: {name: [metres, mesh]}, missing: []}}; OUT: poses, then meshes, in order.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const modules = path.resolve(process.env.NODE_MODULES || path.join(import.meta.dirname, '../../node_modules'));
const load = (name) => import(pathToFileURL(path.join(modules, name)).href);
globalThis.self = globalThis;
const THREE = await load('three/build/three.module.js');
const { GLTFLoader } = await load('three/examples/jsm/loaders/GLTFLoader.js');
const { MeshoptDecoder } = await load('three/examples/jsm/libs/meshopt_decoder.module.js');

const [file, request, out] = process.argv.slice(2);
const asked = JSON.parse(fs.readFileSync(request, 'utf8'));
const loader = new GLTFLoader();
loader.setMeshoptDecoder(MeshoptDecoder);
loader.register(() => ({ name: 'stub', loadTexture: () => Promise.resolve(new THREE.Texture()) }));
const bytes = fs.readFileSync(file);
const gltf = await loader.parseAsync(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength), '');

const meshes = [];
const bones = new Map();
gltf.scene.traverse((o) => {
  if (o.isMesh) meshes.push(o);
  const association = gltf.parser.associations.get(o);
  if (association && association.nodes !== undefined) bones.set(gltf.parser.json.nodes[association.nodes].name, o);
});
const v = new THREE.Vector3();
const drawn = (mesh) => {
  const all = new Float32Array(mesh.geometry.attributes.position.count * 3);
  for (let i = 0; i < all.length / 3; i++) {
    mesh.getVertexPosition(i, v).applyMatrix4(mesh.matrixWorld).toArray(all, 3 * i);
  }
  return all;
};
gltf.scene.updateMatrixWorld(true);

const moved = {};
if (asked.morphs) {
  for (const mesh of meshes) {
    if (!mesh.morphTargetInfluences) continue;
    const rest = drawn(mesh);
    for (const [name, index] of Object.entries(mesh.morphTargetDictionary)) {
      mesh.morphTargetInfluences.fill(0);
      mesh.morphTargetInfluences[index] = 1;
      const after = drawn(mesh);
      let far = 0;
      for (let i = 0; i < after.length; i++) far = Math.max(far, Number.isFinite(after[i]) ? Math.abs(after[i] - rest[i]) : Infinity);
      (moved[name] ??= {})[mesh.name] = far;
    }
    mesh.morphTargetInfluences.fill(0);
  }
}
const missing = [];
const parts = [];
for (const pose of asked.poses) {
  for (const [name, q] of Object.entries(pose.rotations)) {
    if (!bones.has(name)) missing.push(name);
    else bones.get(name).quaternion.fromArray(q);
  }
  for (const [name, t] of Object.entries(pose.translations || {})) bones.get(name)?.position.fromArray(t);
  gltf.scene.updateMatrixWorld(true);
  for (const mesh of meshes) parts.push(Buffer.from(drawn(mesh).buffer));
}
fs.writeFileSync(out, Buffer.concat(parts));
const named = (m) => gltf.parser.json.meshes[gltf.parser.associations.get(m).meshes].name;
console.log(JSON.stringify({
  meshes: meshes.map((m) => ({ name: named(m), count: m.geometry.attributes.position.count, morphs: Object.keys(m.morphTargetDictionary || {}).length })),
  poses: asked.poses.map((p) => p.name), moved, missing,
}));
