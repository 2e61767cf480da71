"""Dashboards, alerts and runbooks belong together, and what is written from elsewhere is current."""

import json
import re
import sys
import unittest

import yaml

from rendering import objects
from repository import CHART, ROOT, text
import pages

sys.path.insert(0, str(CHART / "dashboards"))
import build  # noqa: E402

METRIC = re.compile(r"\bloa_[a-z_]+")


def alerts():
    """Every alert by its name."""
    groups = yaml.safe_load(text("helm/alerts/loa.yaml"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def listed():
    """The metrics that the page lists, with what Prometheus makes of histograms."""
    found = set()
    for name, kind in re.findall(r"^\| `(loa_\w+)` \| (\w+)", text("docs/en/metrics.md"), re.MULTILINE):
        found |= {f"{name}_{part}" for part in ("bucket", "sum", "count")} if kind == "histogram" else {name}
    return found


class Watching(unittest.TestCase):
    def test_what_is_written_from_elsewhere_is_current(self):
        for name, write in pages.WRITTEN.items():
            self.assertEqual(text(f"helm/{name}"), write(), f"{name}: run `python helm/tests/pages.py`")
        for name, written in build.files().items():
            self.assertEqual(text(f"helm/dashboards/{name}"), written, f"{name}: run `python helm/dashboards/build.py`")
        self.assertEqual({path.name for path in (CHART / "dashboards").glob("*.json")}, set(build.files()))

    def test_every_alert_has_a_runbook_and_every_runbook_an_alert(self):
        pointed = set()
        for name, rule in alerts().items():
            page = rule["annotations"]["runbook_url"].removeprefix("../../docs/runbooks/")
            self.assertTrue((ROOT / "docs/runbooks" / page).is_file(), f"{name}: {page}")
            self.assertIn(f"`{name}`", text(f"docs/runbooks/{page}"), "the page names its alert")
            pointed.add(page)
        self.assertEqual({path.name for path in (ROOT / "docs/runbooks").glob("*.md")} - {"README.md"}, pointed)

    def test_every_alert_is_shown_to_fire_and_to_keep_silent(self):
        tests = "".join(text(path.relative_to(ROOT)) for path in (CHART / "alerts/tests").glob("*.yaml"))
        for name in alerts():
            self.assertIn(f"- name: {name}\n", tests, "a test of its own")
            self.assertRegex(tests, rf'alertname[=:] ?"?{name}"?')

    def test_alerts_say_whom_they_call(self):
        for name, rule in alerts().items():
            self.assertIn(rule["labels"]["severity"], ("page", "ticket"), name)

    def test_alerts_and_dashboards_speak_of_metrics_that_are_listed(self):
        panels = "".join(build.files().values())
        for where, said in [("alerts", text("helm/alerts/loa.yaml")), ("dashboards", panels), ("processes", text("helm/templates/_scaling.tpl"))]:
            unknown = {name for name in METRIC.findall(said) if name not in listed() and not name.startswith("loa_flow_")}
            self.assertEqual(unknown, set(), where)

    def test_the_rules_and_dashboards_that_are_installed_are_those_of_the_files(self):
        (rule,) = objects("production", "PrometheusRule")
        installed = {one["alert"]: one for group in rule["spec"]["groups"] for one in group["rules"]}
        self.assertEqual({name: one["expr"] for name, one in installed.items()}, {name: one["expr"] for name, one in alerts().items()})
        for one in installed.values():
            self.assertRegex(one["annotations"]["runbook_url"], r"^https://.+/docs/runbooks/[a-z-]+\.md$")
        maps = objects("production", "ConfigMap")
        self.assertEqual({key for one in maps for key in one["data"]}, {f"loa-{name}" for name in build.files()})
        for one in maps:
            (dashboard,) = one["data"].values()
            self.assertEqual(one["metadata"]["labels"]["grafana_dashboard"], "1")
            self.assertIn("panels", json.loads(dashboard))

    def test_prometheus_finds_every_process(self):
        (monitor,) = objects("production", "ServiceMonitor")
        services = [one for one in objects("production", "Service") if monitor["spec"]["selector"]["matchLabels"].items() <= one["metadata"]["labels"].items()]
        self.assertEqual([one["metadata"]["name"] for one in services], ["loa-operators"])
        selector = services[0]["spec"]["selector"].items()
        for kind in ("Deployment", "StatefulSet"):
            for one in objects("production", kind):
                self.assertTrue(selector <= one["spec"]["template"]["metadata"]["labels"].items(), one["metadata"]["name"])
        job = objects("production", "Job")[0]["spec"]["template"]["metadata"]["labels"].items()
        self.assertFalse(selector <= job, "the migration has no metrics")

    def test_panels_have_a_title_and_every_query_a_legend(self):
        for name, written in build.files().items():
            titles = set()
            for panel in json.loads(written)["panels"]:
                self.assertNotIn(panel["title"], titles, name)
                titles.add(panel["title"])
                self.assertTrue(all(target["legendFormat"] for target in panel["targets"]), panel["title"])


if __name__ == "__main__":
    unittest.main()
