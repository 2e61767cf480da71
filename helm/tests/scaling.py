"""Plays the autoscaler on one machine: `./dev scaling`.

Asks the chart's own triggers, as KEDA does, decides by the rules and the behaviour of the chart's ScaledObject, as
Kubernetes does, and starts and stops processes of message-persistence, while the load rises and falls. A pod here is a
process that may use a tenth of a core, as a limit of Kubernetes would have it (control groups, so it takes root).
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from product import SECRET, Product, ask, free_ports, until
from rendering import example, render

PROCESS = "message-persistence"
GROUPS = Path("/sys/fs/cgroup/cpu")
# Seconds at each rate.
STEPS = [(50, 45), (1000, 100), (50, 140)]
# KEDA's polling and the autoscaler's own round.
ROUND = 15
# Nothing is judged before a step is so old.
SETTLED = 60
WORST_AGE = 5.0


def chart():
    """The ScaledObject of the process, where the need for fewer pods lasts half a minute instead of five."""
    values = example("production") | {"autoscaling": {"scaleDownSeconds": 30}, "processes": {PROCESS: {"minReplicas": 1}}}
    (found,) = [one for one in render(values) if one["kind"] == "ScaledObject" and one["metadata"]["name"] == f"loa-{PROCESS}"]
    return found["spec"]


class Pods:
    """The processes that stand for pods."""

    def __init__(self, product, cores):
        self.product, self.cores = product, cores
        self.started, self.live, self.stopping, self.clean = 0, [], [], True

    def scale(self, wanted):
        """Starts and stops as many as it takes."""
        while len(self.live) < wanted:
            self.started += 1
            name, (port,) = f"{PROCESS}-{self.started}", free_ports(1)
            group = GROUPS / f"loa-{os.getpid()}-{self.started}"
            group.mkdir()
            (group / "cpu.cfs_quota_us").write_text(str(int(self.cores * 100_000)))
            told = self.product.environment() | {"OPS_ADDR": f"127.0.0.1:{port}"}
            started = self.product.spawn(name, [self.product.bin / PROCESS], told)
            (group / "cgroup.procs").write_text(str(started.pid))
            self.live.append((name, port, started, group))
        while len(self.live) > wanted:
            self.live[-1][2].terminate()
            self.stopping.append(self.live.pop())
        everybody = [(name, f"{name}-0", port) for name, port in self.product.ops.items()]
        self.product.watch(everybody + [(PROCESS, name, port) for name, port, _, _ in self.live])

    def reap(self, wait=False):
        """Takes leave of those that have ended."""
        for one in list(self.stopping):
            if wait:
                one[2].wait(30)
            if one[2].poll() is not None:
                self.clean &= one[2].returncode == 0
                one[3].rmdir()
                self.stopping.remove(one)


class Autoscaler:
    """Decides as Kubernetes does: the most that a trigger asks for, within the behaviour of the ScaledObject."""

    def __init__(self, spec):
        self.spec = spec
        self.behavior = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
        self.wishes, self.last_down = [], 0.0

    def asked_for(self, product):
        """What each trigger asks for."""
        found = {}
        for trigger in self.spec["triggers"]:
            told = trigger["metadata"]
            if trigger["name"] == "queue":
                # The same figure as RabbitMQ gives KEDA.
                query, threshold = 'max(loa_janitor_queue_messages{queue="persist"})', told["value"]
            elif trigger["type"] == "prometheus":
                query, threshold = told["query"], told["threshold"]
            else:
                continue
            series = product.series(query)
            value = float(series[0]["value"][1]) if series else math.nan
            found[trigger["name"]] = 0 if math.isnan(value) else math.ceil(value / float(threshold))
        return found

    def decide(self, asked, now, current):
        """How many pods there shall be."""
        most = max(asked.values())
        wanted = min(max(most, self.spec["minReplicaCount"]), self.spec["maxReplicaCount"])
        window = self.behavior["scaleDown"]["stabilizationWindowSeconds"]
        self.wishes = [(at, wish) for at, wish in self.wishes if now - at < window] + [(now, wanted)]
        if wanted > current:
            up = {policy["type"]: policy["value"] for policy in self.behavior["scaleUp"]["policies"]}
            return min(wanted, max(current + up["Pods"], math.floor(current * (1 + up["Percent"] / 100))))
        wanted = max(wish for _, wish in self.wishes)
        (down,) = self.behavior["scaleDown"]["policies"]
        if wanted >= current or now - self.last_down < down["periodSeconds"]:
            return current
        self.last_down = now
        return current - down["value"]


def counted(sql):
    """A number of the database."""
    done = subprocess.run(["psql", "-XAtq", "-d", os.environ["DATABASE_ADMIN_URL"], "-c", sql], check=True, capture_output=True, text=True)
    return int(done.stdout)


def age(product):
    """The 99th percentile of the age of what was stored in the last seconds."""
    series = product.series("histogram_quantile(0.99, sum by (le) (rate(loa_persist_event_age_seconds_bucket[10s])))")
    value = float(series[0]["value"][1]) if series else math.nan
    return 0.0 if math.isnan(value) else value


def play(product, cores):
    """The whole play; gives its figures."""
    pods, scaler, run = Pods(product, cores), Autoscaler(chart()), f"play{time.time_ns()}"
    ours = f"from messages where platform_id like 'wamid.{run}.%'"
    pods.scale(1)
    until("the worker is ready", 30, lambda: ask(f"http://127.0.0.1:{pods.live[0][1]}/readyz")[0] == 200)
    load = subprocess.Popen([sys.executable, "-B", Path(__file__).with_name("load.py"), product.url("ingress"), SECRET,
                             product.seed["phoneNumberId"], product.seed["wabaId"], run],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    began, next_round, worst, steps = time.monotonic(), 0.0, 0.0, []
    for rate, seconds in STEPS:
        load.stdin.write(f"{rate}\n")
        load.stdin.flush()
        step = {"rate": rate, "pods": [len(pods.live)] * 2, "worstAge": 0.0, "worstAgeSettled": 0.0}
        step_began = time.monotonic()
        while (into := time.monotonic() - step_began) < seconds:
            now = time.monotonic() - began
            if now >= next_round:
                next_round = now + ROUND
                asked = scaler.asked_for(product)
                wanted = scaler.decide(asked, now, len(pods.live))
                print(f"{now:5.0f} s  {rate:5}/s  {len(pods.live)} pods, asked {asked}, now {wanted}; age {age(product):.2f} s", flush=True)
                pods.scale(wanted)
            pods.reap()
            step["pods"] = [min(step["pods"][0], len(pods.live)), max(step["pods"][1], len(pods.live))]
            step["worstAge"] = max(step["worstAge"], age(product))
            if into > SETTLED:
                step["worstAgeSettled"] = max(step["worstAgeSettled"], age(product))
            time.sleep(1)
        worst = max(worst, step["worstAgeSettled"])
        steps.append(step)
    load.stdin.close()
    said = json.loads(load.stdout.read())
    until("everything is stored", 60, lambda: counted(f"select count(*) {ours}") >= said["accepted"])
    time.sleep(2)
    stored = counted(f"select count(*) {ours}")
    different = counted(f"select count(distinct platform_id) {ours}")
    last = len(pods.live)
    pods.scale(0)
    pods.reap(wait=True)
    peak = max(step["pods"][1] for step in steps)
    return {"bench": "scaling", "ok": worst < WORST_AGE and stored == different == said["accepted"] and 1 < peak > last and pods.clean,
            "cores_a_pod": cores, "steps": steps, "worst_age_settled": worst, "peak": peak, "at_the_end": last, **said,
            "lost": said["accepted"] - different, "double": stored - different, "stopped_clean": pods.clean}


if __name__ == "__main__":
    quota = float(sys.argv[1]) if len(sys.argv) > 1 else 0.1
    with tempfile.TemporaryDirectory() as folder, Product(folder, without=[PROCESS]) as running:
        result = play(running, quota)
    print(f"RESULT {json.dumps(result)}")
    sys.exit(0 if result["ok"] else 1)
