/** How much each vertex follows one bone, as colours over the surface. */

import * as THREE from "three";

/** Blue through green and yellow to red; what the bone does not move stays grey. */
const RAMP = `
  vec3 heat( float w ) {
    if ( w < 0.004 ) return vec3( 0.13, 0.14, 0.17 );
    vec3 a = mix( vec3( 0.05, 0.10, 0.55 ), vec3( 0.02, 0.45, 0.55 ), clamp( w / 0.25, 0.0, 1.0 ) );
    a = mix( a, vec3( 0.20, 0.60, 0.12 ), clamp( ( w - 0.25 ) / 0.25, 0.0, 1.0 ) );
    a = mix( a, vec3( 0.90, 0.65, 0.05 ), clamp( ( w - 0.5 ) / 0.25, 0.0, 1.0 ) );
    return mix( a, vec3( 0.80, 0.04, 0.02 ), clamp( ( w - 0.75 ) / 0.25, 0.0, 1.0 ) );
  }
`;

/** One material for all meshes of one skeleton; `bone` is a number within it, -1 for none. */
export function heatMaterial(): { material: THREE.Material; bone: { value: number } } {
  const bone = { value: -1 };
  const material = new THREE.MeshStandardMaterial({ roughness: 0.85, side: THREE.DoubleSide });
  material.onBeforeCompile = (shader) => {
    shader.uniforms["shownBone"] = bone;
    shader.vertexShader = shader.vertexShader
      .replace("#include <common>", "#include <common>\nuniform float shownBone;\nvarying float vFollows;")
      .replace(
        "#include <begin_vertex>",
        `#include <begin_vertex>
        #ifdef USE_SKINNING
          vFollows = dot( skinWeight, vec4( lessThan( abs( skinIndex - vec4( shownBone ) ), vec4( 0.5 ) ) ) );
        #else
          vFollows = 0.0;
        #endif`,
      );
    shader.fragmentShader = shader.fragmentShader
      .replace("#include <common>", `#include <common>\nvarying float vFollows;\n${RAMP}`)
      .replace("#include <map_fragment>", "diffuseColor.rgb = heat( vFollows );");
  };
  material.customProgramCacheKey = () => "heat";
  return { material, bone };
}
