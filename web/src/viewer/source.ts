/** The file as it was uploaded, by three.js' own loaders, each fetched when a file needs it. */

import * as THREE from "three";
import { Model } from "./model";
import type { Placing } from "./placing";

export interface SourceFacts {
  /** The corners of what the service read, in the file's space; null when it does not say. */
  box: [number[], number[]] | null;
  /** Where the figure stands; null when there is none: it is then scaled to a usual height. */
  placing: Placing | null;
}

export interface Source {
  model: Model;
  /** In the file's space: what is added to it stands with the figure. */
  room: THREE.Object3D;
  notes: string[];
}

/** Endings that can be shown here. The service reads more kinds than a browser can draw. */
export const SHOWN = ["glb", "gltf", "vrm", "fbx", "obj", "ply", "stl", "dae", "usdz", "usd", "usda", "usdc", "zip"];
const PICTURES = /\.(png|jpe?g|webp|bmp|gif)$/i;
/** What stands in for pictures that the upload does not hold: one white dot. */
const NOTHING = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mP8/x8AAwMCAO+ip1sAAAAASUVORK5CYII=";

export function endingOf(name: string): string {
  return /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? "";
}

export async function readSource(name: string, bytes: ArrayBuffer, facts: SourceFacts): Promise<Source> {
  const files = new Files();
  const notes: string[] = [];
  try {
    let main = { name, bytes };
    if (endingOf(name) === "zip") main = await unpack(bytes, files);
    const loaded = await parse(main.name, main.bytes, files);
    await files.settled();
    const content = new THREE.Group();
    content.name = "content";
    content.add(loaded.object);
    dress(content);
    if (!align(content, facts.box)) {
      notes.push("This view shows the file in another pose or place than the engine read: joints may look shifted.");
    }
    const room = new THREE.Group();
    room.add(content);
    place(room, facts);
    room.updateMatrixWorld(true);
    return { model: Model.of(room, loaded.clips), room, notes };
  } finally {
    files.forget();
  }
}

interface Loaded {
  object: THREE.Object3D;
  clips: THREE.AnimationClip[];
}

async function parse(name: string, bytes: ArrayBuffer, files: Files): Promise<Loaded> {
  const text = (): string => new TextDecoder().decode(bytes);
  const still = (object: THREE.Object3D): Loaded => ({ object, clips: [] });
  switch (endingOf(name)) {
    case "glb":
    case "gltf":
    case "vrm": {
      const gltf = await Model.loader(files.manager).parseAsync(bytes, "");
      return { object: gltf.scene, clips: gltf.animations };
    }
    case "fbx": {
      const { FBXLoader } = await import("three/examples/jsm/loaders/FBXLoader.js");
      return still(new FBXLoader(files.manager).parse(bytes, ""));
    }
    case "dae": {
      const { ColladaLoader } = await import("three/examples/jsm/loaders/ColladaLoader.js");
      const found = new ColladaLoader(files.manager).parse(text(), "");
      if (!found) throw new Error("The file is not COLLADA.");
      found.scene.scale.setScalar(1);
      return still(found.scene);
    }
    case "obj": {
      const { OBJLoader } = await import("three/examples/jsm/loaders/OBJLoader.js");
      const loader = new OBJLoader(files.manager);
      const library = /^mtllib\s+(.+?)\s*$/m.exec(text())?.[1];
      const found = library ? files.find(library) : null;
      if (found) {
        const { MTLLoader } = await import("three/examples/jsm/loaders/MTLLoader.js");
        loader.setMaterials(new MTLLoader(files.manager).parse(new TextDecoder().decode(found), ""));
      }
      return still(loader.parse(text()));
    }
    case "ply": {
      const { PLYLoader } = await import("three/examples/jsm/loaders/PLYLoader.js");
      return still(meshOf(new PLYLoader(files.manager).parse(bytes)));
    }
    case "stl": {
      const { STLLoader } = await import("three/examples/jsm/loaders/STLLoader.js");
      return still(meshOf(new STLLoader(files.manager).parse(bytes)));
    }
    case "usd":
    case "usda":
    case "usdc":
    case "usdz": {
      const { USDLoader } = await import("three/examples/jsm/loaders/USDLoader.js");
      return still(new USDLoader(files.manager).parse(bytes) as THREE.Object3D);
    }
  }
  throw new Error(`Files of this kind (.${endingOf(name)}) cannot be drawn here.`);
}

function meshOf(geometry: THREE.BufferGeometry): THREE.Mesh {
  if (!geometry.getAttribute("normal")) geometry.computeVertexNormals();
  const vertexColors = geometry.hasAttribute("color");
  return new THREE.Mesh(geometry, new THREE.MeshStandardMaterial({ color: vertexColors ? 0xffffff : 0xb9b4ac, roughness: 0.8, vertexColors }));
}

/** Faces that look the wrong way are part of what is reviewed: they are drawn, not left out. */
function dress(content: THREE.Object3D): void {
  content.traverse((node) => {
    if (node instanceof THREE.Light || node instanceof THREE.Camera) node.visible = false;
    if (!(node instanceof THREE.Mesh)) return;
    const materials = [node.material].flat() as THREE.Material[];
    for (const material of materials) {
      material.side = THREE.DoubleSide;
      // What has no material of its own comes in glaring white.
      if (material instanceof THREE.MeshPhongMaterial && !material.map && material.color.getHex() === 0xffffff && !material.vertexColors) {
        material.color.set(0xb9b4ac);
        material.specular.set(0x111111);
      }
    }
  });
}

