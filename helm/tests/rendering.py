"""The chart as the Helm SDK renders it."""

import functools
import json

import helm_python
import yaml

from repository import CHART

EXAMPLES = sorted(path.stem for path in (CHART / "examples").glob("*.yaml"))


def example(name):
    """The values of an example."""
    return yaml.safe_load((CHART / "examples" / f"{name}.yaml").read_text(encoding="utf-8"))


def render(values, namespace="loa"):
    """Every object that `values` make."""
    with helm_python.Chart.load(str(CHART)) as chart:
        manifests = chart.render(values, name="loa", namespace=namespace)
    objects = []
    for path, manifest in sorted(manifests.items()):
        if path.endswith(".yaml"):
            objects += [one for one in yaml.safe_load_all(manifest) if one]
    return objects


@functools.cache
def rendered(name):
    """Every object that an example makes, as JSON, so that no test changes it for another."""
    return json.dumps(render(example(name)))


def objects(name, kind=None):
    """The objects of an example, all or of one kind."""
    return [one for one in json.loads(rendered(name)) if kind in (None, one["kind"])]


def workloads(name):
    """The Deployments and StatefulSets of an example, by process."""
    found = objects(name, "Deployment") + objects(name, "StatefulSet")
    return {one["metadata"]["labels"]["app.kubernetes.io/component"]: one for one in found}


def pods(name):
    """The pod specs of an example, the migration's too, by process."""
    found = {process: one["spec"]["template"]["spec"] for process, one in workloads(name).items()}
    for job in objects(name, "Job"):
        found["migrate"] = job["spec"]["template"]["spec"]
    return found


def environment(pod):
    """The environment of a pod's container, by name."""
    return {one["name"]: one for one in pod["containers"][0]["env"]}
