"""The image holds every binary, and compose runs every process as the chart does."""

import re
import unittest

import yaml

from repository import COMING, binaries, processes, text, variables, webhook_paths

OTHERS = {"traefik", "postgres", "redis", "rabbitmq", "migrate"}


def instructions():
    """The instructions of the Dockerfile: (word, rest)."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text("Dockerfile"), flags=re.MULTILINE))
    return [tuple(line.strip().split(None, 1)) for line in joined.splitlines() if line.strip()]


def compose():
    """compose.yaml, its anchors resolved."""
    return yaml.safe_load(text("compose.yaml"))


class Image(unittest.TestCase):
    def test_the_image_holds_every_binary(self):
        (build,) = [rest for word, rest in instructions() if word == "RUN" and "cargo build" in rest]
        listed = set(re.search(r"for binary in ([a-z -]+);", build).group(1).split())
        self.assertLessEqual(binaries(), listed)
        self.assertLessEqual(listed - binaries(), COMING)
        for package in ("ingress", "api", "workers"):
            self.assertIn(f"-p {package}", build)
        self.assertIn("--locked --release", build)

    def test_the_image_is_built_by_the_toolchain_of_the_repository(self):
        channel = re.search(r'channel = "([^"]+)"', text("rust-toolchain.toml")).group(1)
        self.assertTrue(instructions()[0][1].startswith(f"rust:{channel}-slim-"), instructions()[0])
        self.assertIn(f"RUSTUP_TOOLCHAIN={channel} ", dict(instructions())["ENV"])

    def test_what_runs_is_not_root_and_has_no_shell(self):
        stages = [at for at, (word, _) in enumerate(instructions()) if word == "FROM"]
        self.assertEqual(len(stages), 2)
        last = instructions()[stages[-1]:]
        self.assertRegex(last[0][1], r"distroless/cc-debian12:nonroot$")
        words = [word for word, _ in last]
        self.assertNotIn("RUN", words)
        self.assertEqual(dict(last)["USER"], "10001:10001")
        for word, rest in instructions():
            self.assertNotEqual(word, "ADD")
            if word == "FROM":
                self.assertNotRegex(rest, r":latest|^[a-z/.-]+$", "a version is named")
            if word in ("ENV", "ARG"):
                self.assertNotRegex(rest, r"SECRET|PASSWORD|TOKEN|KEY")

    def test_nothing_of_a_developers_machine_goes_into_the_build(self):
        ignored = text(".dockerignore").split()
        for name in (".git", ".local", ".env", "target"):
            self.assertIn(name, ignored)


class Compose(unittest.TestCase):
    def test_every_process_is_a_service_and_every_service_a_process(self):
        services = set(compose()["services"]) - OTHERS
        self.assertEqual(services, set(processes()))

    def test_a_process_is_as_confined_as_in_the_chart(self):
        for name in set(processes()) | {"migrate"}:
            service = compose()["services"][name]
            with self.subTest(name):
                self.assertEqual(service["command"], ["api", "migrate"] if name == "migrate" else [name])
                self.assertEqual((service["user"], service["read_only"], service["cap_drop"]), ("10001:10001", True, ["ALL"]))
                self.assertIn("no-new-privileges:true", service["security_opt"])
                self.assertNotIn("ports", service, "Traefik alone is reached from outside")
                self.assertEqual(service["stop_grace_period"], "35s")

    def test_only_who_calls_platforms_gets_out(self):
        for name, facts in processes().items():
            wanted = ["inside", "outside"] if facts.get("internet") else ["inside"]
            self.assertEqual(compose()["services"][name]["networks"], wanted, name)

    def test_a_process_waits_for_the_migration_and_the_ingress_for_nothing(self):
        for name in processes():
            waits = compose()["services"][name]["depends_on"]
            if name == "ingress":
                self.assertEqual(waits, [])
            else:
                self.assertEqual(waits["migrate"], {"condition": "service_completed_successfully"})
        self.assertEqual(compose()["services"]["migrate"]["depends_on"], {"postgres": {"condition": "service_healthy"}})

    def test_traefik_sends_webhooks_to_the_ingress_and_the_rest_to_the_api(self):
        routes = yaml.safe_load(compose()["configs"]["routes"]["content"])["http"]
        webhooks, everything = routes["routers"]["webhooks"], routes["routers"]["everything"]
        self.assertEqual(sorted(re.findall(r"Path\(`([^`]+)`\)", webhooks["rule"])), webhook_paths())
        self.assertEqual((webhooks["service"], everything["service"]), ("ingress", "api"))
        self.assertGreater(webhooks["priority"], everything["priority"])
        for name, service in routes["services"].items():
            (server,) = service["loadBalancer"]["servers"]
            self.assertEqual(server["url"], f"http://{name}:{processes()[name]['port']}")
        self.assertEqual(compose()["services"]["traefik"]["ports"], ["${LOA_PORT:-80}:80"])

    def test_variables_are_the_processes_own_and_no_secret_stands_in_the_file(self):
        known = set(variables()) | {"LOA_ENV", "LOG", "WEBHOOK_FORWARD_URL", "INGRESS_SPOOL_DIR", "DATABASE_ADMIN_URL"}
        for name in set(processes()) | {"migrate"}:
            for variable, value in compose()["services"][name]["environment"].items():
                self.assertIn(variable, known, name)
                if variables().get(variable, {}).get("secret"):
                    self.assertTrue("${" in value or "@" not in value, f"{variable} of {name}")

    def test_brokers_and_databases_are_new_enough_and_cannot_be_reached(self):
        services = compose()["services"]
        version = re.match(r"rabbitmq:(\d+)\.(\d+)", services["rabbitmq"]["image"])
        self.assertGreaterEqual((int(version.group(1)), int(version.group(2))), (3, 12))
        self.assertGreaterEqual(int(services["postgres"]["image"].removeprefix("postgres:")), 15)
        for name in ("postgres", "redis", "rabbitmq"):
            self.assertEqual(services[name]["networks"], ["inside"])
            self.assertIn("healthcheck", services[name])
        self.assertTrue(compose()["networks"]["inside"]["internal"])

    def test_what_is_mounted_is_there_in_the_image(self):
        declared = compose()["volumes"]
        for name in processes():
            for mount in compose()["services"][name].get("volumes", []):
                volume, path = mount.split(":")
                self.assertIn(volume, declared)
                self.assertIn(f"--chown=10001:10001 /out/{volume} {path}", text("Dockerfile"))


if __name__ == "__main__":
    unittest.main()
