"""Writes the dashboards: `python helm/dashboards/build.py`. A test compares.

Each panel is a line of `panels.py`: add one there.
"""

import json
from pathlib import Path

import panels

HERE = Path(__file__).resolve().parent
WIDTH, HEIGHT, COLUMNS = 8, 8, 3
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def panel(number, one):
    """A panel, three in a row."""
    title, unit, about, queries = one
    targets = [
        {"datasource": SOURCE, "editorMode": "code", "expr": expression, "legendFormat": legend, "range": True, "refId": chr(65 + at)}
        for at, (expression, legend) in enumerate(queries)
    ]
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": title,
        "description": about,
        "datasource": SOURCE,
        "gridPos": {"h": HEIGHT, "w": WIDTH, "x": number % COLUMNS * WIDTH, "y": number // COLUMNS * HEIGHT},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0, "custom": {"fillOpacity": 8, "showPoints": "never"}}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}},
        "targets": targets,
    }


def dashboard(name, about, rows):
    """A dashboard, as Grafana imports it."""
    every = {"includeAll": True, "allValue": ".*", "multi": True, "current": {"text": "All", "value": "$__all"}}
    namespace = {
        "name": "namespace", "label": "Installation", "type": "query", "datasource": SOURCE, "refresh": 2,
        "query": {"query": 'label_values(up{app="loa"}, namespace)', "refId": "namespace"}, **every,
    }
    return {
        "uid": f"loa-{name}",
        "title": f"Loa: {name}",
        "description": about,
        "tags": ["loa"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "links": [{"type": "dashboards", "tags": ["loa"], "asDropdown": True, "title": "Loa", "includeVars": True, "keepTime": True}],
        "templating": {"list": [{"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}, namespace]},
        "panels": [panel(at, row) for at, row in enumerate(rows)],
    }


def files():
    """The text of each file, by its name."""
    return {
        f"{name}.json": json.dumps(dashboard(name, about, rows), indent=1) + "\n"
        for name, (about, rows) in panels.DASHBOARDS.items()
    }


if __name__ == "__main__":
    for name, text in files().items():
        (HERE / name).write_text(text, encoding="utf-8")
