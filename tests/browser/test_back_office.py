"""The back office as an editor uses it all day, in a browser: dates, writing and publishing, import, decisions, the keyboard."""

from __future__ import annotations

import ast
import datetime as dt
import json

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from organisation.models import CalendarDay, SiteIdentity, today
from procedures_catalog import services
from procedures_catalog.enums import State
from procedures_catalog.importing import jobs
from procedures_catalog.models import ExportRun, ImportRun, ProcedureVersion
from tests.procedures_catalog.import_kit import reference_lines, version
from tests.procedures_catalog.making import DAY, decision, draft, fresh, in_force, person

from .town import office

APPROVE = "[data-workflow-action-name=approve]:not([data-workflow-action-modal-url])"
pytestmark = [pytest.mark.django_db, pytest.mark.browser]
VERSIONS = "wagtailsnippets_procedures_catalog_procedureversion"
DAY_OFF = CalendarDay.objects.filter(label="Quốc khánh")
SAVE, MENU, PUBLISH, SEND = ".action-save", "footer [data-w-dropdown-target=toggle]", "[name=action-publish]", "[name=action-submit]"


def edit(row):
    return reverse(f"wagtailsnippets_{row._meta.app_label}_{row._meta.model_name}:edit", args=[row.pk])


@pytest.fixture
def editor():
    return person("editor", "bientap")


@pytest.fixture
def publisher():
    return person("publisher", "congkhai")


@pytest.fixture
def signed_in(visit):
    """A page of somebody who has signed in."""

    def begin(user, **looks):
        opened = visit(**looks)
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        opened.page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": opened.base}])
        return opened

    return begin


def save(page):
    with page.expect_navigation():
        page.click(SAVE)


def choose(page, menu_item):
    """A button of the menu at the bottom."""
    page.click(MENU)
    with page.expect_navigation():
        page.click(menu_item)


# Dates: what is typed or picked is what is saved. 15/12/2026 had once become today.


def type_date(page, selector, text):
    page.click(selector)
    page.fill(selector, "")
    page.locator(selector).press_sequentially(text)
    page.keyboard.press("Tab")


def test_a_date_typed_in_a_version_is_the_date_saved(signed_in, editor):
    row = draft(editor, valid_from=None)
    opened = signed_in(editor)
    opened.open(edit(row))
    type_date(opened.page, "#id_valid_from", "15/12/2026")
    assert opened.page.input_value("#id_valid_from") == "15/12/2026"
    type_date(opened.page, "#id_go_live_at", "14/12/2026 08:30")
    save(opened.page)
    written = fresh(row).get_latest_revision_as_object()
    assert written.valid_from == dt.date(2026, 12, 15)
    assert written.go_live_at.astimezone(dt.timezone(dt.timedelta(hours=7))).replace(tzinfo=None) == dt.datetime(2026, 12, 14, 8, 30)
    assert opened.page.input_value("#id_valid_from") == "15/12/2026" and opened.page.input_value("#id_go_live_at") == "14/12/2026 08:30"
    save(opened.page)  # and what is shown is read again as the same
    assert fresh(row).get_latest_revision_as_object().valid_from == dt.date(2026, 12, 15)


def test_a_date_picked_with_the_mouse_is_the_date_saved(signed_in, editor):
    row = draft(editor, valid_from=dt.date(2026, 12, 1))
    opened = signed_in(editor)
    opened.open(edit(row))
    opened.page.click("#id_valid_from")
    opened.page.locator(".xdsoft_datetimepicker:visible td[data-date='9'][data-month='11'][data-year='2026']").click()
    assert opened.page.input_value("#id_valid_from") == "09/12/2026"
    save(opened.page)
    assert fresh(row).get_latest_revision_as_object().valid_from == dt.date(2026, 12, 9)


