/** Joints that a person can take and move: dots over the figure, lines between them, a gizmo on the chosen one. */

import * as THREE from "three";
import { TransformControls } from "three/examples/jsm/controls/TransformControls.js";
import { sureness } from "./colours";
import { above, mirrored } from "./names";
import type { Point } from "./placing";
import type { Room } from "./stage";

const NEAR = 14; // pixels
const OVER = { depthTest: false, depthWrite: false, transparent: true, toneMapped: false };

export interface JointView {
  /** Where the figure stands, in metres. */
  places: Readonly<Record<string, Point>>;
  confidence: Readonly<Record<string, number>>;
  moved: ReadonlySet<string>;
}

export class JointEditor {
  onSelect: (name: string | null) => void = () => undefined;
  /** Told once at the end of each move: all places, by name. */
  onMove: (places: Record<string, Point>) => void = () => undefined;
  symmetric = true;
  private names: string[] = [];
  private at = new Map<string, THREE.Vector3>();
  private view: JointView = { places: {}, confidence: {}, moved: new Set() };
  private chosen: string | null = null;
  private readonly group = new THREE.Group();
  private readonly dots: THREE.Points;
  private readonly lines: THREE.LineSegments;
  private readonly ring: THREE.Points;
  private readonly handle = new THREE.Object3D();
  private readonly gizmo: TransformControls;
  private readonly disc = disc();
  private pressed: { x: number; y: number } | null = null;
  private start = new Map<string, THREE.Vector3>();
  private dragged = false;

  constructor(private readonly room: Room) {
    this.dots = new THREE.Points(new THREE.BufferGeometry(), this.points(11, true));
    this.ring = new THREE.Points(new THREE.BufferGeometry(), this.points(19, false));
    this.lines = new THREE.LineSegments(new THREE.BufferGeometry(), new THREE.LineBasicMaterial({ vertexColors: true, opacity: 0.75, ...OVER }));
    [this.lines, this.ring, this.dots].forEach((thing, i) => {
      thing.frustumCulled = false;
      thing.renderOrder = 20 + i;
      this.group.add(thing);
    });
    this.ring.visible = false;
    this.gizmo = new TransformControls(room.camera, room.canvas);
    this.gizmo.setSize(0.75);
    this.gizmo.addEventListener("change", room.ask);
    this.gizmo.addEventListener("dragging-changed", (event) => {
      room.controls.enabled = !event.value;
      if (event.value) this.begin();
      else this.end();
    });
    this.gizmo.addEventListener("objectChange", () => this.drag());
    this.group.add(this.handle, this.gizmo.getHelper());
    room.scene.add(this.group);
    room.canvas.addEventListener("pointerdown", this.onDown);
    room.canvas.addEventListener("pointerup", this.onUp);
  }

  show(view: JointView): void {
    this.view = view;
    this.names = Object.keys(view.places);
    this.at = new Map(Object.entries(view.places).map(([name, p]) => [name, new THREE.Vector3(...p)]));
    if (this.chosen && !this.at.has(this.chosen)) this.chosen = null;
    this.draw();
  }

  select(name: string | null): void {
    this.chosen = name !== null && this.at.has(name) ? name : null;
    this.draw();
  }

  set visible(on: boolean) {
    this.group.visible = on;
    this.gizmo.enabled = on;
    this.room.ask();
  }

  dispose(): void {
    this.room.canvas.removeEventListener("pointerdown", this.onDown);
    this.room.canvas.removeEventListener("pointerup", this.onUp);
    this.gizmo.detach();
    this.gizmo.dispose();
    this.group.removeFromParent();
    for (const thing of [this.dots, this.ring, this.lines]) {
      thing.geometry.dispose();
      (thing.material as THREE.Material).dispose();
    }
    this.disc.dispose();
    delete this.room.canvas.dataset["joint"];
  }

  private points(size: number, vertexColors: boolean): THREE.PointsMaterial {
    const pixels = size * Math.min(devicePixelRatio, 2);
    return new THREE.PointsMaterial({ size: pixels, sizeAttenuation: false, map: this.disc, vertexColors, alphaTest: 0.2, ...OVER });
  }

  private begin(): void {
    this.start = new Map([...this.at].map(([name, p]) => [name, p.clone()]));
    this.dragged = false;
  }

