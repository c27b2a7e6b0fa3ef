"""How fast the catalogue is, as ratios of one run: `python bench/catalogue.py [--data PATH]`. JSON on the last line.

Import: the real records with revisions, events and index against a bare `bulk_create` of the same rows, in a scratch
database of its own that goes afterwards. The public pages stand in `bench/catalogue_pages.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data" / "procedures.jsonl.gz"
TARGETS = {"import_ratio": 0.4, "unchanged_ratio": 5.0, "peak_megabytes": 400}


def _say(text: str) -> None:
    print(text, flush=True)


def _django() -> None:
    os.environ["PORTAL_AS_OWNER"] = "1"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()


def scratch() -> Any:
    """A scratch database on the same server; gives the function that removes it."""
    from django.db import connection

    before = connection.settings_dict["NAME"]
    connection.settings_dict.setdefault("TEST", {})["NAME"] = f"bench_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    return lambda: connection.creation.destroy_test_db(before, verbosity=0)


def people() -> Any:
    """Whoever imports, and whoever stands for the approval."""
    from organisation.models import SiteIdentity, Unit
    from safeguards.models import User

    actor = User.objects.create_user("bench-editor")
    approver = User.objects.create_user("bench-approver")
    unit = Unit.objects.create(name="Bench", slug="bench", code="A01", level=3)
    SiteIdentity.objects.create(unit=unit, import_approver=approver)
    return actor


def tables() -> dict[str, int]:
    """Rows in every table: a preview must leave them as they are."""
    from django.apps import apps

    return {model._meta.db_table: model._default_manager.count() for model in apps.get_models() if model._meta.managed}


def bare(rows: dict[Any, list[Any]]) -> float:
    """Seconds that a bare `bulk_create` of the same versions and parts takes."""
    from procedures_catalog.models import PARTS, Procedure, ProcedureVersion

    parts: list[Any] = list(PARTS.values())
    for model in (*parts, ProcedureVersion, Procedure):
        for instance in rows[model]:
            instance.pk = None
    from django.db import transaction

    started = time.perf_counter()
    with transaction.atomic():
        procedures = {instance.code: instance for instance in Procedure.objects.bulk_create(rows[Procedure], batch_size=500)}
        for version, code in zip(rows[ProcedureVersion], rows["codes"], strict=True):
            version.procedure = procedures[code]
        ProcedureVersion.objects.bulk_create(rows[ProcedureVersion], batch_size=500)
        for model in parts:
            for instance in rows[model]:
                instance.version = instance.bare_version
            model._default_manager.bulk_create(rows[model], batch_size=500)
    return time.perf_counter() - started


def rows_of_catalogue() -> dict[Any, list[Any]]:
    """The imported rows as unsaved instances."""
    from procedures_catalog.models import PARTS, Procedure, ProcedureVersion

    rows: dict[Any, list[Any]] = {Procedure: list(Procedure.objects.all())}
    versions = list(ProcedureVersion.objects.select_related("procedure"))
    by_key = {version.pk: version for version in versions}
    rows["codes"] = [version.procedure.code for version in versions]
    for version in versions:
        version.live, version.live_revision_id, version.latest_revision_id = False, None, None
    rows[ProcedureVersion] = versions
    parts: list[Any] = list(PARTS.values())
    for model in parts:
        rows[model] = list(model._default_manager.all())
        for instance in rows[model]:
            instance.bare_version = by_key[instance.version_id]
    return rows


def _timed_import(data: Path, **options: Any) -> tuple[Any, float]:
    from procedures_catalog.importing.service import Options, run_import
    from safeguards.models import User

    started = time.perf_counter()
    report = run_import(data, actor=User.objects.get(username="bench-editor"), options=Options(**options))
    return report, time.perf_counter() - started


def _count(model: Any) -> int:
    return int(model._default_manager.count())


def import_speed(data: Path = DATA) -> dict[str, Any]:
    """Ratios of the import. Runs in a process of its own, so that the peak of memory is the import's."""
    done = subprocess.run([sys.executable, __file__, "--only-import", "--data", str(data)], check=True, capture_output=True, text=True, cwd=ROOT)
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def page_speed() -> dict[str, Any]:
    """What `catalogue_pages.py` finds, from its last line; it says its table as it goes."""
    pages = subprocess.Popen([sys.executable, str(Path(__file__).with_name("catalogue_pages.py"))], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert pages.stdout is not None
    line = ""
    for line in pages.stdout:
        if not line.startswith("{"):
            _say(line.rstrip())
    if pages.wait() not in {0, 1}:  # 1: a target does not hold, and the last line says which
        raise SystemExit(f"the pages could not be measured ({pages.returncode})")
    result: dict[str, Any] = json.loads(line)
    return result


def _import_speed(data: Path) -> dict[str, Any]:
    from django.db import connection, reset_queries
    from wagtail.models import Revision

    from procedures_catalog.models import PARTS, Procedure, ProcedureVersion
    from safeguards.models import Event
    from search.models import Entry

    people()
    before = tables()
    preview, preview_seconds = _timed_import(data, dry_run=True)
    unwritten = tables() == before
    first, first_seconds = _timed_import(data)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    written = tables()
    connection.force_debug_cursor = True
    reset_queries()
    second, second_seconds = _timed_import(data)
    queries = len(connection.queries)
    connection.force_debug_cursor = False
    result = {
        "records": first.counts["create"],
        "rows": _count(ProcedureVersion) + sum(_count(model) for model in PARTS.values()),
        "revisions": _count(Revision),
        "events": _count(Event),
        "entries": _count(Entry),
        "first_seconds": first_seconds,
        "unchanged_seconds": second_seconds,
        "unchanged_queries": queries,
        "unchanged_ratio": first_seconds / second_seconds,
        "unchanged_writes_nothing": second.counts["unchanged"] == first.counts["create"] and tables() == written,
        "preview_seconds": preview_seconds,
        "preview_without_writes": unwritten and preview.counts == first.counts,
        "peak_megabytes": peak,
    }
    rows = rows_of_catalogue()
    with connection.cursor() as cursor:
        cursor.execute("truncate procedures_catalog_procedure, procedures_catalog_procedureversion cascade")
    _count(Procedure)
    result["bare_seconds"] = bare(rows)
    result["import_ratio"] = result["bare_seconds"] / first_seconds
    return result


def verdict(result: dict[str, Any]) -> dict[str, bool]:
    """Which targets of the import hold."""
    return {
        "import": result["import_ratio"] >= TARGETS["import_ratio"],
        "unchanged": result["unchanged_ratio"] >= TARGETS["unchanged_ratio"] and result["unchanged_writes_nothing"],
        "preview": result["preview_without_writes"],
        "memory": result["peak_megabytes"] <= TARGETS["peak_megabytes"],
    }


def rounded(value: Any) -> Any:
    """Figures as people read them."""
    if isinstance(value, float):
        return round(value, 2)
    return {key: rounded(item) for key, item in value.items()} if isinstance(value, dict) else value


def main() -> int:
    """Run; 0 when every target holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="records of the national portal, JSON Lines (.gz)")
    parser.add_argument("--only-import", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only_import:
        _django()
        remove = scratch()
        try:
            result = _import_speed(options.data)
        finally:
            remove()
        _say(json.dumps(rounded(result)))
        return 0
    results: dict[str, Any] = {}
    holds: dict[str, bool] = {}
    if options.data.exists():
        _say("import …")
        results["import"] = import_speed(options.data)
        holds.update(verdict(results["import"]))
    else:
        _say(f"no data at {options.data}: the import is left out (--data PATH)")
    _say("pages …")
    results["pages"] = page_speed()
    holds.update(results["pages"].pop("holds"))
    _say(json.dumps({**rounded(results), "holds": holds}, ensure_ascii=False))
    return 0 if all(holds.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