@pytest.mark.parametrize("wrong", ["31/02/2026", "mai", "2026"])
def test_a_date_that_is_none_stays_as_typed_and_is_refused(signed_in, editor, wrong):
    row = draft(editor)
    opened = signed_in(editor)
    opened.open(edit(row))
    type_date(opened.page, "#id_valid_from", wrong)
    save(opened.page)
    assert opened.page.input_value("#id_valid_from") == wrong
    assert opened.page.get_attribute("#id_valid_from", "aria-invalid") == "true"
    assert fresh(row).get_latest_revision_as_object().valid_from == today() - 30 * DAY


def test_the_picker_closes_by_escape_and_when_the_keyboard_goes_on(signed_in, editor):
    opened = signed_in(editor)
    opened.open(reverse("procedures_catalog_backoffice:new_version", args=[draft(editor).pk]))
    picker = opened.page.locator(".xdsoft_datetimepicker:visible")
    opened.page.focus("#id_valid_from")
    picker.wait_for()
    opened.page.keyboard.press("Escape")
    picker.wait_for(state="hidden")
    opened.page.focus("#id_change_kind")
    opened.page.focus("#id_valid_from")
    opened.page.keyboard.press("Tab")  # before it has opened
    opened.page.wait_for_timeout(600)
    assert not picker.count()


@pytest.mark.parametrize(
    ("form", "row", "field"),
    [
        (lambda unit: unit, lambda unit: unit, "valid_from"),
        (lambda unit: unit.service_points.get(), lambda unit: unit.service_points.get(), "valid_to"),
        (lambda unit: unit.posts.get(), lambda unit: unit.posts.get().holdings.get(), "valid_to"),
        (lambda unit: DAY_OFF.get(), lambda unit: DAY_OFF.get(), "date"),
    ],
    ids=["unit", "service point", "holder of a post", "calendar day"],
)
def test_a_date_typed_in_a_form_of_the_organisation_is_the_date_saved(signed_in, form, row, field):
    unit = office()
    CalendarDay.objects.create(date=dt.date(2026, 9, 2), kind="holiday", label="Quốc khánh")
    opened = signed_in(person("administrator", "quantri"))
    opened.open(edit(form(unit)))
    selector = "#id_" + (field if form(unit) == row(unit) else f"holdings-0-{field}")
    tab = opened.page.locator(f"[role=tabpanel]:has({selector})")
    if tab.count() and not tab.is_visible():
        opened.page.click(f"[role=tab][href='#{tab.get_attribute('id')}']")
    type_date(opened.page, selector, "15/12/2030")
    with opened.page.expect_navigation():
        opened.page.click("#w-editor-form footer button[type=submit]")
    saved = row(unit)
    saved.refresh_from_db()
    assert getattr(saved, field) == dt.date(2030, 12, 15), opened.page.locator(".messages").inner_text()


# Writing and publishing.


