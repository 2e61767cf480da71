"""A real Prometheus beside the running product: every expression that is shown, called by or scaled by finds something.

`./dev test` runs it; it wants LOA_BIN_DIR and the addresses of the services.
"""

import json
import re
import tempfile
import time
import unittest


import test_watching
from product import Product, until
from rendering import objects

MINUTES = 2
# What a healthy installation has no series of, and why. Whatever else is empty is a mistake.
ABSENT = {
    "loa_flow_turns_total": "no flow runs in this installation",
    "loa_flow_sessions_ended_total": "no flow runs in this installation",
    "loa_flow_calls_total": "no flow runs in this installation",
    'outcome="refused"': "no platform refused anything",
    "loa_janitor_dead_letters{": "nothing died",
    "loa_janitor_holds": "nothing is held",
    "loa_broker_held_batches": "no worker waits for anything",
    "loa_outbound_pauses_total": "no platform's answer brought a pause",
    "loa_status_pauses_total": "no late failure brought a pause",
    "loa_persist_unclaimed_events_total": "every event is of the demo number",
    "loa_status_unclaimed_events_total": "every event is of the demo number",
    "offset 1w": "nothing ran a week ago",
    "absent(": "it tells of what is not there",
    'status="error"': "no account is refused",
    'quality="red"': "no number is red",
    'status=~"5.."': "the API did not fail",
    "!=\"confirmed\"": "everything was confirmed",
}
COMPARISON = re.compile(r" (==|!=|>=|<=|>|<) (?=[\d(])")
UNLESS = re.compile(r" unless on \([^)]*\) ")


def excused(expression):
    """Why an expression may be empty."""
    return next((why for part, why in ABSENT.items() if part in expression), None)


def shown():
    """The queries of the dashboards."""
    for name, written in test_watching.build.files().items():
        for panel in json.loads(written)["panels"]:
            for target in panel["targets"]:
                expression = target["expr"].replace("$namespace", ".*").replace("[$__rate_interval]", "[1m]")
                yield f"{name}: {panel['title']} {target['refId']}", expression


def called():
    """The expressions of the alerts; a comparison says whether it holds, where the alert would keep silent. Both sides
    of `unless` are asked by themselves: what is well on the right is what leaves the whole empty."""
    for name, rule in test_watching.alerts().items():
        for side, expression in enumerate(UNLESS.split(rule["expr"])):
            yield f"{name} {side}", COMPARISON.sub(r" \1 bool ", expression)


def scaled():
    """The queries by which workers are scaled."""
    for one in objects("production", "ScaledObject"):
        for trigger in one["spec"]["triggers"]:
            if trigger["type"] == "prometheus":
                yield f"{one['metadata']['name']}: {trigger['name']}", trigger["metadata"]["query"]


def traffic(product, round_):
    """A little of everything that a healthy day brings."""
    contact = {"contacts": [{"wa_id": "84901234567", "profile": {"name": "An"}}]}
    stamp = str(int(time.time()))
    said = {"from": "84901234567", "id": f"wamid.watched{round_}", "timestamp": stamp, "type": "text", "text": {"body": "hello"}}
    photo = {"from": "84901234567", "id": f"wamid.photo{round_}", "timestamp": stamp, "type": "image",
             "image": {"id": "1", "mime_type": "image/jpeg", "sha256": "x"}}
    stop = {"from": "84901234599", "id": f"wamid.stop{round_}", "timestamp": stamp, "type": "text", "text": {"body": "STOP"}}
    assert product.webhook(contact | {"messages": [said, photo]}) == 200
    assert product.webhook({"contacts": [{"wa_id": "84901234599", "profile": {"name": "Bo"}}], "messages": [stop]}) == 200
    assert product.webhook({"messages": []}, secret="wrong") == 401
    news = {"display_phone_number": "15550001111", "event": "THROUGHPUT_UPGRADE"}
    assert product.webhook(news, field="phone_number_quality_update") == 200
    assert product.challenge() == (200, "watched")


def answer(product, token):
    """An agent reads and answers."""
    until("the message is stored", 20, lambda: product.api("/whatsapp/conversations", token))
    conversation = product.api("/whatsapp/conversations", token)[0]["id"]
    product.api(f"/whatsapp/conversations/{conversation}/messages", token, {"type": "text", "content": "hello to you"})
    product.api(f"/whatsapp/conversations/{conversation}/read", token, {})


class Prometheus(unittest.TestCase):
    def test_every_expression_finds_a_series(self):
        with tempfile.TemporaryDirectory() as folder, Product(folder) as product:
            token = product.api("/auth/login", body={key: product.seed[key] for key in ("email", "password")})["accessToken"]
            for round_ in range(6):
                traffic(product, round_)
                answer(product, token)
                time.sleep(2)
            self.assertEqual({one["metric"]["process"] for one in product.series("up == 1")}, set(product.names))
            wanted = dict([*shown(), *called(), *scaled()])
            empty = wanted
            deadline = time.monotonic() + 60 * MINUTES
            while empty and time.monotonic() < deadline:
                empty = {name: one for name, one in empty.items() if not excused(one) and not product.series(one)}
                time.sleep(1)
            self.assertEqual(empty, {}, "these find nothing")
            for expression in wanted.values():
                product.series(expression)
            firing = {one["metric"]["alertname"] for one in product.series('ALERTS{alertstate="firing"}')}
            self.assertEqual(firing & {"LoaProcessDown", "LoaJanitorMissing", "LoaEventsNotDurable"}, set())
            print(f"{len(wanted)} expressions, of which {sum(1 for one in wanted.values() if excused(one))} may be empty; firing: {sorted(firing)}")

    def test_nothing_is_excused_that_nobody_asks_for(self):
        asked = " ".join(dict([*shown(), *called(), *scaled()]).values())
        self.assertEqual([part for part in ABSENT if part not in asked], [])


if __name__ == "__main__":
    unittest.main()