  /** The other side does the same, seen in the mirror. */
  private drag(): void {
    const name = this.chosen;
    const from = name === null ? undefined : this.start.get(name);
    if (name === null || !from || !this.gizmo.dragging) return;
    this.dragged = true;
    this.at.set(name, this.handle.position.clone());
    const other = mirrored(name);
    const there = other === null ? undefined : this.start.get(other);
    if (this.symmetric && other !== null && there) {
      const by = this.handle.position.clone().sub(from);
      by.x = -by.x;
      this.at.set(other, there.clone().add(by));
    }
    this.draw();
  }

  private end(): void {
    if (!this.dragged) return;
    this.dragged = false;
    this.onMove(Object.fromEntries([...this.at].map(([name, p]) => [name, p.toArray() as Point])));
  }

  private draw(): void {
    const positions = this.names.flatMap((n) => this.at.get(n)?.toArray() ?? []);
    const colour = (n: string): Point => (this.view.moved.has(n) ? MOVED : sureness(this.view.confidence[n] ?? 0));
    fill(this.dots.geometry, positions, this.names.flatMap(colour));
    const pairs = this.names.flatMap((n) => {
      const up = above(n, (other) => this.at.has(other));
      return up === null ? [] : [up, n];
    });
    fill(this.lines.geometry, pairs.flatMap((n) => this.at.get(n)?.toArray() ?? []), pairs.flatMap(colour));
    const place = this.chosen === null ? undefined : this.at.get(this.chosen);
    this.ring.visible = place !== undefined;
    if (place) {
      fill(this.ring.geometry, place.toArray(), []);
      this.handle.position.copy(place);
      if (this.gizmo.object !== this.handle) this.gizmo.attach(this.handle);
      // For tests, and for whoever drives the page by a program: where on the canvas the chosen joint is.
      const [x, y] = this.onCanvas(place);
      this.room.canvas.dataset["joint"] = `${Math.round(x)},${Math.round(y)}`;
    } else {
      this.gizmo.detach();
      delete this.room.canvas.dataset["joint"];
    }
    this.room.ask();
  }

  private onCanvas(place: THREE.Vector3): [number, number] {
    this.room.camera.updateMatrixWorld();
    const p = place.clone().project(this.room.camera);
    return [((p.x + 1) / 2) * this.room.canvas.clientWidth, ((1 - p.y) / 2) * this.room.canvas.clientHeight];
  }

  private readonly onDown = (event: PointerEvent): void => {
    this.pressed = this.group.visible && !this.gizmo.dragging ? { x: event.offsetX, y: event.offsetY } : null;
  };

  /** A click, not a turn of the camera, chooses the nearest joint. */
  private readonly onUp = (event: PointerEvent): void => {
    const from = this.pressed;
    this.pressed = null;
    if (!from || this.dragged || Math.hypot(event.offsetX - from.x, event.offsetY - from.y) > 4) return;
    let best: { name: string; away: number } | null = null;
    for (const [name, place] of this.at) {
      const [x, y] = this.onCanvas(place);
      const away = Math.hypot(x - event.offsetX, y - event.offsetY);
      if (away < NEAR && (best === null || away < best.away)) best = { name, away };
    }
    if (best) this.onSelect(best.name);
  };
}

const MOVED: Point = [0.45, 0.75, 1];

function fill(geometry: THREE.BufferGeometry, positions: number[], colours: number[]): void {
  const set = (name: string, values: number[]): void => {
    const before = geometry.getAttribute(name) as THREE.BufferAttribute | undefined;
    if (before?.array.length === values.length) {
      before.array.set(values);
      before.needsUpdate = true;
    } else geometry.setAttribute(name, new THREE.Float32BufferAttribute(values, 3));
  };
  set("position", positions);
  if (colours.length === 0) return;
  const linear: number[] = [];
  const c = new THREE.Color();
  for (let i = 0; i < colours.length; i += 3) {
    c.setRGB(colours[i] ?? 0, colours[i + 1] ?? 0, colours[i + 2] ?? 0, THREE.SRGBColorSpace);
    linear.push(c.r, c.g, c.b);
  }
  set("color", linear);
}

/** A round dot with a dark rim: it is seen on light and on dark surfaces. */
function disc(): THREE.CanvasTexture {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 64;
  const pen = canvas.getContext("2d");
  if (pen) {
    pen.beginPath();
    pen.arc(32, 32, 30, 0, 2 * Math.PI);
    pen.fillStyle = "#10131a";
    pen.fill();
    pen.beginPath();
    pen.arc(32, 32, 23, 0, 2 * Math.PI);
    pen.fillStyle = "#fff";
    pen.fill();
  }
  const texture = new THREE.CanvasTexture(canvas);
  texture.colorSpace = THREE.SRGBColorSpace;
  return texture;
}