def test_one_writes_and_a_second_person_publishes(signed_in, editor, publisher):
    call_command("catalogue_workflow")
    office()
    first, made = in_force(editor, publisher, name="Đăng ký khai sinh"), decision("0888/QĐ-UBND")
    code = first.procedure.code
    opened = signed_in(editor)
    page = opened.page
    opened.open(f"{reverse(f'{VERSIONS}:list')}?q=khai+sinh")
    page.click(".listing td.title a")
    page.click("a.button:has-text('Sao thành phiên bản mới')")
    type_date(page, "#id_valid_from", f"{today():%d/%m/%Y}")
    with page.expect_navigation():
        page.click("text=Tạo bản nháp")
    told = page.locator(".catalogue-publishing")
    assert "Bạn đã viết bản này nên người khác phải duyệt." in told.inner_text() and "“Gửi duyệt”" in told.inner_text()
    assert "quyết định công bố" in told.inner_text()  # still missing
    assert not page.locator(PUBLISH).count()
    # what is missing is said while writing, and unsaid once it is there
    check = page.locator(".catalogue-check")
    assert "số lượng bộ hồ sơ" not in check.inner_text()
    page.click("[role=tab]:has-text('Giấy tờ')")
    page.fill("#id_sets", "")
    page.click("[role=tab]:has-text('Bản ghi')")
    check.get_by_text("số lượng bộ hồ sơ").wait_for()
    check.get_by_text("số lượng bộ hồ sơ").click()
    page.wait_for_selector("#id_sets:focus")
    page.fill("#id_sets", "2")
    page.click("[role=tab]:has-text('Bản ghi')")
    check.get_by_text("số lượng bộ hồ sơ").wait_for(state="detached")
    page.fill("#id_name", "Đăng ký khai sinh tại nơi bạn ở")
    # the preview beside the form is the public page, with what is typed and not yet saved
    page.click("[data-side-panel-toggle=preview]")
    preview = page.frame_locator("#w-preview-iframe")
    preview.locator("h1", has_text="tại nơi bạn ở").wait_for()
    page.click("[data-side-panel-toggle=preview]")
    # the decision, by its chooser
    page.click("[role=tab]:has-text('Bản ghi')")
    page.click("#id_decision-chooser button:has-text('Chọn')")
    page.fill(".modal-body [name=q]", "0888")
    page.click(f".modal-body a:has-text('{made.number}')")
    page.locator("#id_decision-chooser", has_text=made.number).wait_for()
    save(page)
    choose(page, SEND)
    row = ProcedureVersion.objects.get(procedure=first.procedure, live=False)
    assert row.workflow_in_progress and row.get_latest_revision_as_object().sets == 2
    assert "đang chờ duyệt" in opened.open(edit(row)).text()

    second = signed_in(publisher)
    second.open(edit(row))
    assert not second.page.locator(".catalogue-publishing").count()
    assert not second.page.locator(PUBLISH).count()  # it would cancel the approval that was asked for
    choose(second.page, APPROVE)
    row = fresh(row)
    assert row.live and row.state == State.EFFECTIVE and row.missing == []
    visitor = signed_in(publisher)
    visitor.open(f"/thu-tuc/{code}/")
    assert visitor.page.locator("h1").inner_text() == "Đăng ký khai sinh tại nơi bạn ở"
    assert [one.errors for one in (opened, second, visitor)] == [[], [], []]
    assert [one.foreign for one in (opened, second, visitor)] == [[], [], []]


def test_a_refusal_is_said_once_and_keeps_what_was_typed(signed_in, editor, publisher):
    row = draft(editor)
    opened = signed_in(publisher)
    opened.open(edit(row))
    opened.page.fill("#id_name", "Tên của người duyệt")
    choose(opened.page, PUBLISH)  # having typed, the publisher is a writer
    sentence = "Bạn đã viết một phần bản này."
    assert opened.page.locator("body").inner_text().count(sentence) == 1, opened.page.locator(".messages").inner_text()
    assert opened.page.input_value("#id_name") == "Tên của người duyệt" and not fresh(row).live


def test_drafts_are_published_in_bulk_but_for_ones_own(signed_in, editor, publisher):
    theirs, own, holed = draft(editor, name="Của biên tập"), draft(publisher, name="Của mình"), draft(editor, name="Còn thiếu", sets=None)
    opened = signed_in(publisher)
    page = opened.page
    opened.open(reverse(f"{VERSIONS}:list") + "?state=draft")
    page.check("[data-bulk-action-select-all-checkbox]")
    with page.expect_navigation():
        page.click("[data-bulk-action-button][href*='/publish/']")
    assert own.procedure.code in page.locator(".help-warning").inner_text()
    with page.expect_navigation():
        page.click("button:has-text('Có, làm tiếp')")
    assert [fresh(row).live for row in (theirs, own, holed)] == [True, False, False]
    said = page.locator(".messages").inner_text()
    assert all(row.procedure.code in said for row in (own, holed)) and theirs.procedure.code not in said


