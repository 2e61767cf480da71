"""What every pod of every example is kept from, and what it is given."""

import json
import unittest

from rendering import EXAMPLES, environment, example, objects, pods, render, rendered, workloads
from repository import processes, variables


def each_pod():
    """Every pod of every example."""
    for name in EXAMPLES:
        for process, pod in pods(name).items():
            yield f"{name}: {process}", process, pod


class Security(unittest.TestCase):
    def test_no_pod_runs_as_root_or_gains_rights(self):
        for label, _, pod in each_pod():
            with self.subTest(label):
                self.assertEqual(pod["securityContext"]["runAsNonRoot"], True)
                self.assertGreaterEqual(pod["securityContext"]["runAsUser"], 10_000)
                self.assertEqual(pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
                for container in pod["containers"] + pod.get("initContainers", []):
                    security = container["securityContext"]
                    self.assertIs(security["allowPrivilegeEscalation"], False)
                    self.assertIs(security["privileged"], False)
                    self.assertIs(security["readOnlyRootFilesystem"], True)
                    self.assertEqual(security["capabilities"], {"drop": ["ALL"]})

    def test_no_pod_shares_the_node_or_speaks_to_kubernetes(self):
        for label, _, pod in each_pod():
            with self.subTest(label):
                self.assertIs(pod["automountServiceAccountToken"], False)
                self.assertIs(pod["enableServiceLinks"], False)
                for key in ("hostNetwork", "hostPID", "hostIPC"):
                    self.assertNotIn(key, pod)
                self.assertFalse([volume for volume in pod.get("volumes", []) if "hostPath" in volume])

    def test_secrets_are_referred_to_and_never_made(self):
        secret = {name for name, about in variables().items() if about["secret"]} | {"DATABASE_ADMIN_URL"}
        for name in EXAMPLES:
            self.assertEqual(objects(name, "Secret"), [])
        for label, _, pod in each_pod():
            for variable, one in environment(pod).items():
                with self.subTest(f"{label}: {variable}"):
                    self.assertEqual(variable in secret, "valueFrom" in one)
                    if variable in secret:
                        self.assertEqual(list(one["valueFrom"]), ["secretKeyRef"])

    def test_a_process_is_given_what_it_reads_and_nothing_else(self):
        for label, process, pod in each_pod():
            if process == "migrate":
                self.assertEqual(set(environment(pod)), {"DATABASE_URL", "DATABASE_ADMIN_URL"})
                continue
            group = "workers" if processes()[process]["role"] != "door" else process
            readers = {name: {process, group} & set(about["readers"]) for name, about in variables().items()}
            given = set(environment(pod))
            with self.subTest(label):
                self.assertEqual({name for name in given if not readers.get(name, True)}, set())
                wanted = {name for name, about in variables().items() if about["secret"] and readers[name]}
                self.assertLessEqual(wanted, given)
                self.assertEqual(environment(pod)["LOA_ENV"]["value"], "production")

    def test_every_pod_has_bounds_and_probes(self):
        for label, process, pod in each_pod():
            container = pod["containers"][0]
            with self.subTest(label):
                self.assertIn("memory", container["resources"]["limits"])
                self.assertIn("cpu", container["resources"]["requests"])
                if process != "migrate":
                    paths = {probe: container[f"{probe}Probe"]["httpGet"]["path"] for probe in ("liveness", "readiness", "startup")}
                    self.assertEqual(paths, {"liveness": "/healthz", "readiness": "/readyz", "startup": "/healthz"})

    def test_a_pod_has_time_to_finish_what_it_has_in_hand(self):
        for label, process, pod in each_pod():
            if process == "migrate":
                continue
            grace = int(environment(pod)["SHUTDOWN_GRACE"]["value"].removesuffix("s"))
            sleep = pod["containers"][0].get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            with self.subTest(label):
                self.assertGreater(pod["terminationGracePeriodSeconds"], grace + sleep)
                self.assertEqual(sleep > 0, processes()[process]["role"] == "door", "doors serve on while nobody is told yet")

    def test_pods_of_a_process_stand_apart_and_are_drained_one_by_one(self):
        for name in EXAMPLES:
            budgets = {one["metadata"]["labels"]["app.kubernetes.io/component"]: one for one in objects(name, "PodDisruptionBudget")}
            for process, one in workloads(name).items():
                with self.subTest(f"{name}: {process}"):
                    labels = one["spec"]["template"]["metadata"]["labels"]
                    self.assertEqual(one["spec"]["selector"]["matchLabels"].items() <= labels.items(), True)
                    keys = {spread["topologyKey"] for spread in one["spec"]["template"]["spec"]["topologySpreadConstraints"]}
                    self.assertEqual(keys, {"topology.kubernetes.io/zone", "kubernetes.io/hostname"})
                    self.assertEqual(budgets[process]["spec"]["maxUnavailable"], 1)
                    self.assertEqual(budgets[process]["spec"]["selector"]["matchLabels"].items() <= labels.items(), True)

    def test_a_process_reaches_the_services_that_it_needs_and_no_others(self):
        ports = {"postgresql": 5432, "redis": 6379, "rabbitmq": 5672}
        for name in EXAMPLES:
            policies = {one["metadata"]["name"]: one["spec"] for one in objects(name, "NetworkPolicy")}
            default = policies["loa-nothing-else"]
            self.assertEqual((default.get("ingress"), default["policyTypes"]), (None, ["Ingress", "Egress"]))
            for process, facts in processes().items():
                allowed = {port["port"] for rule in policies[f"loa-{process}"]["egress"] for port in rule["ports"]}
                wanted = {ports[service] for service in facts["services"]}
                wanted |= {443} if facts.get("internet") else set()
                wanted |= {"http"} if process == "api" else set()
                wanted |= {9000} if facts.get("media") and name == "no-keda" else set()
                self.assertEqual(allowed, wanted, f"{name}: {process}")

    def test_a_collector_is_reached_where_one_is_named(self):
        endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://otel-collector.monitoring:4318"}
        for config, reached in [({}, set()), (endpoint, set(processes()))]:
            values = example("minimal")
            values["config"] = values.get("config", {}) | config
            policies = {
                one["metadata"]["labels"]["app.kubernetes.io/component"]
                for one in render(values) if one["kind"] == "NetworkPolicy"
                for rule in one["spec"].get("egress") or []
                if {"port": 4318} in rule["ports"]
            }
            self.assertEqual(policies, reached)

    def test_nobody_reaches_the_internet_by_a_private_address(self):
        for one in objects("production", "NetworkPolicy"):
            for rule in one["spec"].get("egress", []):
                for peer in rule.get("to", []):
                    if peer.get("ipBlock", {}).get("cidr") == "0.0.0.0/0":
                        self.assertIn("169.254.0.0/16", peer["ipBlock"]["except"], "the cloud's metadata")
                        self.assertIn("10.0.0.0/8", peer["ipBlock"]["except"])
                    if peer.get("ipBlock", {}).get("cidr") == "::/0":
                        self.assertIn("fc00::/7", peer["ipBlock"]["except"])

    def test_no_value_looks_like_a_password(self):
        for name in EXAMPLES:
            self.assertNotRegex(rendered(name), r"://[^\"/ ]+:[^\"/ @]+@")
            json.loads(rendered(name))


if __name__ == "__main__":
    unittest.main()
