/** The faces and vertices that a finding names, over the surface they belong to. */

import * as THREE from "three";

export interface Places {
  faces?: number[][];
  vertices?: number[][];
}

const COLOUR = 0xff5a4a;
const OVER = { depthTest: false, depthWrite: false, transparent: true, toneMapped: false };

/** places in the space of the object that the marks are added to; null when there are none. */
export function marksOf(places: Places): THREE.Group | null {
  const faces = (places.faces ?? []).filter((f) => f.length === 9);
  const points = (places.vertices ?? []).filter((p) => p.length === 3);
  if (faces.length + points.length === 0) return null;
  const group = new THREE.Group();
  if (faces.length > 0) {
    const filled = new THREE.BufferGeometry().setAttribute("position", new THREE.Float32BufferAttribute(faces.flat(), 3));
    group.add(new THREE.Mesh(filled, new THREE.MeshBasicMaterial({ color: COLOUR, opacity: 0.45, side: THREE.DoubleSide, ...OVER })));
    const edges = faces.flatMap((f) => [0, 3, 3, 6, 6, 0].flatMap((k) => f.slice(k, k + 3)));
    const lines = new THREE.BufferGeometry().setAttribute("position", new THREE.Float32BufferAttribute(edges, 3));
    group.add(new THREE.LineSegments(lines, new THREE.LineBasicMaterial({ color: COLOUR, ...OVER })));
  }
  // Faces without area show as their corners.
  const dots = [...points.flat(), ...faces.flat()];
  const cloud = new THREE.BufferGeometry().setAttribute("position", new THREE.Float32BufferAttribute(dots, 3));
  const size = points.length > 0 ? 7 : 4;
  group.add(new THREE.Points(cloud, new THREE.PointsMaterial({ color: COLOUR, size, sizeAttenuation: false, ...OVER })));
  group.traverse((node) => {
    node.frustumCulled = false;
    node.renderOrder = 8;
  });
  return group;
}

export function dropMarks(group: THREE.Object3D): void {
  group.removeFromParent();
  group.traverse((node) => {
    if (!(node instanceof THREE.Mesh || node instanceof THREE.LineSegments || node instanceof THREE.Points)) return;
    (node.geometry as THREE.BufferGeometry).dispose();
    (node.material as THREE.Material).dispose();
  });
}
