// Loads a GLB with three.js' own GLTFLoader in plain Node (textures are stubbed) and tells what it found.
// usage: node load_three.mjs FILE [BONE:x:y:z ...]   turns the bones (radians, local) before measuring
import { command, load, read } from './command.mjs';

globalThis.self = globalThis;
const THREE = await load('three/build/three.module.js');
const { GLTFLoader } = await load('three/examples/jsm/loaders/GLTFLoader.js');
const { MeshoptDecoder } = await load('three/examples/jsm/libs/meshopt_decoder.module.js');

const find = async (file, ...turns) => {
  const loader = new GLTFLoader();
  loader.setMeshoptDecoder(MeshoptDecoder);
  loader.register(() => ({ name: 'stub', loadTexture: () => Promise.resolve(new THREE.Texture()) }));
  const gltf = await loader.parseAsync(read(file), '');

  for (const turn of turns) {
    const [name, x, y, z] = turn.split(':');
    const bone = gltf.scene.getObjectByName(name);
    bone.rotateX(+x).rotateY(+y).rotateZ(+z);
  }
  gltf.scene.updateMatrixWorld(true);
  const meshes = [];
  const bones = new Set();
  gltf.scene.traverse((o) => {
    if (o.isBone) bones.add(o.name);
    if (!o.isMesh) return;
    const count = o.geometry.attributes.position.count;
    const positions = [];
    const v = new THREE.Vector3();
    for (let i = 0; i < count; i++) {
      o.getVertexPosition(i, v);
      if (o.isSkinnedMesh) v.applyMatrix4(o.matrixWorld);
      positions.push([v.x, v.y, v.z]);
    }
    meshes.push({
      name: o.name,
      skinned: !!o.isSkinnedMesh,
      triangles: o.geometry.index.count / 3,
      morphs: Object.keys(o.morphTargetDictionary || {}),
      positions,
    });
  });
  return { meshes, bones: [...bones], clips: gltf.animations.map((a) => a.name) };
};

export default find;
await command(import.meta, find);
