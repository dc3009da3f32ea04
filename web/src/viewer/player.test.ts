import * as THREE from "three";
import { expect, test } from "vitest";
import { Player } from "./player";

function made(): { player: Player; bone: THREE.Object3D; heard: [number, boolean][] } {
  const root = new THREE.Group();
  const bone = new THREE.Object3D();
  bone.name = "bone";
  root.add(bone);
  const track = new THREE.VectorKeyframeTrack("bone.position", [0, 2], [0, 0, 0, 2, 0, 0]);
  const player = new Player(root, [new THREE.AnimationClip("slide", 2, [track])]);
  const heard: [number, boolean][] = [];
  player.onTime = (time, running) => heard.push([time, running]);
  return { player, bone, heard };
}

test("a clip runs, pauses, and goes on from where it was", () => {
  const { player, bone, heard } = made();
  expect(player.running).toBe(false);
  player.choose("slide");
  player.update(0.5);
  expect(bone.position.x).toBeCloseTo(0.5);
  player.run(false);
  player.update(0.5);
  expect(bone.position.x).toBeCloseTo(0.5);
  player.run(true);
  player.update(0.25);
  expect(bone.position.x).toBeCloseTo(0.75);
  expect(heard.at(-1)).toEqual([0.75, true]);
});

test("scrubbing draws the moment, running or not", () => {
  const { player, bone } = made();
  player.choose("slide");
  player.run(false);
  player.seek(1.5);
  expect(bone.position.x).toBeCloseTo(1.5);
  expect(player.running).toBe(false);
  player.seek(9);
  expect(player.time).toBe(2);
});

test("speed and loops", () => {
  const { player, bone } = made();
  player.choose("slide");
  player.setSpeed(2);
  player.update(0.5);
  expect(bone.position.x).toBeCloseTo(1);
  player.update(0.75);
  expect(bone.position.x).toBeCloseTo(0.5);
  player.setLoop(false);
  player.update(5);
  expect(bone.position.x).toBeCloseTo(2);
  expect(player.running).toBe(false);
  player.run(true);
  player.update(0.1);
  expect(bone.position.x).toBeCloseTo(0.2);
});

test("nothing chosen, nothing moves", () => {
  const { player, bone } = made();
  player.choose("slide");
  player.update(1);
  player.choose(null);
  expect(bone.position.x).toBe(0);
  player.update(1);
  player.seek(1);
  expect(player.seconds).toBe(0);
});
