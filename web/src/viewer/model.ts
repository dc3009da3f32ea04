/** A loaded avatar: its meshes, shapes, bones and clips, and what is laid over it. */

import * as THREE from "three";
import { MeshoptDecoder } from "three/examples/jsm/libs/meshopt_decoder.module.js";
import { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js";
import type { Channel } from "./channel_names";
import { channelMaterial } from "./channels";
import { sureness } from "./colours";
import { heatMaterial } from "./heat";
import { plain } from "./names";
import { Player } from "./player";

export interface Facts {
  triangles: number;
  vertices: number;
  bones: number;
  materials: number;
  height: number;
}

export class Model {
  readonly morphs: string[];
  readonly facts: Facts;
  readonly box: THREE.Box3;
  readonly head: THREE.Vector3 | null;
  private readonly meshes: THREE.Mesh[] = [];
  private readonly originals = new Map<THREE.Mesh, THREE.Material | THREE.Material[]>();
  private readonly shown = new Map<string, THREE.Material>();
  private overlays: { bones?: BoneLines; wires?: THREE.Mesh[] } = {};
  private channel: Channel = "lit";
  private heat: string | null = null;
  private readonly heats = new Map<THREE.Skeleton | null, ReturnType<typeof heatMaterial>>();
  private sure: ReadonlyMap<string, number> = new Map();
  readonly player: Player;

  private constructor(
    readonly root: THREE.Group,
    readonly clips: THREE.AnimationClip[],
  ) {
    root.traverse((node) => {
      if (node instanceof THREE.Mesh) this.meshes.push(node);
    });
    for (const mesh of this.meshes) {
      this.originals.set(mesh, mesh.material as THREE.Material);
      mesh.frustumCulled = false; // a posed or morphed mesh leaves the box it was made with
      for (const map of mapsOf(mesh)) map.anisotropy = 8;
    }
    this.morphs = [...new Set(this.meshes.flatMap((m) => Object.keys(m.morphTargetDictionary ?? {})))];
    this.box = new THREE.Box3().setFromObject(root, true);
    this.head = this.find(/^(.*[:_])?head$/i);
    this.facts = this.count();
    this.player = new Player(root, clips);
  }

  /** clips: of another level of the same avatar, for files that hold none of their own. */
  static async read(bytes: ArrayBuffer, clips: THREE.AnimationClip[] = []): Promise<Model> {
    const gltf = await Model.loader().parseAsync(bytes, "");
    gltf.scene.updateMatrixWorld(true);
    return new Model(gltf.scene, gltf.animations.length ? gltf.animations : bones(clips));
  }

  static loader(manager?: THREE.LoadingManager): GLTFLoader {
    return new GLTFLoader(manager).setMeshoptDecoder(MeshoptDecoder);
  }

  /** What another loader made. */
  static of(root: THREE.Group, clips: THREE.AnimationClip[]): Model {
    return new Model(root, clips);
  }

  setMorph(name: string, value: number): void {
    for (const mesh of this.meshes) {
      const index = mesh.morphTargetDictionary?.[name];
      if (index !== undefined && mesh.morphTargetInfluences) mesh.morphTargetInfluences[index] = value;
    }
  }

  setChannel(channel: Channel): void {
    this.channel = channel;
    if (this.heat !== null) return;
    for (const mesh of this.meshes) {
      const source = this.originals.get(mesh);
      if (source) mesh.material = Array.isArray(source) ? source.map((m) => this.as(m, channel)) : this.as(source, channel);
    }
  }

  private as(source: THREE.Material, channel: Channel): THREE.Material {
    if (channel === "lit" || !(source instanceof THREE.MeshStandardMaterial)) return source;
    const key = `${source.uuid} ${channel}`;
    const found = this.shown.get(key) ?? channelMaterial(source, channel);
    this.shown.set(key, found);
    return found;
  }

  /** Colour every vertex by how much it follows the bone of that name; null: show the surface again. */
  setHeat(bone: string | null): void {
    this.heat = bone;
    if (bone === null) return this.setChannel(this.channel);
    for (const mesh of this.meshes) {
      const skeleton = mesh instanceof THREE.SkinnedMesh ? mesh.skeleton : null;
      const heat = this.heats.get(skeleton) ?? heatMaterial();
      this.heats.set(skeleton, heat);
      heat.bone.value = skeleton?.bones.findIndex((b) => plain(b.name) === plain(bone)) ?? -1;
      mesh.material = heat.material;
    }
  }

  setConfidence(of: ReadonlyMap<string, number>): void {
    this.sure = new Map([...of].map(([name, p]) => [plain(name), p]));
    this.overlays.bones?.paint(this.sure);
  }

  setSkeleton(on: boolean): void {
    if (on && !this.overlays.bones) {
      this.overlays.bones = new BoneLines(this.root);
      this.overlays.bones.paint(this.sure);
    }
    if (this.overlays.bones) this.overlays.bones.visible = on;
  }

  setWireframe(on: boolean): void {
    if (on) this.overlays.wires ??= this.meshes.map(wireOf);
    for (const wire of this.overlays.wires ?? []) wire.visible = on;
  }

  /** Move animations and what follows the bones; before every picture. */
  update(seconds: number): void {
    this.player.update(seconds);
    if (this.overlays.bones?.visible) {
      this.root.updateMatrixWorld();
      this.overlays.bones.follow();
    }
  }

  dispose(): void {
    for (const mesh of this.meshes) {
      mesh.geometry.dispose();
      for (const map of mapsOf(mesh)) map.dispose();
      const source = this.originals.get(mesh);
      for (const material of [source ?? []].flat()) material.dispose();
      if (mesh instanceof THREE.SkinnedMesh) mesh.skeleton.dispose();
    }
    for (const material of this.shown.values()) material.dispose();
    for (const { material } of this.heats.values()) material.dispose();
    this.overlays.bones?.dispose();
  }

  private find(name: RegExp): THREE.Vector3 | null {
    let found: THREE.Vector3 | null = null;
    this.root.traverse((node) => {
      if (!found && (node as THREE.Bone).isBone && name.test(node.name)) found = node.getWorldPosition(new THREE.Vector3());
    });
    return found;
  }

  private count(): Facts {
    const bones = new Set(this.meshes.flatMap((m) => (m instanceof THREE.SkinnedMesh ? m.skeleton.bones : [])));
    const geometries = this.meshes.map((m) => m.geometry);
    const vertices = geometries.reduce((n, g) => n + (g.getAttribute("position")?.count ?? 0), 0);
    const corners = geometries.reduce((n, g) => n + (g.index?.count ?? g.getAttribute("position")?.count ?? 0), 0);
    return {
      triangles: corners / 3,
      vertices,
      bones: bones.size,
      materials: new Set(this.meshes.flatMap((m) => m.material)).size,
      height: this.box.max.y - this.box.min.y,
    };
  }
}

/** Clips without their shapes: those of another level go by other meshes' names. */
function bones(clips: THREE.AnimationClip[]): THREE.AnimationClip[] {
  return clips.map((c) => new THREE.AnimationClip(c.name, c.duration, c.tracks.filter((t) => !t.name.endsWith(".morphTargetInfluences"))));
}

const MAPS = ["map", "normalMap", "roughnessMap", "metalnessMap", "aoMap", "emissiveMap"] as const;

function mapsOf(mesh: THREE.Mesh): THREE.Texture[] {
  const materials = [mesh.material].flat();
  return materials.flatMap((m) =>
    m instanceof THREE.MeshStandardMaterial ? MAPS.map((name) => m[name]).filter((t) => t !== null) : [],
  );
}

const WIRE = new THREE.MeshBasicMaterial({ wireframe: true, color: 0x7fe3d2, transparent: true, opacity: 0.22, toneMapped: false });

/** The same surface as lines; it bends and speaks with the mesh it lies on. */
function wireOf(mesh: THREE.Mesh): THREE.Mesh {
  let wire: THREE.Mesh;
  if (mesh instanceof THREE.SkinnedMesh) {
    const skinned = new THREE.SkinnedMesh(mesh.geometry, WIRE);
    skinned.bind(mesh.skeleton, mesh.bindMatrix);
    wire = skinned;
  } else wire = new THREE.Mesh(mesh.geometry, WIRE);
  if (mesh.morphTargetInfluences) wire.morphTargetInfluences = mesh.morphTargetInfluences;
  wire.frustumCulled = false;
  wire.renderOrder = 1;
  mesh.add(wire);
  return wire;
}

/** Bones as lines from parent to child, joints as dots, over everything else. */
class BoneLines {
  private readonly pairs: [THREE.Object3D, THREE.Object3D][] = [];
  private readonly joints: THREE.Object3D[] = [];
  private readonly lines: THREE.LineSegments;
  private readonly dots: THREE.Points;
  private readonly point = new THREE.Vector3();

  constructor(private readonly root: THREE.Group) {
    root.traverse((node) => {
      if (!(node as THREE.Bone).isBone) return;
      this.joints.push(node);
      if ((node.parent as THREE.Bone | null)?.isBone && node.parent) this.pairs.push([node.parent, node]);
    });
    const over = { depthTest: false, depthWrite: false, transparent: true, toneMapped: false };
    this.lines = new THREE.LineSegments(room(2 * this.pairs.length), new THREE.LineBasicMaterial({ color: 0xffffff, vertexColors: true, ...over }));
    this.dots = new THREE.Points(
      room(this.joints.length),
      new THREE.PointsMaterial({ vertexColors: true, size: 5, sizeAttenuation: false, ...over }),
    );
    for (const thing of [this.lines, this.dots]) {
      thing.frustumCulled = false;
      thing.renderOrder = 10;
      root.add(thing);
    }
  }

  /** Bones that somebody is more or less sure of in colours from red to green, others in amber. */
  paint(sure: ReadonlyMap<string, number>): void {
    const colour = new THREE.Color();
    const of = (node: THREE.Object3D, plainly: number): number[] => {
      const p = sure.get(plain(node.name));
      if (p === undefined) colour.set(plainly);
      else colour.setRGB(...sureness(p), THREE.SRGBColorSpace);
      return colour.toArray();
    };
    const lines = this.pairs.flatMap(([, node]) => [...of(node, 0xf0b35e), ...of(node, 0xf0b35e)]);
    this.lines.geometry.setAttribute("color", new THREE.Float32BufferAttribute(lines, 3));
    this.dots.geometry.setAttribute("color", new THREE.Float32BufferAttribute(this.joints.flatMap((n) => of(n, 0xffe2b0)), 3));
  }

  get visible(): boolean {
    return this.lines.visible;
  }

  set visible(on: boolean) {
    this.lines.visible = this.dots.visible = on;
  }

  follow(): void {
    const inverse = this.root.matrixWorld.clone().invert();
    const place = (of: THREE.Object3D): THREE.Vector3 =>
      this.point.setFromMatrixPosition(of.matrixWorld).applyMatrix4(inverse);
    fill(this.lines, this.pairs.flat(), place);
    fill(this.dots, this.joints, place);
  }

  dispose(): void {
    for (const thing of [this.lines, this.dots]) {
      thing.geometry.dispose();
      (thing.material as THREE.Material).dispose();
    }
  }
}

function room(points: number): THREE.BufferGeometry {
  return new THREE.BufferGeometry().setAttribute("position", new THREE.BufferAttribute(new Float32Array(3 * points), 3));
}

function fill(thing: THREE.LineSegments | THREE.Points, at: THREE.Object3D[], place: (o: THREE.Object3D) => THREE.Vector3): void {
  const position = thing.geometry.getAttribute("position");
  at.forEach((node, i) => {
    const p = place(node);
    position.setXYZ(i, p.x, p.y, p.z);
  });
  position.needsUpdate = true;
}
