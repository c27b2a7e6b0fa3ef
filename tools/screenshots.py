"""Pictures of the public pages at 360 and 1280 px, into docs/screenshots/: `python tools/screenshots.py [--dark] [--into FOLDER] [NAME …]`.

Takes the pages from the installation's own database (the demonstration, after `make run`), and serves them by itself.
Pictures are cut below the first screens and have 64 colours, so that all of them together stay small."""

from __future__ import annotations

import argparse
import io
import os
import sys
import threading
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

WIDTHS = {360: 2400, 1280: 1800}  # width -> the most that is kept of the height
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip


def pages() -> dict[str, str]:
    """A page of each kind that the database holds."""
    from django.db.models import Count, F

    from organisation.models import Unit
    from procedures_catalog.models import Procedure, ProcedureVersion

    versions = ProcedureVersion.objects.in_force()
    found = {
        "home": "/", "home-en": "/en/", "list": "/thu-tuc/", "search": "/tim/?q=xac+nhan+doc+than", "help": "/tro-giup/", "units": "/co-quan/",
        "not-found": "/khong-co-trang-nay/",
    }  # fmt: skip
    popular = Procedure.objects.filter(versions__in=versions).order_by(F("popularity").asc(nulls_last=True), "code").first()
    if popular is not None:
        found["procedure"] = f"/thu-tuc/{popular.code}/"
        found["procedure-en"] = f"/en/thu-tuc/{popular.code}/"
        found["procedure-print"] = f"/thu-tuc/{popular.code}/in/"
    from portal.models import GuidePage

    guide = GuidePage.objects.live().filter(locale__language_code="vi").order_by("path").first()
    if guide is not None:
        found["guides"] = "/viec/"
        found["guide"], found["guide-en"], found["guide-print"] = guide.url, f"/en{guide.url}", f"{guide.url}in/"
    field = versions.exclude(field=None).values("field__slug").annotate(n=Count("id")).order_by("-n").first()
    if field:
        found["list-field"] = f"/thu-tuc/?linh-vuc={field['field__slug']}"
    longest = max(versions.values_list("procedure__code", "name"), key=lambda pair: len(pair[1]), default=None)
    if longest:
        found["procedure-long-name"] = f"/thu-tuc/{longest[0]}/"
    bare = versions.filter(steps=None, papers=None).first()
    if bare is not None:
        found["procedure-name-only"] = f"/thu-tuc/{bare.procedure.code}/"
    changed = Procedure.objects.filter(versions__live=True).annotate(n=Count("versions")).filter(n__gt=1).first()
    if changed is not None:
        found["difference"] = f"/thu-tuc/{changed.code}/thay-doi/"
    ended = ProcedureVersion.objects.published().filter(end_kind="abolished").first()
    if ended is not None:
        found["procedure-abolished"] = f"/thu-tuc/{ended.procedure.code}/"
    unit = Unit.objects.current().filter(is_government=True).first() if hasattr(Unit, "is_government") else Unit.objects.current().first()
    if unit is not None:
        found["unit"] = f"/co-quan/{unit.slug}/"
    return found | pages_around()


def pages_around() -> dict[str, str]:
    """News, public duties, figures and the pages that every portal has."""
    from portal.models import ArticlePage, DisclosureItem, SectionPage

    found = {
        "duties": "/cong-khai/", "figures": "/so-lieu/", "levels": "/so-lieu/muc-do/", "roadmap": "/so-lieu/lo-trinh/",
        "posting": "/so-lieu/niem-yet/",
        "open-data": "/so-lieu/du-lieu-mo/", "feeds": "/theo-doi/",
    }  # fmt: skip
    section = SectionPage.objects.live().public().filter(locale__language_code="vi").first()
    article = ArticlePage.objects.for_everybody().in_language("vi").newest_first().first()
    found |= {name: page.get_url() for name, page in (("news", section), ("article", article)) if page is not None}
    item = DisclosureItem.objects.shown().order_by("pk").first()
    if item is not None:
        found["duty"] = item.get_absolute_url()
    return found


def serve() -> tuple[Any, str]:
    """The portal on a free port of this machine, in a thread."""
    from django.core.management import call_command
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.core.wsgi import get_wsgi_application

    call_command("collectstatic", interactive=False, verbosity=0)
    server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
    server.set_app(get_wsgi_application())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


def small(png: bytes, height: int) -> bytes:
    """The upper part of a picture in 64 colours."""
    from PIL import Image

    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture = picture.crop((0, 0, picture.width, min(picture.height, height)))
    out = io.BytesIO()
    picture.quantize(64, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> int:
    """Take them."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("names", nargs="*", help="only these pages")
    reader.add_argument("--dark", action="store_true", help="in the dark appearance")
    reader.add_argument("--into", type=Path, default=ROOT / "docs" / "screenshots")
    options = reader.parse_args()
    import django

    django.setup()
    from playwright.sync_api import sync_playwright

    wanted = {name: path for name, path in pages().items() if not options.names or name in options.names}
    options.into.mkdir(parents=True, exist_ok=True)
    server, base = serve()
    total = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for width, height in WIDTHS.items():
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme="dark" if options.dark else "light", locale="vi-VN")
            page = context.new_page()
            for name, path in wanted.items():
                page.goto(base + path, wait_until="networkidle")
                data = small(page.screenshot(full_page=True), height)
                (options.into / f"{name}-{width}{'-dark' if options.dark else ''}.png").write_bytes(data)
                total += len(data)
            context.close()
        browser.close()
    server.shutdown()
    print(f"{len(wanted) * len(WIDTHS)} pictures, {total // 1024} KB, in {options.into}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