# Import.


@pytest.fixture
def importing(settings, tmp_path, editor, publisher):
    settings.PRIVATE_ROOT = tmp_path / "private"
    office()
    SiteIdentity.objects.update(import_approver=publisher)


def upload(opened, path):
    opened.open(reverse("procedures_catalog_importing:index"))
    opened.page.set_input_files("#id_file", path)
    with opened.page.expect_navigation():
        opened.page.click("text=Đọc tệp")
    return ImportRun.objects.latest("pk")


@pytest.fixture
def work(turn):
    """The worker's turn: the page waits meanwhile, and shows by itself what came of it."""

    def do(opened, job, run):
        with turn:
            job(run_id=run.pk)
        opened.page.wait_for_selector("#import-progress:not([hx-get])", state="attached")
        opened.page.wait_for_load_state()

    return do


def lines(path, *records):
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in [*reference_lines(), *records]), encoding="utf-8")
    return path


def test_an_import_from_upload_to_report(signed_in, importing, work, editor, publisher, tmp_path):
    opened = signed_in(editor)
    page = opened.page
    run = upload(opened, lines(tmp_path / "thu-tuc.jsonl", version("1.004873", name="Đăng ký khai sinh")))
    assert "Đang đọc tệp" in page.locator("#import-progress").inner_text()
    work(opened, jobs.read_import, run)
    assert "Đăng ký khai sinh" in page.locator("#import-lines ~ details").inner_text()
    assert not ProcedureVersion.objects.exists()
    # who uploaded is told whom to ask; somebody else who may publish opens the same page and confirms
    assert "Chỉ người có quyền công khai" in page.locator("form[action$='/confirm/']").inner_text()
    assert page.locator("form[action$='/confirm/'] button").all_inner_texts() == ["Nhập thành bản nháp"]
    other = signed_in(publisher)
    other.open(reverse("procedures_catalog_importing:run", args=[run.pk]))
    with other.page.expect_navigation():
        other.page.click("text=Nhập và công khai")
    assert other.page.locator("#import-progress").get_attribute("hx-get")
    work(other, jobs.write_import, run)
    opened.open(reverse("procedures_catalog_importing:run", args=[run.pk]))
    made = ProcedureVersion.objects.get()
    assert made.live and made.name == "Đăng ký khai sinh"
    with page.expect_download() as started:
        page.click("a[href$='report.csv']")
    report = started.value.path().read_text(encoding="utf-8-sig")
    assert started.value.suggested_filename == f"import-{run.pk}.csv" and "1.004873" in report
    # what changes is shown old beside new
    run = upload(opened, lines(tmp_path / "moi.jsonl", version("1.004873", name="Đăng ký khai sinh lưu động", valid_from="2026-01-01")))
    work(opened, jobs.read_import, run)
    assert "lưu động" in page.locator("ins").first.inner_text() and page.locator("del").first.inner_text() == "Đăng ký khai sinh"
    assert opened.errors == [] and opened.foreign == []


