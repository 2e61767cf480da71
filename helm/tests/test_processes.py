"""The table of processes holds what the code says, and the chart makes everything of it."""

import unittest

from rendering import EXAMPLES, environment, objects, render, workloads, example, pods
from repository import COMING, binaries, processes, text, variables, webhook_paths

SERVICES = {"DATABASE_URL": "postgresql", "REDIS_URL": "redis", "RABBITMQ_URL": "rabbitmq"}


class Processes(unittest.TestCase):
    def test_the_table_has_every_binary_and_no_other(self):
        self.assertLessEqual(binaries(), set(processes()))
        self.assertEqual(set(processes()) - binaries() - COMING, set())

    def test_every_example_runs_each_process_once(self):
        for name in EXAMPLES:
            self.assertEqual(set(workloads(name)), set(processes()), name)
            for process, one in workloads(name).items():
                container = one["spec"]["template"]["spec"]["containers"][0]
                self.assertEqual(container["command"], [process])

    def test_the_services_of_a_process_are_those_whose_address_it_reads(self):
        for process, facts in processes().items():
            group = process if facts["role"] == "door" else "workers"
            wanted = {service for name, service in SERVICES.items() if {process, group} & set(variables()[name]["readers"])}
            self.assertEqual(set(facts["services"]), wanted, process)

    def test_queues_and_metrics_are_the_codes_own(self):
        topology, page = text("shared/src/broker/topology.rs"), text("docs/en/metrics.md")
        for process, facts in processes().items():
            if facts["role"] == "worker":
                self.assertIn(f'= "{facts["queue"]}" from', topology, process)
                if facts["signal"]["kind"] == "events":
                    self.assertIn(f"`{facts['signal']['metric']}`", page, process)

    def test_ports_are_the_processes_own(self):
        configuration = text("docs/en/configuration.md")
        for name, port in [("ingress", 8080), ("api", 5000)]:
            self.assertEqual(processes()[name]["port"], port)
            self.assertIn(f"0.0.0.0:{port}", configuration)
        self.assertIn("`0.0.0.0:9100`", configuration)

    def test_webhooks_go_to_the_ingress_and_the_rest_to_the_api(self):
        (ingress,) = objects("production", "Ingress")
        rules = ingress["spec"]["rules"]
        self.assertEqual([rule["host"] for rule in rules], ["loa.example.com"])
        routes = {path["path"]: (path["pathType"], path["backend"]["service"]["name"]) for path in rules[0]["http"]["paths"]}
        self.assertEqual(routes.pop("/"), ("Prefix", "loa-api"))
        self.assertEqual(sorted(routes), webhook_paths())
        self.assertEqual(set(routes.values()), {("Exact", "loa-ingress")})

    def test_something_decides_how_many_pods_of_each_run(self):
        for name in EXAMPLES:
            scaled = {one["spec"]["scaleTargetRef"]["name"]: one for one in objects(name, "HorizontalPodAutoscaler") + objects(name, "ScaledObject")}
            for process, one in workloads(name).items():
                with self.subTest(f"{name}: {process}"):
                    self.assertNotEqual("replicas" in one["spec"], one["metadata"]["name"] in scaled, "either fixed or scaled")
                    self.assertGreaterEqual(one["spec"].get("replicas", 1), 1)
                    target = scaled.get(one["metadata"]["name"], {}).get("spec", {}).get("scaleTargetRef", {})
                    if "kind" in target:
                        self.assertEqual(target["kind"], one["kind"])

    def test_workers_are_scaled_by_what_is_due_and_by_its_age(self):
        for one in objects("production", "ScaledObject"):
            spec = one["spec"]
            process = one["metadata"]["labels"]["app.kubernetes.io/component"]
            triggers = {trigger["name"]: trigger for trigger in spec["triggers"]}
            with self.subTest(process):
                self.assertEqual(list(triggers), ["queue", "rate", "due", "age"])
                self.assertEqual({trigger["metricType"] for trigger in triggers.values()}, {"AverageValue"}, "others have no fallback")
                self.assertGreaterEqual(spec["fallback"]["replicas"], 1)
                self.assertLessEqual(spec["fallback"]["replicas"], spec["maxReplicaCount"])
                self.assertEqual(spec["minReplicaCount"] == 0, process == "media-fetcher", "only where nothing waits in vain")
                self.assertEqual(triggers["queue"]["metadata"]["activationValue"], "0")
                self.assertEqual(triggers["due"]["metadata"]["activationThreshold"], "0")
                self.assertEqual(triggers["due"]["metadata"]["threshold"], str(1000 if process == "outbound-sender" else processes()[process]["signal"]["perPod"]))
        (persist,) = [one for one in objects("external-secrets", "ScaledObject") if one["metadata"]["name"] == "loa-message-persistence"]
        (queue,) = persist["spec"]["triggers"]
        self.assertEqual(queue["metadata"]["queueName"], "loa.persist", "under the installation's prefix")
        (authentication,) = objects("external-secrets", "TriggerAuthentication")
        self.assertEqual(authentication["spec"]["secretTargetRef"], [{"parameter": "host", "name": "rabbitmq-default-user", "key": "connection_string"}])

    def test_an_ingress_with_a_spool_has_a_volume_for_each_pod(self):
        for name in ("spool", "production"):
            ingress = workloads(name)["ingress"]
            self.assertEqual(ingress["kind"], "StatefulSet")
            (claim,) = ingress["spec"]["volumeClaimTemplates"]
            (mount,) = ingress["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
            self.assertEqual(mount["name"], claim["metadata"]["name"])
            folder = environment(pods(name)["ingress"])["INGRESS_SPOOL_DIR"]["value"]
            # A volume has a `lost+found`, and the spool wants a folder of its own.
            self.assertTrue(folder.startswith(mount["mountPath"] + "/"))
            self.assertEqual(ingress["spec"]["persistentVolumeClaimRetentionPolicy"], {"whenDeleted": "Retain", "whenScaled": "Retain"})
        self.assertEqual(environment(pods("spool")["ingress"])["INGRESS_SPOOL_MAX_BYTES"]["value"], "2147483648")
        self.assertEqual(workloads("minimal")["ingress"]["kind"], "Deployment")

    def test_the_database_is_migrated_before_anything_else(self):
        for name in EXAMPLES:
            (job,) = objects(name, "Job")
            self.assertEqual(job["metadata"]["annotations"]["helm.sh/hook"], "pre-install,pre-upgrade")
            self.assertEqual(job["spec"]["template"]["spec"]["containers"][0]["command"], ["api", "migrate"])

    def test_senders_without_redis_never_exceed_the_limit_together(self):
        for name in EXAMPLES:
            replicas = int(environment(pods(name)["outbound-sender"])["OUTBOUND_REPLICAS"]["value"])
            scaled = [one["spec"]["maxReplicaCount"] for one in objects(name, "ScaledObject") if one["metadata"]["name"] == "loa-outbound-sender"]
            self.assertEqual(replicas, scaled[0] if scaled else workloads(name)["outbound-sender"]["spec"]["replicas"], name)

    def test_files_in_a_folder_lie_on_the_volume_that_was_named(self):
        for process in ("api", "media-fetcher"):
            pod = pods("spool")[process]
            self.assertEqual(pod["volumes"], [{"name": "media", "persistentVolumeClaim": {"claimName": "loa-media"}}])
            self.assertIn({"name": "media", "mountPath": "/var/lib/loa/media"}, pod["containers"][0]["volumeMounts"])

    def test_an_installation_by_another_name_stands_beside(self):
        names = {one["metadata"]["name"] for one in render(example("production"), namespace="other")}
        self.assertTrue(all(name.startswith("loa") for name in names))


if __name__ == "__main__":
    unittest.main()
