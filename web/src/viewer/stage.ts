/** A studio for one avatar: floor, light, camera, and pictures only when something has changed. */

import * as THREE from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import { RoomEnvironment } from "three/examples/jsm/environments/RoomEnvironment.js";
import type { Channel } from "./channel_names";
import { Model } from "./model";
import type { Player } from "./player";

/** What things that live on a stage may use of it. */
export interface Room {
  scene: THREE.Scene;
  camera: THREE.PerspectiveCamera;
  controls: OrbitControls;
  canvas: HTMLCanvasElement;
  ask: () => void;
}

export type View = "full" | "face" | "side" | "back";

export class Stage {
  private readonly renderer: THREE.WebGLRenderer;
  private readonly scene = new THREE.Scene();
  private readonly camera = new THREE.PerspectiveCamera(28, 1, 0.02, 60);
  private readonly controls: OrbitControls;
  private readonly resize: ResizeObserver;
  private readonly shadow: THREE.Mesh;
  private readonly still = matchMedia("(prefers-reduced-motion: reduce)");
  private model: Model | null = null;
  private frame = 0;
  private turning = false;
  private onMoment: Player["onTime"] = null;
  private before = 0;
  private flight: { to: THREE.Vector3; target: THREE.Vector3 } | null = null;
  private partner: Stage | null = null;
  private readonly told = { at: new THREE.Vector3(), target: new THREE.Vector3() };

  constructor(private readonly host: HTMLElement) {
    this.renderer = new THREE.WebGLRenderer({ antialias: true, alpha: true, powerPreference: "high-performance" });
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.renderer.toneMapping = THREE.NeutralToneMapping;
    this.renderer.toneMappingExposure = 1.05;
    const canvas = this.renderer.domElement;
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", "3D view of the avatar. Arrow keys turn it, plus and minus zoom.");
    host.append(canvas);
    this.light();
    this.shadow = floorShadow();
    this.scene.add(this.shadow);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.enableDamping = !this.still.matches;
    this.controls.dampingFactor = 0.12;
    this.controls.minDistance = 0.25;
    this.controls.maxDistance = 12;
    this.controls.maxPolarAngle = Math.PI * 0.62;
    this.controls.addEventListener("change", this.ask);
    this.controls.addEventListener("start", () => (this.flight = null));
    canvas.addEventListener("keydown", this.onKey);
    this.resize = new ResizeObserver(() => this.fit());
    this.resize.observe(host);
    this.view("full");
    this.fit();
  }

  /** Put an avatar on the stage; the camera stays where it is when there was one before. */
  show(model: Model): void {
    const first = this.model === null;
    this.clear();
    this.model = model;
    model.player.onTime = this.onMoment;
    this.scene.add(model.root);
    const width = Math.max(model.box.max.x - model.box.min.x, 0.4);
    this.shadow.scale.setScalar(Math.min(width, 1.1) * 1.1);
    this.shadow.position.set((model.box.max.x + model.box.min.x) / 2, Math.min(0, model.box.min.y) + 0.001, 0);
    this.shadow.visible = true;
    if (first) this.view("full", false);
    this.ask();
  }

  clear(): void {
    if (!this.model) return;
    this.scene.remove(this.model.root);
    this.model.dispose();
    this.model = null;
    this.shadow.visible = false;
    this.ask();
  }

  get current(): Model | null {
    return this.model;
  }

  get room(): Room {
    return { scene: this.scene, camera: this.camera, controls: this.controls, canvas: this.renderer.domElement, ask: this.ask };
  }

  /** From now on the other stage's camera goes where this one's goes; say it to both for both ways. */
  link(other: Stage | null): void {
    this.partner = other;
    this.share(true);
  }

  private share(always = false): void {
    const { at, target } = this.told;
    const same = at.distanceTo(this.camera.position) < 1e-5 && target.distanceTo(this.controls.target) < 1e-5;
    if (!this.partner || (same && !always)) return;
    this.remember();
    this.partner.follow(this.camera.position, this.controls.target);
  }

  private follow(at: THREE.Vector3, target: THREE.Vector3): void {
    this.flight = null;
    this.camera.position.copy(at);
    this.controls.target.copy(target);
    this.controls.update();
    this.remember();
    this.ask();
  }

