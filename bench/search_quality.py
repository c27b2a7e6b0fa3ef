"""How well search finds real questions over the real procedures, both engines beside what Wagtail brings: one table.

    python bench/search_quality.py [--data FOLDER] [--every N] [--alter HOW …] [--no-baselines]

The records are imported into a scratch database, as an installation does it; the engines mirror it, Elasticsearch on a node of its
own on loopback; `search_eval` asks the questions. Everything goes afterwards. Wagtail's search on PostgreSQL takes up to a second
for a long question, so all of them take half an hour: `--every 10` asks a tenth, `--no-baselines` takes three minutes. The last line
is JSON with what was to be reached; 1 when something was not.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # before this folder, where search.py is not the application

import catalogue  # beside this file
import search_cluster

NAME, PORT, HEAP = "quality", 9480, "512m"
# Of the development questions: nDCG@10 of all and of the short ones, of the engines' first results the same, nDCG apart at most.
WANTED = {"all": 0.67, "short": 0.67, "same_first": 0.985, "apart": 0.005}


def node() -> tuple[str, Any]:
    """A node of Elasticsearch that goes afterwards: its address, and the function that ends it."""
    tool = search_cluster._load(catalogue.ROOT / "tools" / "elasticsearch" / "node.py", "elasticsearch_node")
    (port,) = tool.start(NAME, PORT, 1, HEAP)

    def end() -> None:
        tool.stop(NAME)
        shutil.rmtree(tool.folder() / f"data-{NAME}-1", ignore_errors=True)

    return f"http://127.0.0.1:{port}", end


def measure(data: Path, folder: Path, url: str, options: argparse.Namespace) -> dict[str, Any]:
    """Import, index, ask; prints the table and gives what `search_eval --json` says."""
    from django.conf import settings
    from django.core.management import call_command

    from search import index
    from search.engines import elasticsearch, local
    from search.management.commands.search_eval import Command

    settings.SEARCH_LOCAL_INDEX = folder / "search"
    settings.ELASTICSEARCH_URL, settings.ELASTICSEARCH_PREFIX, settings.ELASTICSEARCH_TIMEOUT = [url], "quality", 30.0
    catalogue.people()
    catalogue._timed_import(data / "procedures.jsonl.gz")
    call_command("search_tables", "seed", stdout=io.StringIO())
    print("imported, and the words of the portal brought", flush=True)
    local.engine().sync(rebuild=True)
    chosen = elasticsearch.options()
    assert chosen is not None
    index.rebuild(chosen)
    out = io.StringIO()
    call_command(
        "search_eval", str(data / "queries.jsonl"), "-k", "10", "--every", str(options.every), "--json",
        *(["--baselines"] if options.baselines else []), *(f"--alter={how}" for how in options.alter), verbosity=2, stdout=out,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(out.getvalue())
    Command().table(found, 10)
    return found


def verdict(found: dict[str, Any]) -> dict[str, bool]:
    """What was to be reached, and whether it was."""
    plain = [row for row in found["rows"] if not row["typed"] and row["engine"] in {"local", "elasticsearch"}]
    every = {row["engine"]: row["ndcg"] for row in plain if row["kind"] == "all"}
    short = [row for row in plain if row["kind"] not in {"all", "real_faq"}]
    held = {"all": min(every.values()) >= WANTED["all"]}
    for name in every:
        mine = [row for row in short if row["engine"] == name]
        held[f"short, {name}"] = sum(row["ndcg"] * row["n"] for row in mine) / max(1, sum(row["n"] for row in mine)) >= WANTED["short"]
    for pair in found["parity"]:
        held["same first result"] = pair["same_first"] >= WANTED["same_first"]
        held["nDCG apart"] = abs(every[pair["engines"][0]] - every[pair["engines"][1]]) <= WANTED["apart"]
    return held


def main() -> int:
    """Run; 0 when what was to be reached is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=catalogue.DATA.parent, help="a folder with procedures.jsonl.gz and queries.jsonl")
    parser.add_argument("--every", type=int, default=1, help="ask each n-th question only: Wagtail's search on PostgreSQL takes long")
    parser.add_argument("--alter", action="append", default=[], help="also with the questions typed so, as `search_eval` says it")
    parser.add_argument("--no-baselines", dest="baselines", action="store_false")
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    catalogue._django()
    with ExitStack() as afterwards:
        url, end = node()
        afterwards.callback(end)
        afterwards.callback(catalogue.scratch())
        folder = afterwards.enter_context(tempfile.TemporaryDirectory())
        found = measure(options.data, Path(folder), url, options)
    held = verdict(found)
    print(json.dumps({**found, "holds": held}, ensure_ascii=False))
    return 0 if all(held.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
