"""Every example renders to objects that Kubernetes, KEDA and the Prometheus operator would take."""

import json
import unittest

import helm_python
import jsonschema
import kubernetes_validate

from rendering import EXAMPLES, example, objects
from repository import CHART

KUBERNETES = "1.37"
INFO = 1
SCHEMAS = CHART / "tests/schemas"


def closed(schema):
    """The schema with unknown keys forbidden wherever it lists the known ones."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: closed(value) for key, value in schema.items()}
    if schema.get("x-kubernetes-int-or-string"):
        schema.pop("x-kubernetes-int-or-string")
        schema.pop("type", None)
        schema["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    if "pattern" in schema and "(?i)" in str(schema["pattern"]):
        # Go allows flags where Python does not.
        schema["pattern"] = "(?i)" + schema["pattern"].replace("(?i)", "")
    listed = isinstance(schema.get("properties"), dict) and schema.get("type") == "object"
    if listed and "additionalProperties" not in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        schema["additionalProperties"] = False
    return schema


def custom_kinds():
    """The schemas of kinds that Kubernetes does not know by itself, by apiVersion and kind."""
    found = {}
    for path in SCHEMAS.glob("*.json"):
        one = json.loads(path.read_text(encoding="utf-8"))
        if "schema" in one:
            schema = closed(one["schema"])
            # What an object is called is looked at by Kubernetes itself.
            schema["properties"]["metadata"] = {"type": "object"}
            found[f"{one['group']}/{one['version']}", one["kind"]] = schema
    return found


class Shapes(unittest.TestCase):
    def test_helm_finds_nothing_to_complain_of(self):
        for name in EXAMPLES:
            with self.subTest(name):
                said = helm_python.lint(str(CHART), values=example(name), strict=True)
                bad = [one for one in said["messages"] if one["severity"] > INFO]
                self.assertEqual(bad, [], said)

    def test_every_object_has_the_shape_of_its_kind(self):
        customs = custom_kinds()
        seen = set()
        for name in EXAMPLES:
            for one in objects(name):
                with self.subTest(f"{name}: {one['kind']} {one['metadata']['name']}"):
                    kind = one["apiVersion"], one["kind"]
                    seen.add(kind)
                    if kind in customs:
                        jsonschema.validate(one, customs[kind])
                    else:
                        kubernetes_validate.validate(one, KUBERNETES, strict=True)
        self.assertLessEqual(set(customs), seen, "an example makes each kind")

    def test_an_unknown_key_would_be_seen(self):
        for name, kind, at in [("production", "ScaledObject", "spec"), ("production", "Deployment", "spec")]:
            one = objects(name, kind)[0]
            one[at]["unheardOf"] = True
            with self.subTest(kind), self.assertRaises(Exception) as refused:
                custom = custom_kinds().get((one["apiVersion"], kind))
                if custom:
                    jsonschema.validate(one, custom)
                else:
                    kubernetes_validate.validate(one, KUBERNETES, strict=True)
            self.assertIn("unheardOf", str(refused.exception))

    def test_triggers_have_the_parameters_that_their_scalers_know(self):
        known = json.loads((SCHEMAS / "triggers.json").read_text(encoding="utf-8"))
        for name in EXAMPLES:
            for one in objects(name, "ScaledObject"):
                for trigger in one["spec"]["triggers"]:
                    parameters = known[trigger["type"]]
                    for key, value in trigger["metadata"].items():
                        self.assertIn(key, parameters, trigger["name"])
                        self.assertIsInstance(value, str, f"{key} of {trigger['name']}: KEDA takes text alone")

    def test_names_are_given_once(self):
        for name in EXAMPLES:
            names = [(one["kind"], one["metadata"]["name"]) for one in objects(name)]
            self.assertEqual(len(names), len(set(names)), name)


if __name__ == "__main__":
    unittest.main()
