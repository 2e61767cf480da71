"""What is written from elsewhere: variables.yaml, README.md and the lists of variables in values.schema.json.

`python helm/tests/pages.py` writes them anew; a test compares.
"""

import json

import yaml

from repository import CHART, processes, text, variables


def variables_yaml():
    """Which process reads which variable."""
    lines = ["# Written by helm/tests/pages.py from docs/en/configuration.md: who reads which variable."]
    for name, about in variables().items():
        secret = "true" if about["secret"] else "false"
        lines.append(f"{name}: {{secret: {secret}, readers: [{', '.join(about['readers'])}]}}")
    return "\n".join(lines) + "\n"


def schema():
    """The schema, with every variable by its name."""
    found = json.loads(text("helm/values.schema.json"))
    properties = found["properties"]
    known = variables()
    keys = sorted(name for name, about in known.items() if about["secret"]) + ["DATABASE_ADMIN_URL"]
    properties["secrets"]["properties"]["from"]["properties"] = {key: {"$ref": "#/$defs/key"} for key in sorted(keys)}
    plain = sorted(name for name, about in known.items() if not about["secret"])
    properties["config"]["properties"] = {name: {"type": "string"} for name in plain}
    return json.dumps(found, indent=2) + "\n"


def leaves(node, path=()):
    """The values of the chart with their comments: (path, default, description)."""
    comment = []
    stack = [(-1, path)]
    for line in node.splitlines():
        stripped = line.strip()
        if not stripped:
            comment = []
        elif stripped.startswith("#"):
            comment.append(stripped.lstrip("# "))
        else:
            indent = len(line) - len(line.lstrip())
            while stack[-1][0] >= indent:
                stack.pop()
            key, _, value = stripped.partition(":")
            here = stack[-1][1] + (key,)
            if value:
                yield ".".join(here), value.strip(), " ".join(comment)
            else:
                stack.append((indent, here))
            comment = []


def readme():
    """The page of values."""
    rows = [f"| `{name}` | `{value}` | {about} |" for name, value, about in leaves(text("helm/values.yaml"))]
    table = []
    for name, process in processes().items():
        least, most = process["minReplicas"], process.get("maxReplicas", process["minReplicas"])
        memory, cpu = process["resources"]["limits"]["memory"], process["resources"]["requests"]["cpu"]
        table.append(f"| `{name}` | {process['role']} | {least} to {most} | {cpu} | {memory} |")
    return "\n".join([
        "# Loa's chart",
        "",
        "<!-- Written by helm/tests/pages.py from values.yaml and processes.yaml. -->",
        "",
        "How to install it, and what it makes, is in [docs/en/kubernetes.md](../docs/en/kubernetes.md). A value that is not",
        "listed here is refused, by its name.",
        "",
        "## Values",
        "",
        "| value | default | what it is |",
        "| --- | --- | --- |",
        *rows,
        "",
        "## Processes",
        "",
        "`processes.NAME` takes `enabled`, `minReplicas`, `maxReplicas`, `targetCpu` (doors), `resources`, `env` (further",
        "variables) and `signal` (workers: `perPod`, `seconds`, `queueMessages`, `rate`). What they are is told in",
        "[processes.yaml](processes.yaml).",
        "",
        "| process | role | pods | processor asked for | most memory |",
        "| --- | --- | --- | --- | --- |",
        *table,
        "",
    ])


WRITTEN = {"variables.yaml": variables_yaml, "values.schema.json": schema, "README.md": readme}

if __name__ == "__main__":
    for name, write in WRITTEN.items():
        (CHART / name).write_text(write(), encoding="utf-8")
    yaml.safe_load(variables_yaml())
