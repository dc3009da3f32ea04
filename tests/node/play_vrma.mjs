// Plays a .vrma on a VRM with pixiv's three-vrm and three-vrm-animation, in plain Node (textures are stubbed).
// usage: node play_vrma.mjs FILE.vrm FILE.vrma TIME...
// answers {seconds, bones, expressions, warnings, version, frames: [{bones: {name: [x,y,z, qx,qy,qz,qw] world}, weights, yaw, pitch}]}
import { command, load, read, version } from './command.mjs';

globalThis.self = globalThis;
globalThis.ProgressEvent ??= class {};
const warnings = [];
console.warn = (...words) => warnings.push(words.join(' '));
const THREE = await load('three/build/three.module.js');
const { GLTFLoader } = await load('three/examples/jsm/loaders/GLTFLoader.js');
const { VRMLoaderPlugin } = await load('@pixiv/three-vrm/lib/three-vrm.module.js');
const { VRMAnimationLoaderPlugin, VRMLookAtQuaternionProxy, createVRMAnimationClip } = await load(
  '@pixiv/three-vrm-animation/lib/three-vrm-animation.module.js',
);

const play = async (file, animation, ...times) => {
  const loader = new GLTFLoader();
  loader.register((parser) => {
    parser.loadTexture = () => Promise.resolve(new THREE.Texture());
    parser.loadTextureImage = parser.loadTexture;
    return { name: 'stub' };
  });
  loader.register((parser) => new VRMLoaderPlugin(parser));
  loader.register((parser) => new VRMAnimationLoaderPlugin(parser));
  const { vrm } = (await loader.parseAsync(read(file), '')).userData;
  const [held] = (await loader.parseAsync(read(animation), '')).userData.vrmAnimations;
  const proxy = new VRMLookAtQuaternionProxy(vrm.lookAt);
  proxy.name = 'gaze';
  vrm.scene.add(proxy);
  const clip = createVRMAnimationClip(held, vrm);
  const mixer = new THREE.AnimationMixer(vrm.scene);
  mixer.clipAction(clip).setLoop(THREE.LoopOnce).play().clampWhenFinished = true;
  const at = new THREE.Vector3(), q = new THREE.Quaternion();
  const frames = times.map((time) => {
    mixer.setTime(+time);
    vrm.update(0);
    vrm.scene.updateMatrixWorld(true);
    const bones = {};
    for (const name of Object.keys(vrm.humanoid.humanBones)) {
      const node = vrm.humanoid.getRawBoneNode(name);
      bones[name] = [...node.getWorldPosition(at).toArray(), ...node.getWorldQuaternion(q).toArray()];
    }
    const weights = {};
    for (const e of vrm.expressionManager.expressions) if (e.weight) weights[e.expressionName] = e.weight;
    return { bones, weights, yaw: vrm.lookAt.yaw, pitch: vrm.lookAt.pitch };
  });
  return {
    seconds: clip.duration, bones: held.humanoidTracks.rotation.size, frames, warnings: [...warnings],
    expressions: [...held.expressionTracks.preset.keys(), ...held.expressionTracks.custom.keys()],
    version: version('@pixiv/three-vrm-animation'),
  };
};

export default play;
await command(import.meta, play);