def test_an_import_of_a_broken_file_changes_nothing_and_says_where_it_is_broken(signed_in, importing, work, editor, tmp_path):
    opened = signed_in(editor)
    page = opened.page
    whole, broken = version("1.004873"), version("1.004874", levels=["phường nào đó"])
    run = upload(opened, lines(tmp_path / "hong.jsonl", whole, broken))
    work(opened, jobs.read_import, run)
    problems = page.locator("section[aria-labelledby=import-problems]").inner_text()
    assert "levels" in problems and "phường nào đó" in problems
    page.click("form[action$='/confirm/'] button")
    page.wait_for_selector(".messages")
    assert not ProcedureVersion.objects.exists()
    page.check("[name=skip_bad_rows]")
    with page.expect_navigation():
        page.click("form[action$='/confirm/'] button")
    work(opened, jobs.write_import, run)
    assert [row.procedure.code for row in ProcedureVersion.objects.all()] == ["1.004873"]
    # and one that cannot be read at all
    (tmp_path / "rac.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    run = upload(opened, tmp_path / "rac.xlsx")
    work(opened, jobs.read_import, run)
    assert page.locator("[role=alert]").is_visible() and not page.locator("form[action$='/confirm/']").count()


# Decisions.


def test_one_decision_is_applied_to_several_procedures(signed_in, editor, publisher):
    made = decision("0999/QĐ-UBND", effective_on=today() + 20 * DAY)
    rows = [in_force(editor, publisher, name=name) for name in ("Đăng ký khai sinh", "Đăng ký lại khai sinh", "Chứng thực chữ ký")]
    opened = signed_in(editor)
    page = opened.page
    opened.open(reverse("procedures_catalog_backoffice:apply_decision"))
    page.click("#id_decision-chooser .unchosen button")
    page.click(f".modal-body a:has-text('{made.number}')")
    page.locator("#id_decision-chooser", has_text=made.number).wait_for()
    page.fill("#catalogue-q", "khai sinh")
    with page.expect_navigation():
        page.click("[name=search]")
    assert page.locator("[name=pick]").count() == 2
    for row in rows[:2]:
        page.check(f"[name=pick][value='{row.procedure_id}']")
    page.fill("#id_codes", rows[2].procedure.code)
    type_date(page, "#id_valid_from", f"{today() + 15 * DAY:%d/%m/%Y}")
    page.fill("#id_receiving_address", "Quầy số 3")
    with page.expect_navigation():
        page.click("text=Tạo các bản nháp")
    drafts = ProcedureVersion.objects.filter(live=False, decision=made)
    assert sorted(row.procedure_id for row in drafts) == sorted(row.procedure_id for row in rows)
    assert {(row.valid_from, row.receiving_address) for row in drafts} == {(today() + 15 * DAY, "Quầy số 3")}
    shown = page.locator("main").inner_text()
    assert all(row.procedure.code in shown for row in rows) and "Quầy số 3" in shown


# The keyboard alone, narrow screens, and axe.


def tab_to(page, selector, tabs=150):
    """Press Tab until the focus is there."""
    for _turn in range(tabs):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"{selector} is not reached by {tabs} tabs; the focus is on {page.evaluate('document.activeElement.outerHTML.slice(0, 200)')}")


def press(page, key="Enter"):
    with page.expect_navigation():
        page.keyboard.press(key)


def test_a_version_is_written_and_published_by_the_keyboard_alone(signed_in, editor, publisher):
    call_command("catalogue_workflow")
    row = draft(editor, name="Đăng ký khai sinh", valid_from=None)
    opened = signed_in(editor)
    page = opened.page
    opened.open(f"{reverse(f'{VERSIONS}:list')}?state=draft")
    tab_to(page, ".listing td.title a")
    press(page)
    tab_to(page, "#id_name")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Đăng ký khai sinh ở phường")
    tab_to(page, "#id_valid_from")
    page.keyboard.type(f"{today() + DAY:%d/%m/%Y}")
    page.keyboard.press("Tab")
    tab_to(page, SAVE)
    press(page)
    tab_to(page, MENU)
    page.keyboard.press("Enter")
    tab_to(page, SEND, tabs=6)
    press(page)
    assert fresh(row).workflow_in_progress

    page = (second := signed_in(publisher)).page
    second.open(edit(row))
    tab_to(page, MENU)
    page.keyboard.press("Enter")
    tab_to(page, APPROVE, tabs=6)
    press(page)
    row = fresh(row)
    assert row.live and row.name == "Đăng ký khai sinh ở phường" and row.valid_from == today() + DAY


