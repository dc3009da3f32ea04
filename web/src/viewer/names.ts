/** Names of joints: canonical ones of the service, and those that a loader makes of the file's. */

/** "mixamorig:LeftArm" and "mixamorigLeftArm" are one bone: loaders drop signs that animations cannot name. */
export function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

/** "leftUpperArm" -> "rightUpperArm" and back; null for what is in the middle. */
export function mirrored(name: string): string | null {
  if (name.startsWith("left")) return `right${name.slice(4)}`;
  if (name.startsWith("right")) return `left${name.slice(5)}`;
  return null;
}

/** "leftUpperArmTwist" -> "Left upper arm twist". */
export function spoken(name: string): string {
  const words = name.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The bone above, for drawing lines; the nearest one that is there counts. */
export const ABOVE: Readonly<Record<string, string>> = {
  spine: "hips",
  chest: "spine",
  upperChest: "chest",
  neck: "upperChest",
  head: "neck",
  leftEye: "head",
  rightEye: "head",
  jaw: "head",
  ...Object.fromEntries(
    ["left", "right"].flatMap((side) => [
      [`${side}Shoulder`, "upperChest"],
      [`${side}UpperArm`, `${side}Shoulder`],
      [`${side}UpperArmTwist`, `${side}UpperArm`],
      [`${side}LowerArm`, `${side}UpperArm`],
      [`${side}LowerArmTwist`, `${side}LowerArm`],
      [`${side}Hand`, `${side}LowerArm`],
      ...["Index", "Middle", "Ring", "Little"].flatMap((finger) => [
        [`${side}${finger}Proximal`, `${side}Hand`],
        [`${side}${finger}Intermediate`, `${side}${finger}Proximal`],
        [`${side}${finger}Distal`, `${side}${finger}Intermediate`],
      ]),
      [`${side}ThumbMetacarpal`, `${side}Hand`],
      [`${side}ThumbProximal`, `${side}ThumbMetacarpal`],
      [`${side}ThumbDistal`, `${side}ThumbProximal`],
      [`${side}UpperLeg`, "hips"],
      [`${side}UpperLegTwist`, `${side}UpperLeg`],
      [`${side}LowerLeg`, `${side}UpperLeg`],
      [`${side}LowerLegTwist`, `${side}LowerLeg`],
      [`${side}Foot`, `${side}LowerLeg`],
      [`${side}Toes`, `${side}Foot`],
      [`${side}ToesEnd`, `${side}Toes`],
    ]),
  ),
};

export function above(name: string, there: (name: string) => boolean): string | null {
  let up = ABOVE[name];
  while (up !== undefined && !there(up)) up = ABOVE[up];
  return up ?? null;
}