/** Bring what a loader made to where the service read it: loaders differ in units and axes. False: it cannot be. */
function align(content: THREE.Object3D, box: SourceFacts["box"]): boolean {
  if (!box) return true;
  const want = new THREE.Box3(new THREE.Vector3(...(box[0] as [number, number, number])), new THREE.Vector3(...(box[1] as [number, number, number])));
  const length = want.getSize(new THREE.Vector3()).length() || 1;
  let best = { off: Infinity, turn: 0, scale: 1 };
  for (const turn of [0, -Math.PI / 2, Math.PI / 2]) {
    content.scale.setScalar(1);
    content.rotation.set(turn, 0, 0);
    content.updateMatrixWorld(true);
    const own = new THREE.Box3().setFromObject(content, true).getSize(new THREE.Vector3()).length() || 1;
    for (const scale of Math.abs(length / own - 1) < 0.01 ? [1] : [1, length / own]) {
      content.scale.setScalar(scale);
      content.updateMatrixWorld(true);
      const is = new THREE.Box3().setFromObject(content, true);
      const off = (is.min.distanceTo(want.min) + is.max.distanceTo(want.max)) / length;
      if (off < best.off - 1e-4) best = { off, turn, scale };
    }
  }
  content.rotation.set(best.turn, 0, 0);
  content.scale.setScalar(best.scale);
  return best.off < 0.02;
}

const USUAL = 1.7; // metres
const PATIENCE = 15_000; // milliseconds

function place(room: THREE.Object3D, { placing, box }: SourceFacts): void {
  if (placing) {
    const [a, b, c] = placing.turn as [Row, Row, Row];
    room.quaternion.setFromRotationMatrix(new THREE.Matrix4().set(...a, 0, ...b, 0, ...c, 0, 0, 0, 0, 1));
    room.scale.setScalar(placing.scale);
    room.position.set(...(placing.shift as Row));
    return;
  }
  room.updateMatrixWorld(true);
  const own = box ? new THREE.Box3(new THREE.Vector3(...(box[0] as Row)), new THREE.Vector3(...(box[1] as Row))) : new THREE.Box3().setFromObject(room, true);
  const size = own.getSize(new THREE.Vector3());
  const middle = own.getCenter(new THREE.Vector3());
  const scale = USUAL / Math.max(size.x, size.y, size.z, 1e-9);
  room.scale.setScalar(scale);
  room.position.set(-scale * middle.x, -scale * own.min.y, -scale * middle.z);
}

type Row = [number, number, number];

/** The files of a zip, by the names that the model calls them. Nothing is asked of any host. */
class Files {
  readonly manager = new THREE.LoadingManager();
  private readonly held = new Map<string, Uint8Array<ArrayBuffer>>();
  private readonly urls: string[] = [];
  private busy = false;
  private onSettled = (): void => undefined;

  constructor() {
    this.manager.onStart = () => (this.busy = true);
    this.manager.onLoad = () => {
      this.busy = false;
      this.onSettled();
    };
    this.manager.setURLModifier((url) => {
      if (url.startsWith("blob:")) return url;
      // The pages' policy lets data: be shown, not fetched.
      if (url.startsWith("data:")) return this.url(decoded(url));
      const found = this.find(url);
      return found ? this.url(found) : NOTHING;
    });
  }

  hold(name: string, bytes: Uint8Array<ArrayBuffer>): void {
    this.held.set(baseOf(name), bytes);
  }

  find(name: string): Uint8Array<ArrayBuffer> | null {
    return this.held.get(baseOf(decodeSafely(name))) ?? null;
  }

  /** When the pictures are there too: most loaders give the model before them. */
  async settled(): Promise<void> {
    if (!this.busy) return;
    await new Promise<void>((resolve) => {
      this.onSettled = resolve;
      setTimeout(resolve, PATIENCE);
    });
  }

  /** Pictures may come late: their addresses live until then. */
  forget(): void {
    const urls = [...this.urls];
    setTimeout(() => urls.forEach((url) => URL.revokeObjectURL(url)), 60_000);
  }

  private url(bytes: Uint8Array<ArrayBuffer>): string {
    const url = URL.createObjectURL(new Blob([bytes]));
    this.urls.push(url);
    return url;
  }
}

function decoded(url: string): Uint8Array<ArrayBuffer> {
  const comma = url.indexOf(",");
  const body = url.slice(comma + 1);
  if (!url.slice(0, comma).endsWith(";base64")) return new TextEncoder().encode(decodeSafely(body));
  return Uint8Array.from(atob(body), (c) => c.charCodeAt(0));
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function baseOf(name: string): string {
  return (name.split(/[\\/]/).pop() ?? "").toLowerCase();
}

const UNPACKED = 1 << 30; // bytes

async function unpack(bytes: ArrayBuffer, files: Files): Promise<{ name: string; bytes: ArrayBuffer }> {
  const { unzipSync } = await import("three/examples/jsm/libs/fflate.module.js");
  let size = 0;
  const held = unzipSync(new Uint8Array(bytes), {
    filter: (file) => {
      size += file.originalSize;
      if (size > UNPACKED) throw new Error("The zip is too large to be shown here.");
      return !/(^|\/)(__MACOSX|\.)/.test(file.name);
    },
  });
  for (const [name, content] of Object.entries(held)) {
    if (!SHOWN.includes(endingOf(name)) || PICTURES.test(name)) files.hold(name, content as Uint8Array<ArrayBuffer>);
  }
  for (const ending of SHOWN) {
    const name = Object.keys(held).find((n) => endingOf(n) === ending);
    const content = name ? held[name] : undefined;
    if (name && content) return { name, bytes: content.slice().buffer as ArrayBuffer };
  }
  throw new Error("The zip holds no model that can be shown here.");
}