@pytest.fixture
def addresses(settings, tmp_path, editor, publisher):
    """The pages of the back office that are ours, each in a state that shows something."""
    settings.PRIVATE_ROOT = tmp_path / "private"
    call_command("catalogue_workflow")
    office()
    SiteIdentity.objects.update(import_approver=publisher)
    made = decision("0777/QĐ-UBND", title="Về việc công bố thủ tục", effective_on=today())
    old = in_force(editor, publisher, name="Thủ tục " + "đăng ký khai sinh kết hợp đăng ký nhận cha, mẹ, con " * 6)
    new = draft(editor, old.procedure, name="Đăng ký khai sinh", valid_from=today() + DAY, decision=made, sets=None)
    waits = draft(editor, name="Đăng ký kết hôn")
    services.submit(waits, user=editor)
    runs = []
    for name, content in (("tot.jsonl", version("1.004873")), ("hong.jsonl", version("1.004874", levels=["sai"]))):
        run = ImportRun.objects.create(file=name, file_name=name, actor=editor)
        lines(jobs.folder() / name, content)
        jobs.read_import(run_id=run.pk)
        runs.append(run)
    waiting = ImportRun.objects.create(file="cho.jsonl", file_name="cho.jsonl", actor=editor)
    large = ExportRun.objects.create(what="catalogue", kind="csv", rows=20_000, actor=editor, step="running", progress=5_000)
    own = "procedures_catalog_backoffice"
    return {
        "list": reverse(f"{VERSIONS}:list"),
        "list narrowed": reverse(f"{VERSIONS}:list") + "?state=draft&incomplete=on",
        "add": reverse(f"{VERSIONS}:add"),
        "draft": edit(new),
        "waiting": edit(waits),
        "in force": edit(old),
        "new version": reverse(f"{own}:new_version", args=[old.pk]),
        "notes": reverse(f"{own}:notes", args=[new.pk]),
        "compare": reverse(f"{own}:compare", args=[new.pk, old.pk]),
        "report": reverse(f"{own}:completeness_report") + "?shows=all",
        "decision": reverse(f"{own}:decision", args=[made.pk]),
        "decisions": reverse("wagtailsnippets_procedures_catalog_publicationdecision:list"),
        "edit decision": edit(made),
        "guidance": edit(old.procedure),
        "apply": reverse(f"{own}:apply_decision") + f"?decision={made.pk}",
        "import": reverse("procedures_catalog_importing:index"),
        **{f"import {run.file_name}": reverse("procedures_catalog_importing:run", args=[run.pk]) for run in [*runs, waiting]},
        "export": reverse("procedures_catalog_importing:export_run", args=[large.pk]),
        "large report": reverse("procedures_catalog_importing:ask_report", args=["csv"]),
    }


# What axe finds in Wagtail's own templates, which are not ours to mend: rule, and what the element is known by.
OF_WAGTAIL: dict[str, tuple[str, ...]] = {
    "aria-allowed-role": ('<h2 role="alert">',),  # the count of results over each list that was searched or narrowed
}


def of_wagtail(found):
    rule, _help, places = found.split(": ", 2)
    return all(any(known in place for known in OF_WAGTAIL.get(rule, ())) for place in ast.literal_eval(places))


@pytest.mark.accepts("W1")
def test_axe_finds_nothing_of_ours(signed_in, addresses, editor):
    opened = signed_in(editor)
    found = {}
    for name, address in addresses.items():
        assert opened.open(address).status == 200, name
        opened.page.wait_for_timeout(300)
        found[name] = [one for one in opened.axe() if not of_wagtail(one)]
    assert {name: said for name, said in found.items() if said} == {}
    assert opened.errors == [] and opened.foreign == []


def test_at_360_pixels_nothing_scrolls_sideways(signed_in, addresses, editor):
    opened = signed_in(editor, width=360)
    found = {}
    for name, address in addresses.items():
        opened.open(address)
        opened.page.wait_for_timeout(200)
        found[name] = opened.overflow()
    assert {name: said for name, said in found.items() if said} == {}
