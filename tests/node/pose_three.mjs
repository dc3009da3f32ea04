// Poses and expresses a GLB in three.js and writes every drawn vertex in world space (metres) as float32.
// usage: node pose_three.mjs FILE REQUEST.json OUT.bin
// request: {"poses": [{"name", "rotations": {bone: [x,y,z,w] local}, "translations": {bone: [x,y,z] local}}],
//           "expressions": [shapes at full weight at rest], "morphs": true: how far each shape moves what}
// answers {meshes: [{name, count, morphs}], moved: {shape: {mesh: metres}}, missing, bones, version};
// OUT: poses, then expressions; of each all meshes in order.
import fs from 'node:fs';
import { command, farthest, load, read, version } from './command.mjs';

globalThis.self = globalThis;
const THREE = await load('three/build/three.module.js');
const { GLTFLoader } = await load('three/examples/jsm/loaders/GLTFLoader.js');
const { MeshoptDecoder } = await load('three/examples/jsm/libs/meshopt_decoder.module.js');

const pose = async (file, request, out) => {
  const asked = JSON.parse(fs.readFileSync(request, 'utf8'));
  const loader = new GLTFLoader();
  loader.setMeshoptDecoder(MeshoptDecoder);
  loader.register(() => ({ name: 'stub', loadTexture: () => Promise.resolve(new THREE.Texture()) }));
  const gltf = await loader.parseAsync(read(file), '');
  const { associations, json } = gltf.parser;

  const meshes = [];
  const bones = new Map(); // by the name in the file: three.js drops some characters from names
  gltf.scene.traverse((o) => {
    if (o.isMesh) meshes.push(o);
    const association = associations.get(o);
    if (association?.nodes !== undefined) bones.set(json.nodes[association.nodes].name, o);
  });
  const named = (m) => json.meshes[associations.get(m).meshes].name;
  const v = new THREE.Vector3();
  const drawn = (mesh) => {
    const all = new Float32Array(mesh.geometry.attributes.position.count * 3);
    for (let i = 0; i < all.length / 3; i++) {
      mesh.getVertexPosition(i, v).applyMatrix4(mesh.matrixWorld).toArray(all, 3 * i);
    }
    return all;
  };
  const parts = [];
  const draw = () => {
    gltf.scene.updateMatrixWorld(true);
    for (const mesh of meshes) parts.push(Buffer.from(drawn(mesh).buffer));
  };
  gltf.scene.updateMatrixWorld(true);
  const rest = [...bones.values()].map((o) => [o, o.quaternion.clone(), o.position.clone()]);

  const moved = {};
  for (const mesh of asked.morphs ? meshes : []) {
    if (!mesh.morphTargetInfluences) continue;
    const before = drawn(mesh);
    for (const [name, index] of Object.entries(mesh.morphTargetDictionary)) {
      mesh.morphTargetInfluences.fill(0);
      mesh.morphTargetInfluences[index] = 1;
      (moved[name] ??= {})[named(mesh)] = farthest(before, drawn(mesh));
    }
    mesh.morphTargetInfluences.fill(0);
  }
  const missing = [];
  for (const { rotations, translations } of asked.poses) {
    for (const [name, q] of Object.entries(rotations)) {
      if (!bones.has(name)) missing.push(name);
      else bones.get(name).quaternion.fromArray(q);
    }
    for (const [name, t] of Object.entries(translations ?? {})) bones.get(name)?.position.fromArray(t);
    draw();
  }
  for (const [o, q, p] of rest) {
    o.quaternion.copy(q);
    o.position.copy(p);
  }
  for (const name of asked.expressions ?? []) {
    for (const mesh of meshes) {
      mesh.morphTargetInfluences?.fill(0);
      const at = mesh.morphTargetDictionary?.[name];
      if (at !== undefined) mesh.morphTargetInfluences[at] = 1;
    }
    draw();
  }
  fs.writeFileSync(out, Buffer.concat(parts));
  return {
    meshes: meshes.map((m) => ({ name: named(m), count: m.geometry.attributes.position.count, morphs: Object.keys(m.morphTargetDictionary || {}).length })),
    moved, missing, bones: meshes.reduce((n, m) => Math.max(n, m.skeleton?.bones.length ?? 0), 0), version: version('three'),
  };
};

export default pose;
await command(import.meta, pose);
