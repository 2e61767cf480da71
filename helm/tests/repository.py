"""What the tests of the chart read of the repository."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm"

# Given by the chart itself, to other ends than the process's own default, or read by commands alone.
MANAGED = {
    "LOA_ENV",
    "LISTEN_ADDR",
    "OPS_ADDR",
    "SHUTDOWN_GRACE",
    "OUTBOUND_REPLICAS",
    "INGRESS_SPOOL_DIR",
    "INGRESS_SPOOL_MAX_BYTES",
    "WEBHOOK_FORWARD_URL",
}

# Processes that have their entries before their binaries; whoever builds one takes it out.
COMING = set()


def text(path):
    """The text of a file of the repository."""
    return (ROOT / path).read_text(encoding="utf-8")


def processes():
    """The table of processes."""
    return yaml.safe_load(text("helm/processes.yaml"))


def variables():
    """The variables that processes read, from the page that the configuration writes."""
    found = {}
    for line in text("docs/en/configuration.md").splitlines():
        if not line.startswith("| `"):
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        readers = sorted(reader for reader in cells[5].split(", ") if " " not in reader)
        name = cells[0].strip("`")
        if name not in MANAGED and readers:
            found[name] = {"secret": cells[3] == "yes", "readers": readers}
    return found


def binaries():
    """The binaries that an installation runs."""
    workers = {path.stem for path in (ROOT / "workers/src/bin").glob("*.rs")}
    return workers | {"ingress", "api"}


def webhook_paths():
    """The paths that the ingress takes events and challenges by."""
    route = text("ingress/src/route.rs").split("#[cfg(test)]")[0]
    return sorted(set(re.findall(r'"(/[^"]+)"', route)))
