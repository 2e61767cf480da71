"""The product's processes, the simulator and Prometheus, started for one run and stopped after it."""

import base64
import hashlib
import hmac
import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import yaml

from repository import CHART, binaries

SECRET = "watched-app-secret"
TOKEN = "watched-verify-token"
ADDRESSES = ("DATABASE_URL", "DATABASE_ADMIN_URL", "REDIS_URL", "RABBITMQ_URL")


def free_ports(count):
    """Ports that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def ask(url, body=None, headers=None, method=None):
    """The status and the text of an answer."""
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
    except OSError as error:
        return 0, str(error)


def until(what, limit, condition):
    """Waits until `condition` holds."""
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not after {limit} s")
        time.sleep(0.2)


class Product:
    """Everything that runs, and where."""

    def __init__(self, folder, without=()):
        self.folder = Path(folder)
        self.bin = Path(os.environ["LOA_BIN_DIR"])
        self.names = sorted(binaries() - set(without))
        ports = free_ports(2 * len(self.names) + 2)
        self.ops = dict(zip(self.names, ports))
        self.listen = dict(zip(self.names, ports[len(self.names):]))
        self.simulator, self.prometheus = ports[-2:]
        self.running = []
        self.seed = {}

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def url(self, name):
        """The address of a door."""
        return f"http://127.0.0.1:{self.listen[name]}"

    def environment(self, name=None):
        """What a process is told."""
        simulator = f"http://127.0.0.1:{self.simulator}"
        told = {key: os.environ[key] for key in ADDRESSES} | {
            "PATH": os.environ["PATH"],
            "LOA_ENV": "development",
            "MESSAGE_ENCRYPTION_KEY": base64.b64encode(bytes(32)).decode(),
            "JWT_SECRET": "watched-watched-watched-watched-watched",
            "WHATSAPP_APP_SECRET": SECRET,
            "WHATSAPP_WEBHOOK_VERIFY_TOKEN": TOKEN,
            "WHATSAPP_API_BASE_URL": f"{simulator}/v25.0",
            "MEDIA_STORE_URL": f"file://{self.folder}/media",
            "INGRESS_SPOOL_DIR": f"{self.folder}/spool",
        }
        if name:
            told |= {"OPS_ADDR": f"127.0.0.1:{self.ops[name]}", "LISTEN_ADDR": f"127.0.0.1:{self.listen[name]}"}
        return told

    def spawn(self, name, command, environment):
        """Starts a process whose log is a file of the folder."""
        with open(self.folder / f"{name}.log", "wb") as log:
            self.running.append(subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT))
        return self.running[-1]

    def watch(self, targets):
        """Tells Prometheus whom to ask, with the labels that the chart's ServiceMonitor gives: (process, pod, port)."""
        listed = [
            {"targets": [f"127.0.0.1:{port}"], "labels": {"app": "loa", "process": process, "namespace": "loa", "pod": pod}}
            for process, pod, port in targets
        ]
        new = self.folder / "targets.new"
        new.write_text(json.dumps(listed))
        new.replace(self.folder / "targets.json")

    def start(self):
        """Starts everything and waits until it is ready."""
        for command in (["migrate"], ["seed-demo", "--out", str(self.folder / "seed.json")]):
            subprocess.run([self.bin / "api", *command], env=self.environment(), check=True, capture_output=True, timeout=120)
        self.seed = json.loads((self.folder / "seed.json").read_text())
        told = {"SIMULATOR_LISTEN": f"127.0.0.1:{self.simulator}", "SIMULATOR_APP_SECRET": SECRET,
                "SIMULATOR_WEBHOOK_TARGET": self.url("ingress")}
        self.spawn("simulator", [self.bin / "simulator"], {"PATH": os.environ["PATH"]} | told)
        for name in self.names:
            self.spawn(name, [self.bin / name], self.environment(name))
        for name in self.names:
            until(f"{name} is ready", 60, lambda at=f"http://127.0.0.1:{self.ops[name]}/readyz": ask(at)[0] == 200)
        self.start_prometheus()

    def start_prometheus(self):
        """Starts Prometheus, which asks everybody each second."""
        self.watch([(name, f"{name}-0", port) for name, port in self.ops.items()])
        found = {"files": [f"{self.folder}/targets.json"], "refresh_interval": "1s"}
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(CHART / "alerts/loa.yaml")],
            "scrape_configs": [{"job_name": "loa-operators", "file_sd_configs": [found]}],
        }
        (self.folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
        self.spawn("prometheus", [
            "prometheus", f"--config.file={self.folder}/prometheus.yaml", f"--storage.tsdb.path={self.folder}/tsdb",
            f"--web.listen-address=127.0.0.1:{self.prometheus}", "--log.level=warn",
        ], {"PATH": os.environ["PATH"]})
        until("Prometheus is ready", 30, lambda: ask(f"http://127.0.0.1:{self.prometheus}/-/ready")[0] == 200)

    def stop(self):
        """Stops what was started, and waits for it."""
        for one in self.running:
            one.terminate()
        for one in self.running:
            try:
                one.wait(30)
            except subprocess.TimeoutExpired:
                one.kill()

    def challenge(self):
        """Asks as Meta does when the webhook is set up."""
        query = urllib.parse.urlencode({"hub.mode": "subscribe", "hub.verify_token": TOKEN, "hub.challenge": "watched"})
        return ask(f"{self.url('ingress')}/api/v1/whatsapp/webhooks?{query}")

    def webhook(self, value, secret=SECRET, field="messages"):
        """Posts a webhook of the demo number, signed as Meta signs; gives the status of the answer."""
        number = {"display_phone_number": "15550001111", "phone_number_id": self.seed["phoneNumberId"]}
        change = {"field": field, "value": {"messaging_product": "whatsapp", "metadata": number} | value}
        entry = {"id": self.seed["wabaId"], "changes": [change]}
        body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", "x-hub-signature-256": f"sha256={signature}"}
        return ask(f"{self.url('ingress')}/api/v1/whatsapp/webhooks", body, headers)[0]

    def api(self, path, token=None, body=None):
        """The data of an answer of the API."""
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        status, text = ask(f"{self.url('api')}/api/v1{path}", json.dumps(body).encode() if body is not None else None, headers)
        if status != 200:
            raise RuntimeError(f"{path}: {status} {text}")
        return json.loads(text)["data"]

    def series(self, expression):
        """What Prometheus finds."""
        query = urllib.parse.urlencode({"query": expression}).encode()
        status, text = ask(f"http://127.0.0.1:{self.prometheus}/api/v1/query", query)
        if status != 200:
            raise ValueError(f"{expression}: {text}")
        return json.loads(text)["data"]["result"]
