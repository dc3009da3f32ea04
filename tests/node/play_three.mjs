// Plays the clips of a GLB in three.js and writes every drawn vertex in world space (metres) as float32.
// usage: node play_three.mjs FILE REQUEST.json OUT.bin
// request: {"plays": [{"clip": name, "times": [seconds]}]}
// answers {meshes: [{name, count}], clips: [{name, seconds, tracks}], version}; OUT: for each time all meshes in order.
import fs from 'node:fs';
import { command, load, read, version } from './command.mjs';

globalThis.self = globalThis;
const THREE = await load('three/build/three.module.js');
const { GLTFLoader } = await load('three/examples/jsm/loaders/GLTFLoader.js');
const { MeshoptDecoder } = await load('three/examples/jsm/libs/meshopt_decoder.module.js');

const play = async (file, request, out) => {
  const asked = JSON.parse(fs.readFileSync(request, 'utf8'));
  const loader = new GLTFLoader();
  loader.setMeshoptDecoder(MeshoptDecoder);
  loader.register(() => ({ name: 'stub', loadTexture: () => Promise.resolve(new THREE.Texture()) }));
  const gltf = await loader.parseAsync(read(file), '');
  const { associations, json } = gltf.parser;
  const meshes = [];
  gltf.scene.traverse((o) => o.isMesh && meshes.push(o));
  const v = new THREE.Vector3();
  const parts = [];
  const mixer = new THREE.AnimationMixer(gltf.scene);
  for (const { clip, times } of asked.plays) {
    mixer.stopAllAction();
    const action = mixer.clipAction(gltf.animations.find((a) => a.name === clip));
    action.setLoop(THREE.LoopOnce).reset().play().clampWhenFinished = true;
    for (const seconds of times) {
      mixer.setTime(seconds);
      gltf.scene.updateMatrixWorld(true);
      for (const mesh of meshes) {
        const all = new Float32Array(mesh.geometry.attributes.position.count * 3);
        for (let i = 0; i < all.length / 3; i++) {
          mesh.getVertexPosition(i, v).applyMatrix4(mesh.matrixWorld).toArray(all, 3 * i);
        }
        parts.push(Buffer.from(all.buffer));
      }
    }
  }
  fs.writeFileSync(out, Buffer.concat(parts));
  return {
    meshes: meshes.map((m) => ({ name: json.meshes[associations.get(m).meshes].name, count: m.geometry.attributes.position.count })),
    clips: gltf.animations.map((a) => ({ name: a.name, seconds: a.duration, tracks: a.tracks.length })), version: version('three'),
  };
};

export default play;
await command(import.meta, play);
