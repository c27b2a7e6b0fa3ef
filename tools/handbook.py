"""The pictures of docs/handbook: `python tools/handbook.py [--keep]`, or `make handbook`.

Makes a demonstration of its own under var/handbook (`--keep` goes on with the one that is there), runs it with the second factor
switched on, works in it as an editor and a publisher do, in Vietnamese, and keeps a picture of each step, at most 1,000 px wide
and in few colours. Keys and codes of second factors are covered. tests/portal/test_handbook.py holds the pages against the
pictures and the words of the interface."""

from __future__ import annotations

import argparse
import base64
import contextlib
import hashlib
import hmac
import io
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "handbook" / "pictures"
VAR = ROOT / "var" / "handbook"
CHROMIUM = os.environ.get("CHROME_PATH", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
WIDTH, HEIGHT, COLOURS = 1000, 720, 32
START_SECONDS = 1800  # a demonstration made anew on a busy machine
CODE = "1.000656"  # a procedure that every picture of records shows: registering a death
RING = "node => { node.style.outline = '3px solid #c2410c'; node.style.outlineOffset = '2px'; }"
UNRING = "node => { node.style.outline = ''; }"
APPROVE = "[data-workflow-action-name=approve]:not([data-workflow-action-modal-url])"
SAMPLES = """samples => document.querySelectorAll('main code, main li code').forEach((node, n) => {
  if (/^[A-Z2-9]{5}-[A-Z2-9]{5}$/.test(node.textContent.trim())) node.textContent = samples[n % samples.length];
})"""
SAMPLE_CODES = ("7K2QW-M4XPD", "3FHTN-9RZCA")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def demonstration() -> Iterator[str]:
    """A demonstration of our own while it is needed; gives its address."""
    base = f"http://127.0.0.1:{(port := free_port())}"
    variables = {
        **os.environ,
        "PORTAL_VAR": str(VAR),
        "PORT": str(port),
        "SECOND_FACTOR": "required",
        "WEB_WORKERS": "1",
        "PORTAL_STAGE": "demonstration",
    }
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "ELASTICSEARCH_URL"):
        variables.pop(name, None)
    process = subprocess.Popen([sys.executable, str(ROOT / "tools" / "serve.py")], cwd=ROOT, env=variables, stdout=sys.stderr)
    try:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and process.poll() is None:
            with contextlib.suppress(OSError, urllib.error.URLError):
                urllib.request.urlopen(f"{base}/healthz", timeout=2).close()  # noqa: S310  # nosec B310  # our own address
                break
            time.sleep(0.5)
        else:
            raise SystemExit("The demonstration did not start: see the messages above.")
        yield base
    finally:
        process.terminate()
        process.wait(60)


def passwords() -> dict[str, str]:
    """Account -> password, as the demonstration made them."""
    lines = (VAR / "demonstration-accounts.txt").read_text(encoding="utf-8").splitlines()[1:]
    return {cells[1]: cells[2] for line in lines if len(cells := line.split()) >= 3}


