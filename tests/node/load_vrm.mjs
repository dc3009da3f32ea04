// Loads a VRM with pixiv's three-vrm in plain Node (textures are stubbed) and tries all that it can do.
// usage: node load_vrm.mjs FILE
import { command, load, read, version } from './command.mjs';

globalThis.self = globalThis;
globalThis.ProgressEvent ??= class {};
const THREE = await load('three/build/three.module.js');
const { GLTFLoader } = await load('three/examples/jsm/loaders/GLTFLoader.js');
const { VRMLoaderPlugin, VRMUtils } = await load('@pixiv/three-vrm/lib/three-vrm.module.js');

const tryAll = async (file) => {
  const loader = new GLTFLoader();
  loader.register((parser) => {
    parser.loadTexture = () => Promise.resolve(new THREE.Texture()); // no images in Node
    parser.loadTextureImage = parser.loadTexture;
    return { name: 'stub' };
  });
  loader.register((parser) => new VRMLoaderPlugin(parser));
  const gltf = await loader.parseAsync(read(file), '');
  const vrm = gltf.userData.vrm;
  if (vrm.meta.metaVersion === '0') VRMUtils.rotateVRM0(vrm);
  vrm.scene.updateMatrixWorld(true);
  vrm.springBoneManager?.reset(); // it was turned about: tails start where they rest

  const meshes = [];
  vrm.scene.traverse((o) => { if (o.isMesh) meshes.push(o); });
  // Vertices of every mesh (about `most` of each), skinned and morphed, as one flat list in world space
  const sample = (most = 900) => {
    vrm.scene.updateMatrixWorld(true);
    const out = [], v = new THREE.Vector3();
    for (const m of meshes) {
      if (m.isSkinnedMesh) m.skeleton.update();
      const n = m.geometry.attributes.position.count;
      for (let i = 0; i < n; i += Math.max(1, Math.floor(n / most))) {
        m.getVertexPosition(i, v);
        v.applyMatrix4(m.matrixWorld);
        out.push(v.x, v.y, v.z);
      }
    }
    return Float64Array.from(out);
  };
  const gap = (a, b) => {
    let worst = 0;
    for (let i = 0; i < a.length; i += 3) {
      const d = Math.hypot(a[i] - b[i], a[i + 1] - b[i + 1], a[i + 2] - b[i + 2]);
      if (!(d <= worst)) worst = d;
    }
    return worst;
  };
  const report = { program: version('@pixiv/three-vrm'), version: vrm.meta.metaVersion, meta: vrm.meta, meshes: meshes.length };
  delete report.meta.thumbnailImage;
  delete report.meta.texture;
  const rest = sample();

  // humanoid bones, each turned as applications do it: how far it moves the surface
  const whole = sample(Infinity);
  report.bones = {};
  for (const name of Object.keys(vrm.humanoid.humanBones)) {
    const bone = vrm.humanoid.getNormalizedBoneNode(name);
    if (!bone) continue;
    bone.rotateX(0.3);
    vrm.humanoid.update();
    report.bones[name] = gap(whole, sample(Infinity));
    bone.quaternion.identity();
  }
  vrm.humanoid.update();

  // at rest: two seconds in which nothing happens
  for (let i = 0; i < 120; i++) vrm.update(1 / 60);
  report.rest = gap(rest, sample());

  // expressions, each alone
  report.expressions = {};
  for (const e of vrm.expressionManager.expressions) {
    vrm.expressionManager.setValue(e.expressionName, 1);
    vrm.expressionManager.update();
    const most = Math.max(0, ...meshes.flatMap((m) => (m.morphTargetInfluences || []).map(Math.abs)));
    const moved = e.isBinary || e.binds.length ? gap(rest, sample()) : 0;
    report.expressions[e.expressionName] = { moved, most };
    vrm.expressionManager.setValue(e.expressionName, 0);
  }
  vrm.expressionManager.update();

  // gaze: up and to the character's left
  report.lookAt = { applier: vrm.lookAt?.applier.constructor.type };
  if (vrm.lookAt && vrm.humanoid.getRawBoneNode('leftEye')) {
    const eye = vrm.humanoid.getRawBoneNode('leftEye');
    const at = vrm.lookAt.getLookAtWorldPosition(new THREE.Vector3());
    report.lookAt.from = at.toArray();
    const forward = new THREE.Vector3(0, 0, 1);
    const before = eye.getWorldQuaternion(new THREE.Quaternion());
    const target = new THREE.Object3D();
    target.position.copy(at).add(new THREE.Vector3(1, 0.5, 1));
    target.updateMatrixWorld(true);
    vrm.lookAt.target = target;
    vrm.update(1 / 60);
    vrm.scene.updateMatrixWorld(true);
    const after = eye.getWorldQuaternion(new THREE.Quaternion());
    report.lookAt.direction = forward.applyQuaternion(after.multiply(before.invert())).toArray();
    report.lookAt.moved = gap(rest, sample());
    vrm.lookAt.target = null;
    vrm.lookAt.reset();
    vrm.update(1 / 60);
  }

  // springs: the model rushes sideways and stops; how far each chain's end strays from where it would be when stiff
  const joints = [...(vrm.springBoneManager?.joints ?? [])];
  report.springs = { joints: joints.length, colliders: vrm.springBoneManager?.colliders.length ?? 0 };
  vrm.springBoneManager?.reset();
  const local = (o) => vrm.scene.worldToLocal(o.getWorldPosition(new THREE.Vector3()));
  const ends = joints.map((j) => j.child).filter(Boolean);
  vrm.scene.updateMatrixWorld(true);
  const still = ends.map(local);
  let strayed = ends.map(() => 0);
  let finite = true;
  for (let i = 0; i < 30; i++) {
    vrm.scene.position.x += 0.03;
    vrm.scene.updateMatrixWorld(true);
    vrm.update(1 / 60);
    vrm.scene.updateMatrixWorld(true);
    ends.forEach((e, k) => { strayed[k] = Math.max(strayed[k], local(e).distanceTo(still[k])); });
  }
  report.springs.swing = Object.fromEntries(ends.map((e, k) => [e.name, strayed[k]]));
  const swung = sample();
  finite = swung.every(Number.isFinite);
  for (let i = 0; i < 600; i++) vrm.update(1 / 60);
  vrm.scene.updateMatrixWorld(true);
  report.springs.settled = Math.max(0, ...ends.map((e, k) => local(e).distanceTo(still[k])));
  report.finite = finite && sample().every(Number.isFinite);
  vrm.scene.position.x = 0;

  // twist: a hand that turns about its own bone takes half of that along in the forearm's twist bone
  const hand = vrm.humanoid.getRawBoneNode('leftHand');
  const twist = vrm.scene.getObjectByName('leftLowerArmTwist');
  report.constraints = vrm.nodeConstraintManager?.constraints.size ?? 0;
  if (hand && twist && report.constraints) {
    vrm.humanoid.autoUpdateHumanBones = false;
    const was = twist.quaternion.clone();
    hand.quaternion.multiply(new THREE.Quaternion().setFromAxisAngle(new THREE.Vector3(0, 1, 0), 1));
    vrm.update(0);
    report.twist = was.angleTo(twist.quaternion);
  }
  const first = vrm.firstPerson;
  if (first) report.firstPerson = first.meshAnnotations.map((a) => [a.meshes[0].name, a.type]);
  return report;
};

export default tryAll;
await command(import.meta, tryAll);
