"""A real Elasticsearch on this machine's loopback address, for development and tests: `node.py start|stop|status`.

The node is made of the jars that Maven Central publishes: server and HTTP transport, unchanged, and one small module for what
a client expects and the server's jar lacks (CommonPlugin.java). Everything is kept under var/elasticsearch; delete it to start
afresh. It lacks what comes in modules that are not published: scripts, `_reindex`, `_update_by_query`, `_delete_by_query`,
rank_feature, search_as_you_type, percolator, synonym filters, ICU, security. The portal uses none of these, so that it runs on
any Elasticsearch 8; production takes the official packages or image.

Of the environment: ES_PORT (9200; further nodes take the next ports), NODES (1), ES_HEAP (512m, for each node).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
# Program -> the Debian and Ubuntu package that brings it (tools/browser.py installs both).
NEEDED = {"javac": "openjdk-17-jdk-headless", "jar": "openjdk-17-jdk-headless", "mvn": "maven"}
READY_SECONDS = 180
STOP_SECONDS = 30
TRANSPORT = 100  # the nodes' own port lies so far above the one for clients


class NotPossible(SystemExit):
    """What stands in the way, in a sentence."""


def folder() -> Path:
    """Where jars, data and the list of what runs are kept."""
    made = Path(os.environ.get("PORTAL_VAR") or ROOT / "var").resolve() / "elasticsearch"
    made.mkdir(parents=True, exist_ok=True)
    return made


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """One program at a time builds, starts and stops."""
    with (folder() / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def build() -> Path:
    """The node's home with its jars and classes, made at the first call (a download of some 60 MB)."""
    pom = (HERE / "pom.xml").read_text(encoding="utf-8")
    found = re.search(r"<elasticsearch.version>(.*)</elasticsearch.version>", pom)
    assert found  # noqa: S101  # a file of our own
    version = found[1]
    home = folder() / version
    done = home / "complete"
    sources = "".join((HERE / name).read_text(encoding="utf-8") for name in ("pom.xml", "EsNode.java", "CommonPlugin.java"))
    if done.exists() and done.read_text(encoding="utf-8") == sources:
        return home
    missing = list(dict.fromkeys(package for program, package in NEEDED.items() if not shutil.which(program)))
    if missing:
        raise NotPossible(f"Elasticsearch also needs: {', '.join(missing)}\nOn Debian and Ubuntu: sudo apt install {' '.join(missing)}")
    shutil.rmtree(home, ignore_errors=True)
    for part in ("lib", "config", "logs", "classes", "modules/transport-netty4", "modules/common"):
        (home / part).mkdir(parents=True)
    print("elasticsearch: fetching its jars …", flush=True)
    run(["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies", f"-DoutputDirectory={home / 'lib'}"])
    for pattern in ("netty-*.jar", "transport-netty4*.jar", "elasticsearch-ssl-config*.jar"):
        for jar in (home / "lib").glob(pattern):
            jar.rename(home / "modules" / "transport-netty4" / jar.name)
    compiler = ["javac", "-proc:none", "-d", str(home / "classes"), "-cp", f"{home / 'lib'}/*"]
    run([*compiler, str(HERE / "CommonPlugin.java")])
    run(["jar", "--create", "--file", str(home / "modules" / "common" / "common.jar"), "-C", str(home / "classes"), "."])
    for made in (home / "classes").glob("CommonPlugin*"):
        made.unlink()
    run([*compiler, str(HERE / "EsNode.java")])
    for name, entry in (("transport-netty4", "org.elasticsearch.transport.netty4.Netty4Plugin"), ("common", "CommonPlugin")):
        (home / "modules" / name / "plugin-descriptor.properties").write_text(
            f"name={name}\ndescription={name}\nversion={version}\nelasticsearch.version={version}\njava.version=17\n"
            f"classname={entry}\nhas.native.controller=false\n",
            encoding="utf-8",
        )
    done.write_text(sources, encoding="utf-8")
    return home


def run(command: list[str]) -> None:
    """Run one program of the build; what it says is shown when it fails."""
    result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=900)
    if result.returncode:
        raise NotPossible(f"{command[0]} failed:\n{(result.stdout + result.stderr)[-3000:]}")


def remembered(name: str) -> list[dict[str, Any]]:
    """The nodes that were started under a name and still run: their process, when it began, and their port."""
    file = folder() / f"{name}.json"
    if not file.exists():
        return []
    return [node for node in json.loads(file.read_text(encoding="utf-8")) if process_of(node) is not None]


