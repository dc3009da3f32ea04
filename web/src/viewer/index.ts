/** The viewer, free of any user interface: `new Stage(element)`, `Model.read(bytes)`, `stage.show(model)`. */

export { Model } from "./model";
export { Stage } from "./stage";
