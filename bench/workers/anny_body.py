"""The anny package's own forward pass, timed. Runs under the Python of the `anny` environment.

"shape": parameters to the vertices of the rest pose, what our `evaluate` does.
"posed": the model's whole forward pass, which adds its bones and skins the vertices to a pose.
"""

import json
import statistics
import sys
import time
from pathlib import Path

import anny
import torch

torch.set_num_threads(1)


def columns(recipes, name):
    keys = sorted({key for recipe in recipes for key in recipe[name]})
    return {key: torch.tensor([recipe[name].get(key, 0.0) for recipe in recipes], dtype=torch.float64) for key in keys}


def shape(model, recipes):
    _, phenotypes, changes, actions = model.get_tensor_inputs(
        None, columns(recipes, "phenotypes"), columns(recipes, "details"), None
    )
    return model.get_rest_vertices(model._get_phenotype_blendshape_coefficients(phenotypes, changes, actions))


def posed(model, recipes):
    changes = columns(recipes, "details")
    return model(phenotype_kwargs=columns(recipes, "phenotypes"), local_changes_kwargs=changes)["vertices"]


def main():
    request = json.loads(Path(sys.argv[1]).read_text())
    models = {}
    answer = {"times": {}, "check": []}
    with torch.inference_mode():
        for details in (False, True) if request["details"] else (False,):
            models[details, "float64"] = anny.Anny(
                rig="makehuman",
                topology="makehuman",
                phenotypes="all",
                local_changes="all" if details else "none",
            )
        for case in request["cases"]:
            model = models[case["details"], "float64"]
            for precision in ("float64", "float32"):
                model = model.to(getattr(torch, precision))
                for work in (shape, posed):
                    for size in case["sizes"]:
                        batches = [case["recipes"][i : i + size] for i in range(0, len(case["recipes"]), size)]
                        work(model, batches[0])
                        times = []
                        for batch in batches:
                            start = time.perf_counter()
                            work(model, batch)
                            times.append(1000 * (time.perf_counter() - start) / len(batch))
                        key = f"{case['name']} {work.__name__} {size} {precision}"
                        answer["times"][key] = statistics.median(times)
            models[case["details"], "float64"] = model.to(torch.float64)
        for recipe in request["check"]:
            model = models[bool(recipe["details"]), "float64"]
            x, y, z = shape(model, [recipe])[0].T
            answer["check"].append(torch.stack([x, z, -y], 1).tolist())
        answer["labels"] = models[True, "float64"].local_change_labels if request["details"] else []
    Path(sys.argv[2]).write_text(json.dumps(answer))


main()
