// As pose_three.mjs, with Babylon.js on its NullEngine (right-handed). Same request, same answer, same OUT.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const modules = path.resolve(process.env.NODE_MODULES || path.join(import.meta.dirname, '../../node_modules'));
const need = createRequire(path.join(modules, 'x.js'));
globalThis.XMLHttpRequest ??= class {};
console.log = () => {};
console.warn = () => {};
const B = need('@babylonjs/core');
need('@babylonjs/loaders/glTF/index.js');

const [file, request, out] = process.argv.slice(2);
const asked = JSON.parse(fs.readFileSync(request, 'utf8'));
const engine = new B.NullEngine();
const scene = new B.Scene(engine);
scene.useRightHandedSystem = true;
new B.FreeCamera('camera', B.Vector3.Zero(), scene);
const bytes = new Uint8Array(fs.readFileSync(file));
await B.ImportMeshAsync(bytes, scene, { pluginExtension: '.glb', pluginOptions: { gltf: { skipMaterials: true } } });

const meshes = scene.meshes.filter((m) => m.getTotalVertices() > 0);
const nodes = new Map(scene.transformNodes.map((n) => [n.name, n]));
const v = new B.Vector3();
const settle = () => {
  for (const n of scene.transformNodes) n.computeWorldMatrix(true);
  for (const s of scene.skeletons) s.prepare(true);
};
const drawn = (mesh) => {
  const raw = mesh.getPositionData(true, true);
  const world = mesh.computeWorldMatrix(true);
  const all = new Float32Array(raw.length);
  for (let i = 0; i < raw.length; i += 3) {
    B.Vector3.TransformCoordinatesFromFloatsToRef(raw[i], raw[i + 1], raw[i + 2], world, v);
    v.toArray(all, i);
  }
  return all;
};
settle();
const moved = {};
if (asked.morphs) {
  for (const mesh of meshes) {
    const manager = mesh.morphTargetManager;
    if (!manager) continue;
    const rest = drawn(mesh);
    for (let k = 0; k < manager.numTargets; k++) {
      const target = manager.getTarget(k);
      target.influence = 1;
      const after = drawn(mesh);
      target.influence = 0;
      let far = 0;
      for (let i = 0; i < after.length; i++) far = Math.max(far, Number.isFinite(after[i]) ? Math.abs(after[i] - rest[i]) : Infinity);
      (moved[target.name] ??= {})[mesh.name] = far;
    }
  }
}
const missing = [];
const parts = [];
for (const pose of asked.poses) {
  for (const [name, q] of Object.entries(pose.rotations)) {
    const node = nodes.get(name);
    if (!node) missing.push(name);
    else node.rotationQuaternion = B.Quaternion.FromArray(q);
  }
  for (const [name, t] of Object.entries(pose.translations || {})) nodes.get(name)?.position.fromArray(t);
  settle();
  for (const mesh of meshes) parts.push(Buffer.from(drawn(mesh).buffer));
}
fs.writeFileSync(out, Buffer.concat(parts));
process.stdout.write(JSON.stringify({
  meshes: meshes.map((m) => ({ name: m.name, count: m.getTotalVertices(), morphs: m.morphTargetManager?.numTargets ?? 0 })),
  poses: asked.poses.map((p) => p.name), moved, missing,
}) + '\n');
process.exit(0);