def process_of(node: dict[str, Any]) -> psutil.Process | None:
    """The node's process; None when it has ended, or when its number is another's by now."""
    try:
        process = psutil.Process(node["pid"])
        same = abs(process.create_time() - node["began"]) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return None
    return process if same else None


def answers(port: int, nodes: int = 1) -> bool:
    """Whether an Elasticsearch answers there, with so many nodes and every primary shard at hand."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_cluster/health", timeout=2) as response:  # nosec B310  # an address of ours
            health = json.load(response)
    except (OSError, ValueError):
        return False
    return bool(health["number_of_nodes"] == nodes and health["status"] != "red")


def free(port: int) -> bool:
    """Whether nobody listens on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def command(home: Path, data: Path, port: int, ports: list[int], heap: str) -> list[str]:
    """What starts one node of those on `ports`."""
    settings = [f"path.data={data / str(port)}"]
    if len(ports) > 1:
        settings += [
            "discovery.seed_hosts=" + ",".join(f"127.0.0.1:{one + TRANSPORT}" for one in ports),
            "cluster.initial_master_nodes=" + ",".join(f"node-{one}" for one in ports),
        ]
    java = ["java", f"-Xms{heap}", f"-Xmx{heap}", "-Djava.awt.headless=true", "-cp", f"{home / 'classes'}:{home / 'lib'}/*"]
    return [*java, "EsNode", str(home), str(port), *settings]


def launch(name: str, port: int, ports: list[int], heap: str) -> dict[str, Any]:
    """Start one node in the background; gives what is remembered of it."""
    data = folder() / f"data-{name}-{len(ports)}"
    data.mkdir(exist_ok=True)
    with (folder() / f"{name}-{port}.log").open("ab") as log:
        process = subprocess.Popen(
            command(build(), data, port, ports, heap), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=folder()
        )
    return {"pid": process.pid, "began": psutil.Process(process.pid).create_time(), "port": port}


def start(name: str, port: int, nodes: int = 1, heap: str = "512m") -> list[int]:
    """Start the nodes of a name and wait until they answer; gives their ports, and leaves alone what runs already."""
    with alone():
        running = remembered(name)
        if running:
            return [node["port"] for node in running]
        ports = list(range(port, port + nodes))
        taken = [one for first in ports for one in (first, first + TRANSPORT) if not free(one)]
        if taken:
            raise NotPossible(f"Port {taken[0]} is taken by another program: set ES_PORT to one whose neighbours are free too.")
        build()
        started: list[dict[str, Any]] = []
        try:
            for one in ports:
                started.append(launch(name, one, ports, heap))
                (folder() / f"{name}.json").write_text(json.dumps(started), encoding="utf-8")
            until = time.monotonic() + READY_SECONDS
            while not all(answers(one, nodes) for one in ports):
                ended = [node for node in started if process_of(node) is None]
                if ended or time.monotonic() > until:
                    log = folder() / f"{name}-{(ended or started)[0]['port']}.log"
                    said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
                    raise NotPossible(f"Elasticsearch did not start. The end of {log}:\n{said}")
                time.sleep(0.2)
        except BaseException:
            end(name)
            raise
        return ports


def end(name: str) -> int:
    """End the nodes of a name, and no others; gives how many."""
    processes = [process for node in remembered(name) if (process := process_of(node)) is not None]
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _gone, alive = psutil.wait_procs(processes, timeout=STOP_SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=STOP_SECONDS)
    (folder() / f"{name}.json").unlink(missing_ok=True)
    return len(processes)


def stop(name: str) -> int:
    """End the nodes of a name when nobody is starting or stopping any."""
    with alone():
        return end(name)


def main(arguments: list[str]) -> int:
    """`start`, `stop` or `status` of the nodes for development."""
    action = arguments[0] if arguments else ""
    if action == "start":
        nodes, port = int(os.environ.get("NODES") or 1), int(os.environ.get("ES_PORT") or 9200)
        before = [node["port"] for node in remembered("development")]
        ports = start("development", port, nodes, os.environ.get("ES_HEAP") or "512m")
        addresses = ",".join(f"http://127.0.0.1:{one}" for one in ports)
        if before and (len(before) != nodes or before[0] != port):
            raise NotPossible(f"Elasticsearch runs already, otherwise: {addresses}. `make elasticsearch-stop` ends it.")
        print(f"elasticsearch {'runs' if before else 'is ready'}: ELASTICSEARCH_URL={addresses}")
    elif action == "stop":
        print(f"elasticsearch: {stop('development')} ended")
    elif action == "status":
        print(json.dumps([node["port"] for node in remembered("development")]))
    else:
        raise NotPossible("node.py start|stop|status")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