def totp(secret: str) -> str:
    """What an authenticator app with this key shows now (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


@dataclass
class Desk:
    """Somebody at work in a browser, and the camera beside them."""

    page: Any
    base: str
    taken: dict[str, int] = field(default_factory=dict)

    def open(self, path: str) -> None:
        """A page, with what its scripts make of it."""
        self.page.goto(self.base + path, wait_until="load")
        self.page.wait_for_timeout(500)

    def take(self, name: str, *marked: str, top: str = "", height: int = HEIGHT, cover: str = "") -> None:
        """A picture of what stands in the window, with a ring around what the step is about; `top` is scrolled to the head of
        the window first, `cover` hidden."""
        rings = [self.page.locator(selector).first for selector in marked]
        if top:
            self.page.locator(top).first.evaluate("node => node.scrollIntoView({block: 'start'})")
            self.page.mouse.wheel(0, -90)  # from under the head that stays
            self.page.wait_for_timeout(300)
        for ring in rings:
            ring.evaluate(RING)
        masks = [self.page.locator(cover)] if cover else []
        png = self.page.screenshot(animations="disabled", mask=masks, mask_color="#d4d4d8", clip={"x": 0, "y": 0, "width": WIDTH, "height": height})
        for ring in rings:
            ring.evaluate(UNRING)
        data = small(png)
        (FOLDER / f"{name}.png").write_bytes(data)
        self.taken[name] = len(data)

    def press(self, selector: str) -> None:
        """A button that leads on."""
        with self.page.expect_navigation():
            self.page.locator(selector).first.evaluate("button => button.click()")
        self.page.wait_for_timeout(500)

    def fill(self, selector: str, text: str) -> None:
        """Type into a field, wherever it stands."""
        self.page.fill(selector, text)


def small(png: bytes) -> bytes:
    """In few colours."""
    from PIL import Image

    picture = Image.open(io.BytesIO(png)).convert("RGB")
    out = io.BytesIO()
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


# ── The scenes, in the order of the chapters ──────────────────────────────────────────────────────────────────────────


def type_password(desk: Desk, account: str) -> None:
    """The first step of signing in."""
    desk.open("/admin/")
    desk.fill("[name=login]", account)
    desk.fill("[name=password]", passwords()[account])


def sign_in(desk: Desk, account: str, *, pictures: bool = False) -> None:
    """Sign in, set the second factor up. The account must have none: `--keep` takes it away first."""
    type_password(desk, account)
    if pictures:
        desk.take("dang-nhap", "main form button[type=submit]")
    desk.press("main form button[type=submit]")
    found = re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", desk.page.inner_text("main"))
    if found is None:
        raise SystemExit(f"{desk.page.url} shows no key of a second factor: {account} has one already")
    if pictures:
        desk.take("lop-thu-hai", "[name=code]", top="main h1", height=900, cover="main svg, main code")
    desk.fill("[name=code]", totp(found[0].replace(" ", "")))
    desk.press("main form button[type=submit]")
    if pictures:
        desk.page.evaluate(SAMPLES, list(SAMPLE_CODES))
        desk.take("ma-du-phong", top="main h1")


def dashboard(desk: Desk) -> None:
    """What stands there in the morning."""
    desk.open("/admin/")
    desk.take("bang-dieu-khien")
    desk.page.locator("nav button", has_text="Thủ tục").first.click()
    desk.page.wait_for_timeout(600)
    desk.take("thuc-don")


def new_version(desk: Desk) -> str:
    """Write a new version of a record and hand it in; gives the address of its editor."""
    desk.open("/admin/snippets/procedures_catalog/publicationdecision/")
    decided = str(desk.page.locator(".listing td.title a").first.get_attribute("href")).rstrip("/").rsplit("/", 1)[1]
    desk.open(f"/admin/snippets/procedures_catalog/procedureversion/?q={CODE}")
    in_force = "tr:has-text('đang có hiệu lực') td.title a"
    desk.take("tim-ban-ghi", in_force, height=420)
    desk.press(in_force)
    desk.take("sao-phien-ban", "a.button:has-text('Sao thành phiên bản mới')", height=560)
    desk.press("a.button:has-text('Sao thành phiên bản mới')")
    desk.fill("#id_valid_from", "15/12/2030")
    desk.page.keyboard.press("Escape")
    desk.take("phien-ban-moi", "#id_valid_from", "text=Tạo bản nháp", height=620)
    desk.press("text=Tạo bản nháp")
    address = str(desk.page.url).removeprefix(desk.base)
    desk.page.click("[role=tab]:has-text('Giấy tờ')")
    desk.fill("#id_sets", "")
    desk.page.click("[role=tab]:has-text('Bản ghi')")
    desk.page.locator(".catalogue-check").get_by_text("số lượng bộ hồ sơ").wait_for()
    desk.take("con-thieu", ".catalogue-check")
    desk.page.click("[role=tab]:has-text('Giấy tờ')")
    desk.fill("#id_sets", "1")
    desk.take("to-khai", "[role=tab]:has-text('Giấy tờ')")
    desk.page.click("[role=tab]:has-text('Bản ghi')")
    desk.page.evaluate("number => { document.querySelector('[name=decision]').value = number; }", decided)  # past the dialog of the chooser
    desk.press(".action-save")
    desk.page.click("footer [data-w-dropdown-target=toggle]")
    desk.page.wait_for_timeout(400)
    desk.take("gui-duyet", "[name=action-submit]", height=900)
    desk.press("[name=action-submit]")
    return address


def decision(desk: Desk) -> None:
    """One decision, many records."""
    desk.open("/admin/catalogue/decisions/apply/")
    desk.take("ap-dung-quyet-dinh", height=900)


def importing(desk: Desk) -> None:
    """A file, and what it would change."""
    desk.open("/admin/import/")
    desk.take("nhap-tep", "input[type=file]")
    sample = desk.page.get_attribute("a[href*='procedures.xlsx'], a:has-text('procedures.xlsx')", "href")
    answer = desk.page.context.request.get(desk.base + str(sample))
    desk.page.set_input_files("input[type=file]", {"name": "procedures.xlsx", "mimeType": "application/octet-stream", "buffer": answer.body()})
    desk.press("main form button[type=submit]")
    desk.page.locator("#import-progress:not([hx-trigger])").wait_for(state="attached")  # read by the worker; then the page comes anew
    desk.page.wait_for_timeout(3000)
    desk.page.locator("main h1").first.wait_for()
    desk.take("xem-truoc-khi-nhap")


def number_of(desk: Desk, title: str) -> str:
    """The number of a page that the list in the window names."""
    href = desk.page.locator(f"main a[href$='/edit/']:has-text('{title}')").first.get_attribute("href")
    return str(href).split("/")[3]


def article(desk: Desk) -> str:
    """Write a notice and hand it in; gives the address of its editor."""
    desk.open("/admin/pages/")
    desk.open(f"/admin/pages/{number_of(desk, 'Cổng minh bạch')}/")
    section = number_of(desk, "Tin tức")
    desk.open(f"/admin/pages/{section}/")
    desk.take("muc-tin", "a[href*='/add']")
    desk.open(f"/admin/pages/add/portal/articlepage/{section}/")
    desk.fill("#id_title", "Quầy một cửa mở thêm tối thứ Tư")
    desk.fill("#id_summary", "Từ tuần sau quầy mở đến 20 giờ thứ Tư. Ai đi làm ban ngày không phải xin nghỉ.")
    desk.take("viet-bai")
    with desk.page.expect_navigation():
        desk.page.locator("[name=action-submit]").first.evaluate("button => button.click()")
    desk.open(f"/admin/pages/{section}/?ordering=-latest_revision_created_at")
    return f"/admin/pages/{number_of(desk, 'Quầy một cửa mở thêm tối thứ Tư')}/edit/"


def duty(desk: Desk) -> None:
    """Public duties: the list, a new one."""
    desk.open("/admin/snippets/portal/disclosureitem/")
    desk.take("viec-phai-cong-khai")
    desk.open("/admin/snippets/portal/disclosureitem/add/")
    desk.page.click("[role=tab]:has-text('Nghĩa vụ')")
    desk.page.wait_for_timeout(400)
    desk.take("nghia-vu", "[role=tab]:has-text('Nghĩa vụ')", height=900)


def share(desk: Desk, editor: str) -> None:
    """A link to a draft."""
    kind, number = ("page", editor.split("/")[3]) if "/pages/" in editor else ("version", editor.rstrip("/").rsplit("/", 1)[1])
    desk.open(f"/admin/content/share/{kind}/{number}/")
    desk.press("main form button[type=submit]")
    desk.take("gui-xem-ban-nhap", cover="main code")


def places(desk: Desk) -> None:
    """Units, people, counters, the calendar."""
    for name, path in (
        ("don-vi", "/admin/snippets/organisation/unit/"),
        ("quay", "/admin/snippets/organisation/servicepoint/"),
        ("can-bo", "/admin/snippets/organisation/person/"),
        ("lich", "/admin/organisation/calendar/"),
    ):
        desk.open(path)
        desk.take(name)


def reports(desk: Desk) -> None:
    """What waits and what is broken."""
    for name, path in (
        ("bao-cao-day-du", "/admin/catalogue/report/"),
        ("bao-cao-cong-khai", "/admin/content/duties/"),
        ("bao-cao-lien-ket", "/admin/content/links/"),
    ):
        desk.open(path)
        desk.take(name, height=560)


def approve(desk: Desk, version: str, page: str) -> None:
    """The second person."""
    desk.open(version)
    desk.take("nguoi-duyet")
    desk.page.click("footer [data-w-dropdown-target=toggle]")
    desk.page.wait_for_timeout(400)
    desk.take("duyet", APPROVE, height=900)
    desk.press(APPROVE)
    desk.open(page)
    desk.press(APPROVE)
    desk.open("/admin/snippets/portal/interruption/add/")
    desk.take("tam-ngung", height=860)


def public(desk: Desk) -> None:
    """What everybody sees."""
    for name, path in (("trang-thu-tuc", f"/thu-tuc/{CODE}/"), ("trang-cong-khai", "/cong-khai/"), ("trang-tin", "/tin-tuc/")):
        desk.open(path)
        desk.take(name, height=860)


def locked(desk: Desk) -> None:
    """After five wrong passwords, of a name that nobody has."""
    for _ in range(6):
        desk.open("/tai-khoan/dang-nhap/")
        desk.fill("[name=login]", "vi-du")
        desk.fill("[name=password]", "không phải mật khẩu này")
        desk.press("main form button[type=submit]")
    desk.take("bi-khoa", height=480)


def manage(*arguments: str) -> None:
    """A management command of the demonstration."""
    subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments], cwd=ROOT, env={**os.environ, "PORTAL_VAR": str(VAR)}, check=True, stdout=sys.stderr
    )


def main() -> int:
    """All of it."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--keep", action="store_true", help="go on with the demonstration that is there")
    options = reader.parse_args()
    from playwright.sync_api import sync_playwright

    if not options.keep:
        shutil.rmtree(VAR, ignore_errors=True)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with demonstration() as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)

        def desk() -> Desk:
            context = browser.new_context(viewport={"width": WIDTH, "height": 900}, locale="vi-VN", color_scheme="light", reduced_motion="reduce")
            context.set_default_timeout(60_000)
            return Desk(context.new_page(), base)

        if options.keep:
            for account in ("bientap", "congkhai"):
                manage("account", "take-factor", account)
        editor, publisher, visitor = desk(), desk(), desk()
        sign_in(editor, "bientap", pictures=True)
        dashboard(editor)
        version = new_version(editor)
        share(editor, version)
        decision(editor)
        importing(editor)
        page = article(editor)
        duty(editor)
        reports(editor)
        places(editor)
        sign_in(publisher, "congkhai")
        approve(publisher, version, page)
        public(visitor)
        locked(visitor)
        browser.close()
    taken = {**editor.taken, **publisher.taken, **visitor.taken}
    print(f"{len(taken)} pictures, {sum(taken.values()) // 1024} KB, in {FOLDER.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
