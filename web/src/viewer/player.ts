/** Plays one of a model's clips. Times in seconds. */

import * as THREE from "three";

export class Player {
  private readonly mixer: THREE.AnimationMixer;
  private action: THREE.AnimationAction | null = null;
  private speed = 1;
  private loop = true;
  /** Hears where in the clip the picture is, and whether it goes on by itself. */
  onTime: ((time: number, running: boolean) => void) | null = null;

  constructor(
    root: THREE.Object3D,
    readonly clips: readonly THREE.AnimationClip[],
  ) {
    this.mixer = new THREE.AnimationMixer(root);
  }

  /** Begin a clip; null: stand as before any. */
  choose(name: string | null): void {
    this.mixer.stopAllAction();
    const clip = this.clips.find((c) => c.name === name);
    this.action = clip ? this.mixer.clipAction(clip) : null;
    this.action?.reset().play();
    this.setLoop(this.loop);
    this.tell();
  }

  get seconds(): number {
    return this.action?.getClip().duration ?? 0;
  }

  get time(): number {
    return this.action?.time ?? 0;
  }

  get running(): boolean {
    return this.action !== null && !this.action.paused;
  }

  /** Go on, from the start when the clip has come to its end; or stay. */
  run(on: boolean): void {
    if (!this.action) return;
    if (on && !this.loop && this.time >= this.seconds - 1e-4) this.action.time = 0;
    this.action.paused = !on;
    this.tell();
  }

  seek(time: number): void {
    if (!this.action) return;
    const { paused } = this.action;
    this.action.time = Math.min(Math.max(time, 0), this.seconds);
    this.action.paused = false; // a paused action is not drawn anew
    this.action.enabled = true;
    this.mixer.update(0);
    this.action.paused = paused;
    this.tell();
  }

  setSpeed(speed: number): void {
    this.speed = speed;
  }

  setLoop(on: boolean): void {
    this.loop = on;
    this.action?.setLoop(on ? THREE.LoopRepeat : THREE.LoopOnce, Infinity);
    if (this.action) this.action.clampWhenFinished = true;
  }

  update(seconds: number): void {
    if (!this.running || seconds === 0) return;
    this.mixer.update(seconds * this.speed);
    this.tell();
  }

  private tell(): void {
    this.onTime?.(this.time, this.running);
  }
}
