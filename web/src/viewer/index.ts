/** The viewer, free of any user interface: `new Stage(element)`, `Model.read(bytes)`, `stage.show(model)`. */

export { dropMarks, marksOf } from "./marks";
export { Model } from "./model";
export { readSource } from "./source";
export { Stage } from "./stage";
