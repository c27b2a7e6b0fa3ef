"""How large the public pages of real records are: `python bench/catalogue_sizes.py [--data PATH]`. JSON on the last line.

Imports the records into a scratch database that goes afterwards, asks the page of each and every page that a long section stands
on, counts HTML with stylesheet, scripts and pictures, before compression, and looks that a page of 100 KB is the largest. The
print view is told beside: paper holds everything."""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"  # one that answers the test client, as catalogue_pages.py does

import catalogue  # beside this file
from catalogue_pages import resources

LIMIT = 100_000
MOVED = re.compile(r'class="card moved"><a href="([^"]+)"')
NEXT = re.compile(r'href="([^"]+)" rel="next"')


def main() -> int:
    """1 when a page is larger than a page may be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=catalogue.DATA)
    data = parser.parse_args().data
    catalogue._django()
    drop = catalogue.scratch()
    try:
        catalogue.people()
        catalogue._timed_import(data)
        from django.test import Client

        from procedures_catalog.models import Procedure

        client = Client()
        sizes: dict[str, int] = {}

        def ask(address: str) -> str:
            answer = client.get(address)
            assert answer.status_code == 200, (address, answer.status_code)
            sizes[address] = len(answer.content) + resources(answer.content)[0]
            return str(answer.content.decode())

        paper = {}
        codes = list(Procedure.objects.values_list("code", flat=True))
        for done, code in enumerate(codes):
            moved = MOVED.findall(ask(f"/thu-tuc/{code}/"))
            for section in moved:
                while section:
                    found = NEXT.search(ask(section))
                    section = section.partition("?")[0] + found[1].replace("&amp;", "&") if found else ""
            if moved:
                sheet = client.get(f"/thu-tuc/{code}/in/").content
                paper[code] = len(sheet), len(gzip.compress(sheet)) + resources(sheet)[0]
            if done % 500 == 0:
                catalogue._say(f"{done} of {len(codes)}")
    finally:
        drop()
    largest = sorted(sizes, key=lambda address: -sizes[address])[:5]
    over = [address for address, size in sizes.items() if size > LIMIT]
    result = {
        "records": len(codes), "pages": len(sizes), "records_on_several_pages": len(paper), "over_100_kb": over,
        "largest": {address: sizes[address] for address in largest}, "largest_print_view": max((whole for whole, _sent in paper.values()), default=0),
        "largest_print_view_as_sent": max((sent for _whole, sent in paper.values()), default=0),
    }  # fmt: skip
    print(json.dumps(result))
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
