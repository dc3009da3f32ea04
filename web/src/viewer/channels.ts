/** Materials that show one channel of a surface, unlit, in place of the surface itself. */

import * as THREE from "three";
import type { Channel } from "./channel_names";

type Source = THREE.MeshStandardMaterial;

/** The material that shows `channel` of `source`; for "lit" the source itself. */
export function channelMaterial(source: Source, channel: Channel): THREE.Material {
  const side = source.side;
  switch (channel) {
    case "lit":
      return source;
    case "clay":
      return new THREE.MeshStandardMaterial({ color: 0xb9b4ac, roughness: 0.75, side, ...cutout(source) });
    case "geometry":
      return new THREE.MeshNormalMaterial({ side });
    case "color":
      return unlit(source, source.map, source.color);
    case "normal":
      return unlit(source, source.normalMap, new THREE.Color(0.5, 0.5, 1), "sampledDiffuseColor.rgb");
    case "roughness":
      return unlit(source, source.roughnessMap, grey(source.roughness), "vec3(sampledDiffuseColor.g)");
    case "metalness":
      return unlit(source, source.metalnessMap, grey(source.metalness), "vec3(sampledDiffuseColor.b)");
    case "occlusion":
      return unlit(source, source.aoMap, grey(1), "vec3(sampledDiffuseColor.r)");
    case "alpha":
      return unlit(source, source.alphaTest || source.transparent ? source.map : null, grey(1), "vec3(sampledDiffuseColor.a)");
    case "uv":
      return unlit(source, checker(), new THREE.Color(1, 1, 1));
  }
}

function grey(value: number): THREE.Color {
  return new THREE.Color(value, value, value);
}

function cutout(source: Source): THREE.MeshBasicMaterialParameters {
  return { alphaMap: null, alphaTest: 0, transparent: false, depthWrite: source.depthWrite };
}

/** `pick`: what of the map is shown, raw; without it the map is shown as colour. */
function unlit(source: Source, map: THREE.Texture | null, color: THREE.Color, pick?: string): THREE.Material {
  const material = new THREE.MeshBasicMaterial({ side: source.side, toneMapped: false });
  if (!map) {
    // A factor without a map is data as well: show the number, not the light.
    material.color.copy(pick ? color.clone().convertSRGBToLinear() : color);
    return material;
  }
  material.map = map;
  if (!pick) {
    material.color.copy(color);
    material.alphaTest = source.alphaTest;
    material.transparent = source.transparent;
    material.depthWrite = source.depthWrite;
    return material;
  }
  material.onBeforeCompile = (shader) => {
    shader.fragmentShader = shader.fragmentShader.replace(
      "#include <map_fragment>",
      `vec4 sampledDiffuseColor = texture2D( map, vMapUv );
       diffuseColor = vec4( pow( ${pick}, vec3( 2.2 ) ), 1.0 );`,
    );
  };
  material.customProgramCacheKey = () => `channel ${pick}`;
  return material;
}

let squares: THREE.DataTexture | null = null;

function checker(): THREE.DataTexture {
  if (squares) return squares;
  const size = 512;
  const data = new Uint8Array(size * size * 4);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const light = ((x >> 4) + (y >> 4)) % 2 === 0;
      // Hue runs with u, lightness with v: a seam or a flip shows at once.
      const color = new THREE.Color().setHSL((x >> 6) / 8, 0.35, (light ? 0.58 : 0.36) + 0.1 * ((y >> 6) / 8), THREE.LinearSRGBColorSpace);
      data.set([255 * color.r, 255 * color.g, 255 * color.b, 255].map(Math.round), 4 * (y * size + x));
    }
  }
  squares = new THREE.DataTexture(data, size, size);
  squares.colorSpace = THREE.SRGBColorSpace;
  squares.wrapS = squares.wrapT = THREE.RepeatWrapping;
  squares.minFilter = THREE.LinearMipmapLinearFilter;
  squares.magFilter = THREE.LinearFilter;
  squares.generateMipmaps = true;
  squares.anisotropy = 8;
  squares.needsUpdate = true;
  return squares;
}
