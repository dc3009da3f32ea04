// As pose_three.mjs, with Babylon.js on its NullEngine (right-handed). Same request, same answer, same OUT.
import fs from 'node:fs';
import { command, farthest, need, read, version } from './command.mjs';

globalThis.XMLHttpRequest ??= class {};
const B = need('@babylonjs/core');
need('@babylonjs/loaders/glTF/index.js');
B.Logger.LogLevels = B.Logger.ErrorLogLevel;
const engine = new B.NullEngine();

const pose = async (file, request, out) => {
  const asked = JSON.parse(fs.readFileSync(request, 'utf8'));
  const scene = new B.Scene(engine);
  scene.useRightHandedSystem = true;
  new B.FreeCamera('camera', B.Vector3.Zero(), scene);
  const bytes = new Uint8Array(read(file));
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
  const parts = [];
  const draw = () => {
    settle();
    for (const mesh of meshes) parts.push(Buffer.from(drawn(mesh).buffer));
  };
  const targets = (mesh) => Array.from({ length: mesh.morphTargetManager?.numTargets ?? 0 }, (_, k) => mesh.morphTargetManager.getTarget(k));
  settle();
  const rest = [...nodes.values()].map((n) => [n, n.rotationQuaternion?.clone(), n.position.clone()]);
  const moved = {};
  for (const mesh of asked.morphs ? meshes : []) {
    const before = drawn(mesh);
    for (const target of targets(mesh)) {
      target.influence = 1;
      (moved[target.name] ??= {})[mesh.name] = farthest(before, drawn(mesh));
      target.influence = 0;
    }
  }
  const missing = [];
  for (const { rotations, translations } of asked.poses) {
    for (const [name, q] of Object.entries(rotations)) {
      const node = nodes.get(name);
      if (!node) missing.push(name);
      else node.rotationQuaternion = B.Quaternion.FromArray(q);
    }
    for (const [name, t] of Object.entries(translations ?? {})) nodes.get(name)?.position.fromArray(t);
    draw();
  }
  for (const [n, q, p] of rest) {
    if (q) n.rotationQuaternion = q;
    n.position.copyFrom(p);
  }
  for (const name of asked.expressions ?? []) {
    for (const mesh of meshes) for (const t of targets(mesh)) t.influence = Number(t.name === name);
    draw();
  }
  fs.writeFileSync(out, Buffer.concat(parts));
  const answer = {
    meshes: meshes.map((m) => ({ name: m.name, count: m.getTotalVertices(), morphs: targets(m).length })),
    moved, missing, bones: scene.skeletons.reduce((n, s) => Math.max(n, s.bones.length), 0), version: version('@babylonjs/core'),
  };
  scene.dispose();
  return answer;
};

export default pose;
await command(import.meta, pose);