  private remember(): void {
    this.told.at.copy(this.camera.position);
    this.told.target.copy(this.controls.target);
  }

  /** Fly to where `thing` fills a good part of the picture, from the side that one looks from now. */
  lookAt(thing: THREE.Object3D): void {
    thing.updateWorldMatrix(true, true);
    const ball = new THREE.Box3().setFromObject(thing, true).getBoundingSphere(new THREE.Sphere());
    if (!(ball.radius >= 0)) return;
    const slope = Math.tan(THREE.MathUtils.degToRad(this.camera.fov / 2)) * Math.min(1, this.camera.aspect);
    const away = Math.max((1.7 * ball.radius) / slope, 0.32);
    const arm = this.camera.position.clone().sub(this.controls.target).setLength(away);
    this.flight = { to: ball.center.clone().add(arm), target: ball.center.clone() };
    this.ask();
  }

  redraw(): void {
    this.ask();
  }

  heat(bone: string | null): void {
    this.model?.setHeat(bone);
    this.ask();
  }

  /** How sure each bone of the skeleton is, by its name in the file. */
  confidence(of: ReadonlyMap<string, number>): void {
    this.model?.setConfidence(of);
    this.ask();
  }

  morph(name: string, value: number): void {
    this.model?.setMorph(name, value);
    this.ask();
  }

  channel(channel: Channel): void {
    this.model?.setChannel(channel);
    this.ask();
  }

  skeleton(on: boolean): void {
    this.model?.setSkeleton(on);
    this.ask();
  }

  wireframe(on: boolean): void {
    this.model?.setWireframe(on);
    this.ask();
  }

  play(clip: string | null): void {
    this.model?.player.choose(clip);
    this.ask();
  }

  run(on: boolean): void {
    this.model?.player.run(on);
    this.ask();
  }

  seek(time: number): void {
    this.model?.player.seek(time);
    this.ask();
  }

  tempo(speed: number, loop: boolean): void {
    this.model?.player.setSpeed(speed);
    this.model?.player.setLoop(loop);
  }

  /** Hears where the clip is that plays, now and on models to come. */
  onTime(listener: Player["onTime"]): void {
    this.onMoment = listener;
    if (this.model) this.model.player.onTime = listener;
  }

  turntable(on: boolean): void {
    this.turning = on;
    this.ask();
  }

  /** Move the camera to where the whole figure, or the face, fills the picture. */
  view(view: View, smooth = !this.still.matches): void {
    const box = this.model?.box ?? new THREE.Box3(new THREE.Vector3(-0.5, 0, -0.2), new THREE.Vector3(0.5, 1.75, 0.2));
    const size = box.getSize(new THREE.Vector3());
    const target = box.getCenter(new THREE.Vector3());
    const slope = Math.tan(THREE.MathUtils.degToRad(this.camera.fov / 2));
    let distance = Math.max(size.y / 2, size.x / 2 / this.camera.aspect) / slope;
    distance = distance * 1.12 + size.z / 2;
    if (view === "face") {
      const head = this.model?.head ?? new THREE.Vector3(target.x, box.max.y - 0.12 * size.y, target.z);
      const tall = Math.max(box.max.y - head.y, 0.08 * size.y);
      target.set(head.x, head.y + 0.34 * tall, head.z);
      distance = (tall * 0.95) / slope / Math.min(1, this.camera.aspect * 1.1) + size.z / 3;
    }
    const direction = { full: [0.22, 0.04, 1], face: [0.26, 0.03, 1], side: [1, 0.04, 0], back: [-0.2, 0.04, -1] }[view];
    const to = new THREE.Vector3(...(direction as [number, number, number])).normalize().multiplyScalar(distance).add(target);
    if (smooth && this.model) this.flight = { to, target };
    else {
      this.flight = null;
      this.camera.position.copy(to);
      this.controls?.target.copy(target);
      this.controls?.update();
    }
    this.ask();
  }

  /** A PNG of what is on the stage. */
  async picture(): Promise<Blob | null> {
    this.draw(0);
    return new Promise((resolve) => this.renderer.domElement.toBlob(resolve, "image/png"));
  }

