"""Residents ask, support and sign, with JavaScript and without, by keyboard, on a telephone and on a screen; whatever they type runs nowhere."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from playwright.sync_api import expect

from dialogue_sessions import question_links as links
from dialogue_sessions import services
from dialogue_sessions.models import DialogueRequest, Question
from messaging.models import Message
from organisation.enums import UnitKind
from organisation.models import Population, today
from safeguards.models import StoredFile, User
from tests.beginnings import private_files
from tests.dialogue_sessions.asking import contact
from tests.dialogue_sessions.making import open_session
from tests.safeguards import sent_files as sent

from . import town
from .test_xss import PAYLOADS, ran

pytestmark = [pytest.mark.django_db, pytest.mark.browser]
ASKED = "Khi nào hẻm 19 có đèn đường?"


@pytest.fixture
def ward():
    """An office whose voters are counted."""
    unit = town.office()
    unit.kind = UnitKind.GOVERNMENT
    unit.save()
    Population.objects.create(unit=unit, counted_on=today(), inhabitants=900, voters=600)
    return unit


@pytest.fixture
def dialogue(ward):
    return open_session(unit=ward, title="Đối thoại về đất đai", slug="dat-dai")


@pytest.fixture
def asked(dialogue):
    return services.accept_question(services.ask_question(dialogue, ASKED, contact(), "khu phố 4"), ASKED, None)


def code():
    message = Message.objects.filter(kind="messaging.code").order_by("-pk").first()
    return re.search(r"\d{6}", message.parts["text"])[0]


def sign_in(opened, user):
    client = Client()
    client.force_login(user)
    for name in client.cookies:
        opened.page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": opened.base}])


def tab_to(page, selector):
    """Go on by the tabulator until something has the focus: nothing in between may hold it."""
    for _ in range(60):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {selector}")


def confirm(page):
    page.wait_for_selector("#id_code")
    tab_to(page, "#id_code")
    page.keyboard.type(code())
    page.keyboard.press("Enter")


@pytest.mark.accepts("W2", "W8")
@pytest.mark.parametrize("javascript", [False, True])
def test_a_question_is_asked_by_keyboard(visit, dialogue, asked, javascript):
    opened = visit(width=360, javascript=javascript)
    page = opened.page
    opened.open(f"/lich/{dialogue.slug}/cau-hoi/gui/")
    tab_to(page, "#id_text")
    page.keyboard.type("den duong hem 19 bao gio co")
    page.keyboard.press("Tab")
    page.keyboard.type("khu pho 4")
    tab_to(page, "#id_contact")
    page.keyboard.type("lan@example.vn")
    page.keyboard.press("Enter")
    page.get_by_role("group", name="Có phải một trong các câu này không?").wait_for()
    assert page.input_value("#id_text") == "den duong hem 19 bao gio co"
    tab_to(page, "#near-none")
    page.keyboard.press("Enter")
    confirm(page)
    page.get_by_role("heading", level=1, name="Câu hỏi của bạn").wait_for()
    assert Question.objects.filter(state="received").count() == 1


@pytest.mark.accepts("W3", "W4", "W5")
@pytest.mark.parametrize("javascript", [False, True])
def test_a_photo_goes_with_a_question_outlives_a_mistake_and_can_be_deleted(visit, dialogue, javascript, settings, tmp_path, turn):
    private_files(settings, tmp_path)
    opened = visit(width=360, javascript=javascript)
    page = opened.page
    opened.open(f"/lich/{dialogue.slug}/cau-hoi/gui/")
    page.fill("#id_text", ASKED)
    page.set_input_files("#id_papers", [{"name": "hẻm 19.pdf", "mimeType": "application/pdf", "buffer": sent.pdf()}])
    page.fill("#id_contact", "khong phai")
    page.get_by_role("button", name="Tiếp tục").click()
    page.wait_for_selector("#error-summary")
    expect(page.locator("[name=papers-kept]")).to_be_checked()
    if javascript:
        assert opened.axe() == []
        assert opened.overflow() == []
    page.fill("#id_contact", "lan@example.vn")
    page.get_by_role("button", name="Tiếp tục").click()
    confirm(page)
    page.get_by_role("button", name="Xóa: hẻm 19.pdf").wait_for()
    if javascript:
        assert opened.axe() == []
        assert opened.overflow() == []
    page.get_by_role("button", name="Xóa: hẻm 19.pdf").click()
    expect(page.get_by_role("button", name="Xóa: hẻm 19.pdf")).to_have_count(0)
    page.get_by_role("heading", level=1, name="Câu hỏi của bạn").wait_for()
    with turn:
        assert Question.objects.get().state == "received"
        assert not StoredFile.objects.exists()


@pytest.mark.accepts("W2", "W8")
@pytest.mark.parametrize("javascript", [False, True])
def test_a_question_is_supported_by_keyboard(visit, dialogue, asked, javascript):
    opened = visit(width=360, javascript=javascript)
    page = opened.page
    opened.open(f"/lich/{dialogue.slug}/cau-hoi/")
    tab_to(page, f"a[href$='/{asked.pk}/dong-tinh/']")
    page.keyboard.press("Enter")
    page.wait_for_selector("#id_contact")
    tab_to(page, "#id_contact")
    page.keyboard.type("minh@example.vn")
    page.keyboard.press("Enter")
    confirm(page)
    page.get_by_role("heading", level=1, name="Cảm ơn bạn").wait_for()
    assert Question.objects.get(pk=asked.pk).supports == 2


def addresses(dialogue, question, request, signature):
    slug = dialogue.slug
    return [
        f"/lich/{slug}/cau-hoi/", f"/lich/{slug}/cau-hoi/{question.pk}/", f"/lich/{slug}/cau-hoi/gui/",
        f"/lich/{slug}/cau-hoi/{question.pk}/dong-tinh/", f"/lich/{slug}/cau-hoi/{question.pk}/dong-tinh/xong/",
        f"/lich/{slug}/cau-hoi/{question.pk}/dong-tinh/xong/?lan=roi", f"/lich/{slug}/cau-hoi/cua-toi/{links.question_token(question)}/",
        f"/lich/{slug}/cau-hoi/da-rut/", "/lich/de-nghi/", "/lich/de-nghi/gui/", f"/lich/de-nghi/{request.slug}/",
        f"/lich/de-nghi/{request.slug}/ky/",
        f"/lich/de-nghi/chu-ky/{links.signature_token(signature)}/", "/lich/de-nghi/da-rut/",
    ]  # fmt: skip


def a_request(ward, subject="Ngập hẻm 19", text="Mưa là ngập."):
    signature = services.send_request(ward, f"{subject}\n\n{text}", subject, "khu phố 4", contact())
    services.sign(signature)
    signature.refresh_from_db()
    return services.open_request(DialogueRequest.objects.get(pk=signature.request_id), subject, text, None, sure=True), signature


@pytest.mark.accepts("W1", "W4", "W5")
@pytest.mark.parametrize("width", [320, 1280])
def test_pages_are_accessible_and_fit(visit, dialogue, asked, ward, width):
    request, signature = a_request(ward)
    merged = services.accept_question(services.ask_question(dialogue, "x", contact()), "Đèn hẻm 19 sao tối?", None)
    services.merge_question(merged, asked, None)
    answered = services.accept_question(services.ask_question(dialogue, "x", contact()), "Rác chợ?", None)
    services.publish_answer(answered, "Mỗi ngày.", "in_writing", None)
    services.publish_answer(answered, "Hai ngày một lần.", "in_writing", None, why="Nhầm.")
    opened = visit(width=width)
    more = [f"/lich/{dialogue.slug}/cau-hoi/{question.pk}/" for question in (merged, answered)]
    for address in [*addresses(dialogue, asked, request, signature), *more]:
        assert opened.open(address).status == 200, address
        assert opened.axe() == [], address
        assert opened.overflow() == [], address
        assert opened.violations == [], address
    opened.open(f"/lich/{dialogue.slug}/cau-hoi/gui/")
    opened.page.fill("#id_text", "Gọi 0912 345 678")
    opened.page.get_by_role("button", name="Tiếp tục").click()
    opened.page.wait_for_selector("#error-summary")
    assert opened.axe() == []
    assert opened.overflow() == []
    assert opened.page.evaluate("document.activeElement.id") == "error-summary"
    assert opened.foreign == []


@pytest.mark.accepts("B10")
def test_what_people_write_runs_nowhere(visit, dialogue, ward):
    every = "\n".join(PAYLOADS)
    questions = [
        services.accept_question(services.ask_question(dialogue, payload, contact(), payload[:120]), payload, None, sure=True) for payload in PAYLOADS
    ]
    first = questions[0]
    services.publish_answer(first, every[:8000], "in_writing", None)
    services.publish_answer(first, every[:7000], "in_writing", None, why=PAYLOADS[0])
    services.refuse_question(questions[1], "unclear", every[:900], None)
    request, signature = a_request(ward, PAYLOADS[10][:200], every[:2900])
    services.note_request(request, every[:900], None)
    opened = visit()
    pages = [f"/lich/{dialogue.slug}/cau-hoi/?trang={number}" for number in range(1, 4)]
    pages += [f"/lich/{dialogue.slug}/cau-hoi/{question.pk}/" for question in questions[:4]]
    for address in [*pages, *addresses(dialogue, questions[2], request, signature)]:
        assert opened.open(address).status == 200, address
        opened.page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true; })")
        assert ran(opened) == ([None, 0], [], []), address
    for field in ("#id_text", "#id_village", "#id_contact"):
        opened.open(f"/lich/{dialogue.slug}/cau-hoi/gui/")
        opened.page.fill(field, PAYLOADS[53])
        opened.page.locator("main form button[type=submit]").first.click()
        opened.page.wait_for_selector("#error-summary")
        assert ran(opened) == ([None, 0], [], []), field
    for message in Message.objects.filter(kind__startswith="dialogue_sessions.question"):
        assert "<script>" not in (message.parts.get("html") or "")


@pytest.mark.accepts("B10")
def test_what_people_write_runs_nowhere_in_the_back_office(visit, dialogue, ward):
    questions = [services.ask_question(dialogue, "\n".join(PAYLOADS), contact(), payload[:120]) for payload in PAYLOADS[:20]]
    taken = services.accept_question(questions[0], "\n".join(PAYLOADS)[:1000], None, sure=True)
    services.draft_answer(taken, "\n".join(PAYLOADS), None)
    request, _signature = a_request(ward, PAYLOADS[10][:200], "\n".join(PAYLOADS)[:2900])
    opened = visit()
    sign_in(opened, User.objects.create_superuser("quan-tri"))
    base = "/admin/dialogue-sessions"
    pages = ["questions/", f"questions/{taken.pk}/", f"questions/{questions[1].pk}/", "requests/", f"requests/{request.pk}/"]
    for address in [f"{base}/{page}" for page in pages]:
        assert opened.open(address).status == 200, address
        assert opened.page.evaluate("window.__ran") is None, address
        assert opened.dialogs == [], address
    opened.open(f"{base}/questions/{questions[1].pk}/")
    opened.page.get_by_role("button", name="Đọc nội dung gốc").click()
    opened.page.get_by_role("heading", name="Nhận câu hỏi").wait_for()
    assert opened.page.evaluate("window.__ran") is None
    assert opened.dialogs == []
