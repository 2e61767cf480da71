"""A wrong value is refused when the chart is rendered, by its name."""

import unittest

from rendering import example, render

GOOD = example("minimal")

# The path of a value, what it is set to, and what the refusal names.
WRONG = [
    ("replicas", 3, "replicas"),
    ("image.tagg", "1.0", "tagg"),
    ("image.pullPolicy", "Sometimes", "/image/pullPolicy"),
    ("image.digest", "sha256:12", "/image/digest"),
    ("image.repository", "", "/image/repository"),
    ("secrets.name", "", "/secrets/name"),
    ("secrets.from.DATABASE_UR", {"name": "neon", "key": "uri"}, "DATABASE_UR"),
    ("secrets.from.DATABASE_URL", {"name": "neon"}, "/secrets/from/DATABASE_URL"),
    ("config.WHATSAPP_APP_SECRET", "in plain sight", "WHATSAPP_APP_SECRET"),
    ("config.OPS_ADDR", "127.0.0.1:1", "OPS_ADDR"),
    ("config.DATABASE_POOL", 10, "/config/DATABASE_POOL"),
    ("shutdownGraceSeconds", "25s", "/shutdownGraceSeconds"),
    ("shutdownGraceSeconds", 1, "/shutdownGraceSeconds"),
    ("spool.size", "plenty", "/spool/size"),
    ("spool.maxBytes", 1, "/spool/maxBytes"),
    ("ingress.host", "https://loa.example.com", "/ingress/host"),
    ("keda.prometheus.serverAddress", "prometheus:9090", "/keda/prometheus/serverAddress"),
    ("keda.pollingInterval", 0, "/keda/pollingInterval"),
    ("monitoring.interval", "often", "/monitoring/interval"),
    ("networkPolicy.postgresql.port", 70_000, "/networkPolicy/postgresql/port"),
    ("networkPolicy.clients", [{"podselector": {}}], "podselector"),
    ("processes.ingres", {"minReplicas": 1}, "processes.ingres: there is no such process"),
    ("processes.api.replicas", 3, "replicas"),
    ("processes.api.resources", {"limits": {"memory": "lots"}}, "/processes/api/resources/limits/memory"),
    ("processes.janitor.minReplicas", 0, "processes.janitor.minReplicas"),
    ("processes.message-persistence.maxReplicas", 0, "/processes/message-persistence/maxReplicas"),
    ("processes.outbound-sender", {"minReplicas": 9, "maxReplicas": 3}, "processes.outbound-sender.maxReplicas"),
    ("config.MEDIA_STORE_URL", "file:///var/lib/loa/media", "media.existingClaim"),
    ("tolerations", [{"effect": "Never"}], "/tolerations/0/effect"),
]


def changed(path, value):
    """The good values with one of them set."""
    values = example("minimal")
    at = values
    *way, last = path.split(".")
    for key in way:
        at = at.setdefault(key, {})
    at[last] = value
    return values


class Values(unittest.TestCase):
    def test_good_values_are_taken(self):
        self.assertGreater(len(render(GOOD)), 20)

    def test_a_wrong_value_is_refused_by_its_name(self):
        for path, value, named in WRONG:
            with self.subTest(path):
                with self.assertRaises(Exception) as refused:
                    render(changed(path, value))
                said = str(refused.exception)
                self.assertIn(named.replace("/", "."), said.replace("/", "."), said)

    def test_a_process_may_be_left_out(self):
        kinds = [one for one in render(changed("processes.media-fetcher", {"enabled": False})) if "media-fetcher" in one["metadata"]["name"]]
        self.assertEqual(kinds, [])


if __name__ == "__main__":
    unittest.main()