  dispose(): void {
    cancelAnimationFrame(this.frame);
    this.resize.disconnect();
    this.controls.dispose();
    this.clear();
    this.scene.environment?.dispose();
    this.renderer.dispose();
    this.renderer.domElement.remove();
  }

  private light(): void {
    const maker = new THREE.PMREMGenerator(this.renderer);
    this.scene.environment = maker.fromScene(new RoomEnvironment(), 0.04).texture;
    this.scene.environmentIntensity = 0.62;
    maker.dispose();
    const key = new THREE.DirectionalLight(0xfff1e0, 1.7);
    key.position.set(2.2, 3.4, 3);
    const rim = new THREE.DirectionalLight(0xbcd4ff, 1.5);
    rim.position.set(-2.4, 2.6, -2.8);
    this.scene.add(key, rim);
  }

  private readonly ask = (): void => {
    if (this.frame) return;
    this.frame = requestAnimationFrame((now) => {
      this.frame = 0;
      const seconds = Math.min(0.1, (now - (this.before || now)) / 1000);
      this.before = now;
      const more = this.draw(seconds);
      if (more) return this.ask();
      this.before = 0;
      delete this.host.dataset["moving"];
    });
    this.host.dataset["moving"] = ""; // for tests: gone when the picture has come to rest
  };

  private draw(seconds: number): boolean {
    if (this.flight) {
      const share = 1 - Math.exp(-9 * Math.max(seconds, 1 / 60));
      this.camera.position.lerp(this.flight.to, share);
      this.controls.target.lerp(this.flight.target, share);
      if (this.camera.position.distanceTo(this.flight.to) < 0.002) this.flight = null;
    }
    this.controls.autoRotate = this.turning && this.model !== null;
    this.controls.autoRotateSpeed = 1.6;
    const moved = this.controls.update(seconds || undefined);
    this.share();
    this.model?.update(seconds);
    this.renderer.render(this.scene, this.camera);
    return moved || this.flight !== null || this.model?.player.running || this.controls.autoRotate;
  }

  private fit(): void {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (!width || !height) return;
    const before = this.camera.aspect;
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
    this.renderer.setSize(width, height, false);
    // A narrower picture steps back, so that nothing falls out of it.
    if (Math.abs(before - this.camera.aspect) > 0.25) this.view("full", false);
    this.draw(0);
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    const turn = { ArrowLeft: [-0.12, 0], ArrowRight: [0.12, 0], ArrowUp: [0, -0.08], ArrowDown: [0, 0.08] }[event.key];
    const zoom = { "+": 0.9, "=": 0.9, "-": 1.1 }[event.key];
    if (!turn && !zoom) return;
    event.preventDefault();
    this.flight = null;
    const arm = new THREE.Spherical().setFromVector3(this.camera.position.clone().sub(this.controls.target));
    arm.theta += turn?.[0] ?? 0;
    arm.phi = THREE.MathUtils.clamp(arm.phi + (turn?.[1] ?? 0), 0.1, this.controls.maxPolarAngle);
    arm.radius = THREE.MathUtils.clamp(arm.radius * (zoom ?? 1), this.controls.minDistance, this.controls.maxDistance);
    this.camera.position.setFromSpherical(arm).add(this.controls.target);
    this.ask();
  };
}

/** A soft dark disc: where the feet are, without the price of a shadow map. */
function floorShadow(): THREE.Mesh {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 256;
  const pen = canvas.getContext("2d");
  if (pen) {
    const fade = pen.createRadialGradient(128, 128, 0, 128, 128, 128);
    fade.addColorStop(0, "rgba(0,0,0,0.62)");
    fade.addColorStop(0.4, "rgba(0,0,0,0.28)");
    fade.addColorStop(1, "rgba(0,0,0,0)");
    pen.fillStyle = fade;
    pen.fillRect(0, 0, 256, 256);
  }
  const texture = new THREE.CanvasTexture(canvas);
  const mesh = new THREE.Mesh(
    new THREE.PlaneGeometry(1, 0.8),
    new THREE.MeshBasicMaterial({ map: texture, transparent: true, depthWrite: false, toneMapped: false }),
  );
  mesh.rotation.x = -Math.PI / 2;
  mesh.visible = false;
  return mesh;
}
