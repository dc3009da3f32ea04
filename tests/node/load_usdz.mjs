// Loads a USDZ with three.js' USDLoader, whose parser of binary layers is its own (textures are stubbed).
// usage: node load_usdz.mjs FILE
import { command, load, read } from './command.mjs';

globalThis.self = globalThis;
globalThis.document = { createElementNS: () => ({ addEventListener() {}, removeEventListener() {} }) };
const THREE = await load('three/build/three.module.js');
const { USDLoader } = await load('three/examples/jsm/loaders/USDLoader.js');

const find = async (file) => {
  const scene = new USDLoader().parse(read(file));
  scene.updateMatrixWorld(true);
  const meshes = [];
  scene.traverse((o) => {
    if (!o.isMesh) return;
    const v = new THREE.Vector3();
    const positions = [];
    for (let i = 0; i < o.geometry.attributes.position.count; i++) {
      o.getVertexPosition(i, v);
      if (o.isSkinnedMesh) v.applyMatrix4(o.matrixWorld);
      positions.push([v.x, v.y, v.z]);
    }
    const bones = o.isSkinnedMesh ? o.skeleton.bones.map((b) => b.name) : [];
    meshes.push({ name: o.name, bones, map: !!o.material.map, positions });
  });
  return { meshes, clips: (scene.animations || []).map((a) => [a.name, a.duration]) };
};

export default find;
await command(import.meta, find);
