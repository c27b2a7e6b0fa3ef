"""Public pages of questions and requests: what they show, what they never show, and the forms from the first word to the code."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dialogue_sessions import question_links as links
from dialogue_sessions import question_list, services
from dialogue_sessions.models import DialogueRequest, Question, QuestionSupport, Signature
from messaging import proving
from messaging.models import Code, Message

from .asking import PUBLIC, accepted, answered, assigned, contact, fresh, opened, received, signed, unit_with_voters
from .making import DAY, announced, draft, open_session

pytestmark = pytest.mark.django_db
BUDGET = 12
TEL = "0912 345 678"


@pytest.fixture
def client():
    return Client(enforce_csrf_checks=False)


def sent_code():
    """The digits of the newest letter."""
    message = Message.objects.filter(kind="messaging.code").order_by("-pk").first()
    return re.search(r"\d{6}", message.parts["text"])[0]


def page(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status, answer.status_code
    return answer.content.decode()


def is_private(answer):
    return "no-store" in answer["Cache-Control"] and "noindex" in answer.content.decode()


# ── Asking ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_question_goes_from_the_form_over_the_code_to_a_page_of_its_own(client):
    session = open_session()
    address = f"/lich/{session.slug}/cau-hoi/gui/"
    form = client.get(address)
    assert is_private(form)
    answer = client.post(address, {"text": "Khi nào hẻm 19 có đèn?", "village": "khu phố 4", "contact": "lan@example.vn"})
    assert answer.status_code == 302
    assert "lan@" not in answer["Location"]
    assert Question.objects.get().state == "unproven"
    step = client.get(answer["Location"])
    assert is_private(step)
    assert "l•" in step.content.decode() or "•" in step.content.decode()
    own = client.post(answer["Location"], {"code": sent_code()})
    question = Question.objects.get()
    assert (question.state, question.village, question.sent_text()) == ("received", "khu phố 4", "Khi nào hẻm 19 có đèn?")
    shown = client.get(own["Location"])
    assert is_private(shown)
    assert "Khi nào hẻm 19 có đèn?" not in page(client, f"/lich/{session.slug}/cau-hoi/")
    assert Message.objects.get(kind="dialogue_sessions.question_received").parts["text"].count(own["Location"]) == 1


@pytest.mark.accepts("W3")
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"text": ""}, "Bạn hãy viết câu hỏi"),
        ({"contact": ""}, "để chúng tôi gửi câu trả lời"),
        ({"contact": "khong-phai"}, "example.vn"),
        ({"text": f"Gọi tôi {TEL} nhé"}, "số điện thoại"),
        ({"text": "Căn cước 079123456789 của tôi"}, "số căn cước"),
        ({"text": "a" * 2001}, "2000"),
    ],
    ids=["no text", "no contact", "bad contact", "telephone", "identity", "too long"],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost(client, values, said):
    session = open_session()
    typed = {"text": "Khi nào hẻm 19 có đèn?", "village": "khu phố 4", "contact": "lan@example.vn", **values}
    answer = client.post(f"/lich/{session.slug}/cau-hoi/gui/", typed)
    content = answer.content.decode()
    assert answer.status_code == 422
    assert "error-summary" in content
    assert said in content or said == "example.vn"
    assert 'aria-invalid="true"' in content
    assert content.count("<title>Lỗi") == 1
    for value in typed.values():
        assert value in content
    assert not Question.objects.exists()


def test_who_says_that_a_number_is_nobodys_own_may_leave_it(client):
    session = open_session()
    typed = {"text": f"Đường dây nóng {TEL} không ai nghe máy, vì sao?", "contact": "lan@example.vn"}
    refused = client.post(f"/lich/{session.slug}/cau-hoi/gui/", typed)
    assert 'name="sure"' in refused.content.decode()
    assert 'name="sure"' not in page(client, f"/lich/{session.slug}/cau-hoi/gui/")
    assert client.post(f"/lich/{session.slug}/cau-hoi/gui/", {**typed, "sure": "on"}).status_code == 302


def test_what_others_asked_already_is_shown_before_and_may_be_supported_instead(client):
    session = open_session()
    same, _other = accepted(session, PUBLIC), accepted(session, "Chợ Bến Lành bao giờ sửa mái?")
    address = f"/lich/{session.slug}/cau-hoi/gui/"
    typed = {"text": "đèn đường hẻm 19 bao giờ có", "contact": "lan@example.vn", "village": ""}
    content = client.post(address, typed).content.decode()
    assert PUBLIC in content
    assert "sửa mái" not in content
    assert typed["text"] in content
    assert not Message.objects.filter(kind="messaging.code").exists()
    answer = client.post(address, {**typed, "support": same.pk})
    done = client.post(answer["Location"], {"code": sent_code()})
    assert done["Location"].endswith(f"/cau-hoi/{same.pk}/dong-tinh/xong/")
    assert fresh(same).supports == 2
    assert not Question.objects.filter(state="unproven").exists()
    answer = client.post(address, {**typed, "contact": "minh@example.vn", "support": ""})
    client.post(answer["Location"], {"code": sent_code()})
    assert Question.objects.filter(state="received").count() == 1


def test_a_closed_dialogue_says_so_and_takes_nothing(client):
    session = announced(kind="periodic")
    address = f"/lich/{session.slug}/cau-hoi/gui/"
    page(client, address)
    assert client.post(address, {"text": "Hỏi", "contact": "lan@example.vn"}).status_code == 410
    assert client.get(f"/lich/{draft().slug}/cau-hoi/gui/").status_code == 404
    assert client.get("/lich/khong-co/cau-hoi/").status_code == 404


def test_a_question_for_which_no_code_can_be_sent_is_dropped(client, monkeypatch):
    session = open_session()

    def refuse(*args, **values):
        raise ValidationError("Quá nhiều mã.")

    monkeypatch.setattr(proving, "begin", refuse)
    answer = client.post(f"/lich/{session.slug}/cau-hoi/gui/", {"text": "Khi nào?", "contact": "lan@example.vn"})
    assert answer.status_code == 422
    assert "Quá nhiều mã." in answer.content.decode()
    assert not Question.objects.exists()


def test_the_ticket_of_one_step_opens_no_other(client):
    session, lan = open_session(), contact()
    question = accepted(session)
    for purpose, address in (
        (f"dialogue_sessions.support:{question.pk}:1", f"/lich/{session.slug}/cau-hoi/ma/"),
        (f"dialogue_sessions.question:{question.pk}", f"/lich/{session.slug}/cau-hoi/dong-tinh/"),
        (f"dialogue_sessions.question:{question.pk}", "/lich/de-nghi/ma/"),
    ):
        answer = client.get(f"{address}{proving.seal(lan, purpose)}/")
        assert answer.status_code in {404, 410}
        assert client.get(f"{address}khong-phai/").status_code == 404


# ── One's own page ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_asked_withdraws_by_a_button_and_a_mail_scanner_does_not(client):
    question = received()
    address = f"/lich/{question.session.slug}/cau-hoi/cua-toi/{links.question_token(question)}/"
    for _ in range(3):
        page(client, address)
    assert fresh(question).state == "received"
    answer = client.post(address)
    assert answer["Location"].endswith("/da-rut/")
    page(client, answer["Location"])
    assert fresh(question).state == "withdrawn"
    page(client, address, 404)


def test_a_forged_or_foreign_token_is_not_there(client):
    question, other = received(), received()
    token = links.question_token(question)
    for address in (
        f"/lich/{other.session.slug}/cau-hoi/cua-toi/{token}/",
        f"/lich/{question.session.slug}/cau-hoi/cua-toi/{token[:-1]}x/",
        f"/lich/{question.session.slug}/cau-hoi/cua-toi/{question.uid.hex}:x/",
        f"/lich/de-nghi/chu-ky/{token}/",
    ):
        page(client, address, 404)


def test_one_may_follow_a_merged_question_to_its_answer(client):
    session, lan = open_session(), contact()
    mine, other = accepted(session, "Khi nào lắp đèn hẻm 19?", lan), accepted(session, PUBLIC)
    services.merge_question(mine, other, None)
    services.publish_answer(other, "Trước Tết.", "in_writing", None)
    assert "Trước Tết." in page(client, f"/lich/{session.slug}/cau-hoi/cua-toi/{links.question_token(mine)}/")


# ── Supporting ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_contact_supports_once_and_is_told_kindly_the_second_time(client):
    question = accepted()
    address = f"/lich/{question.session.slug}/cau-hoi/{question.pk}/dong-tinh/"
    assert is_private(client.get(address))
    for number, expected in ((0, "Cảm ơn bạn"), (1, "trước đó")):
        answer = client.post(address, {"contact": "lan@example.vn"})
        done = client.post(answer["Location"], {"code": sent_code()})
        content = page(client, done["Location"])
        assert expected in content, number
    assert fresh(question).supports == 2
    assert not QuestionSupport.objects.get(asked=False).wants_news


def test_what_is_answered_takes_no_more_support(client):
    question = answered()
    address = f"/lich/{question.session.slug}/cau-hoi/{question.pk}/dong-tinh/"
    page(client, address)
    assert client.post(address, {"contact": "lan@example.vn"}).status_code == 410


def test_support_for_a_merged_question_leads_to_the_one_that_stands(client):
    session = open_session()
    one, two = accepted(session), accepted(session)
    services.merge_question(two, one, None)
    assert client.get(f"/lich/{session.slug}/cau-hoi/{two.pk}/dong-tinh/")["Location"].endswith(f"/{one.pk}/dong-tinh/")


# ── What everybody sees ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_list_is_by_support_and_the_states_stand_beside(client):
    session = open_session()
    few, many, done = accepted(session, "Câu ít người"), accepted(session, "Câu nhiều người"), answered(session, "Câu đã trả lời")
    for _ in range(3):
        services.support_question(many, contact())
    merged = accepted(session, "Câu được gộp")
    services.merge_question(merged, many, None)
    services.refuse_question(received(session), "insult", "Xin nói lời lịch sự.", None)
    received(session, "Chưa ai xem")
    content = page(client, f"/lich/{session.slug}/cau-hoi/")
    places = [content.index(question.public_text) for question in (many, few)]
    assert places == sorted(places)
    assert "Câu được gộp" not in content
    assert "Chưa ai xem" not in content
    assert "Xin nói lời lịch sự." not in content
    assert "gộp từ 2 câu" in content
    assert "đã trả lời bằng văn bản" in content
    newest = page(client, f"/lich/{session.slug}/cau-hoi/?sap-xep=moi")
    assert newest.index(done.public_text) < newest.index(few.public_text)
    page(client, f"/lich/{session.slug}/cau-hoi/?sap-xep=khac", 404)
    page(client, f"/lich/{session.slug}/cau-hoi/?trang=2", 404)
    page(client, f"/lich/{session.slug}/cau-hoi/?trang=0", 404)


def test_long_lists_have_pages_of_twenty(client):
    session = open_session()
    for number in range(23):
        accepted(session, f"Câu hỏi số {number}")
    first, second = (page(client, f"/lich/{session.slug}/cau-hoi/?trang={n}") for n in (1, 2))
    assert first.count('class="hit') == 20
    assert second.count('class="hit') == 3


def test_a_question_tells_its_history_and_a_corrected_answer_says_so(client):
    question = answered()
    services.publish_answer(question, "Xong trước ngày 15/01.", "in_writing", None, why="Nhầm ngày hoàn thành.")
    content = page(client, f"/lich/{question.session.slug}/cau-hoi/{question.pk}/")
    for said in ("Xong trước ngày 15/01.", "Nhầm ngày hoàn thành.", "Xong trước ngày 30/12.", question.unit.name):
        assert said in content, said
    refused = services.refuse_question(accepted(), "own_case", "Mời bạn đến bộ phận một cửa.", None)
    assert "Mời bạn đến bộ phận một cửa." in page(client, f"/lich/{refused.session.slug}/cau-hoi/{refused.pk}/")


def test_what_is_not_public_has_no_page(client):
    session = open_session()
    hidden = [received(session), services.refuse_question(received(session), "insult", "Không.", None), services.send_question(session, "x")]
    for question in hidden:
        page(client, f"/lich/{session.slug}/cau-hoi/{question.pk}/", 404)
        page(client, f"/lich/{session.slug}/cau-hoi/{question.pk}/dong-tinh/", 404)
    page(client, f"/lich/{open_session().slug}/cau-hoi/{accepted(session).pk}/", 404)


@pytest.mark.accepts("P9")
def test_public_pages_hold_no_token_and_may_be_kept_and_forms_may_not(client):
    question, request = accepted(), opened()
    slug = question.session.slug
    for address in (f"/lich/{slug}/cau-hoi/", f"/lich/{slug}/cau-hoi/{question.pk}/", "/lich/de-nghi/", f"/lich/de-nghi/{request.slug}/"):
        answer = client.get(address)
        assert "public" in answer["Cache-Control"], address
        assert "csrfmiddlewaretoken" not in answer.content.decode()
        assert not answer.cookies
    for address in (f"/lich/{slug}/cau-hoi/gui/", f"/lich/{slug}/cau-hoi/{question.pk}/dong-tinh/", "/lich/de-nghi/gui/"):
        assert is_private(client.get(address)), address


def test_nobody_is_asked_to_support_what_is_answered_already(client):
    question = accepted(open_session(), "Bao giờ có đèn?")
    asks = "Đồng tình để câu hỏi được trả lời trước"
    pages = (question.session.get_absolute_url(), f"/lich/{question.session.slug}/cau-hoi/")
    assert all(asks in client.get(page).content.decode() for page in pages)
    services.publish_answer(question, "Tháng sau.", "in_writing", None)
    assert not any(asks in client.get(page).content.decode() for page in pages)


def test_the_part_of_a_sessions_page_takes_two_queries(django_assert_num_queries):
    session = open_session()
    for number in range(7):
        accepted(session, f"Câu {number}")
    with django_assert_num_queries(2):
        found = question_list.for_page(session)
    assert (found.count, len(found.lines), found.more, found.takes) == (7, 5, 2, True)


def test_pages_stay_within_their_queries_and_weight(client):
    session = open_session()
    for number in range(20):
        question = assigned(session, f"Câu hỏi số {number}? " + "Rất dài. " * 80)
    request = opened()
    for _ in range(5):
        signed(request)
    token = links.question_token(question)
    for address in (
        f"/lich/{session.slug}/cau-hoi/", f"/lich/{session.slug}/cau-hoi/{question.pk}/", f"/lich/{session.slug}/cau-hoi/gui/",
        f"/lich/{session.slug}/cau-hoi/{question.pk}/dong-tinh/", f"/lich/{session.slug}/cau-hoi/cua-toi/{token}/", "/lich/de-nghi/",
        f"/lich/de-nghi/{request.slug}/", f"/lich/de-nghi/{request.slug}/ky/", "/lich/de-nghi/gui/",
    ):  # fmt: skip
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(address)
        assert len(asked) <= BUDGET, (address, len(asked), [query["sql"][:90] for query in asked])
        assert len(answer.content) < 100_000, address
        assert answer.content.decode().count("<h1") == 1, address


# ── Requests ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_request_is_written_moderated_signed_and_taken_back(client):
    unit = unit_with_voters(30)
    typed = {
        "unit": unit.pk, "subject": "Ngập hẻm 19", "reasons": "Mưa là ngập.", "name": "Trần Thị Kín", "village": "khu phố 4",
        "contact": "lan@example.vn", "voter": "on",
    }  # fmt: skip
    answer = client.post("/lich/de-nghi/gui/", typed)
    own = client.post(answer["Location"], {"code": sent_code()})
    request = DialogueRequest.objects.get()
    assert (request.state, request.signed) == ("received", 1)
    assert is_private(client.get(own["Location"]))
    assert "Ngập hẻm 19" not in page(client, "/lich/de-nghi/")
    request = services.open_request(request, "Ngập hẻm 19", "Mưa là ngập.", None)
    assert "1 trên 3 chữ ký" in page(client, f"/lich/de-nghi/{request.slug}/")
    signing = f"/lich/de-nghi/{request.slug}/ky/"
    answer = client.post(signing, {"name": "Lê Văn Kín", "village": "khu phố 5", "contact": "minh@example.vn", "voter": "on"})
    done = client.post(answer["Location"], {"code": sent_code()})
    assert fresh(request).signed == 2
    for address in ("/lich/de-nghi/", f"/lich/de-nghi/{request.slug}/"):
        assert "Kín" not in page(client, address)
    answer = client.post(signing, {"name": "Lê Văn Kín", "village": "khu phố 5", "contact": "minh@example.vn", "voter": "on"})
    again = client.post(answer["Location"], {"code": sent_code()})
    assert "rồi" in page(client, again["Location"])
    assert fresh(request).signed == 2
    page(client, done["Location"])
    assert client.post(done["Location"])["Location"].endswith("/da-rut/")
    assert fresh(request).signed == 1
    page(client, done["Location"], 404)


@pytest.mark.accepts("W3")
def test_a_signature_without_the_declaration_is_told_and_nothing_is_lost(client):
    request = opened()
    typed = {"name": "Lê Văn Kín", "village": "khu phố 5", "contact": "minh@example.vn"}
    answer = client.post(f"/lich/de-nghi/{request.slug}/ky/", typed)
    content = answer.content.decode()
    assert answer.status_code == 422
    assert all(value in content for value in typed.values())
    assert "cử tri" in content
    assert Signature.objects.count() == 1


def test_only_units_whose_voters_are_counted_can_be_asked(client):
    assert "Viết đề nghị" not in page(client, "/lich/de-nghi/")
    unit_with_voters()
    assert "Viết đề nghị" in page(client, "/lich/de-nghi/")


def test_a_request_shows_what_the_unit_did_and_when(client):
    request = opened(unit_with_voters(10))
    services.note_request(request, "Đã mời Ban Quản lý dự án.", None)
    session = announced(unit=request.unit, begins_in=20 * DAY)
    services.schedule_request(request, session, None)
    content = page(client, f"/lich/de-nghi/{request.slug}/")
    assert "Đã mời Ban Quản lý dự án." in content
    assert f"/lich/{session.slug}/" in content
    assert f"{timezone.localdate():%d/%m/%Y}" in content


def test_english_pages_are_in_english(client):
    session = open_session()
    question = accepted(session)
    for address in (f"/en/lich/{session.slug}/cau-hoi/", f"/en/lich/{session.slug}/cau-hoi/gui/", f"/en/lich/{session.slug}/cau-hoi/{question.pk}/"):
        content = page(client, address)
        assert 'lang="en"' in content
    assert "Send a question" in page(client, f"/en/lich/{session.slug}/cau-hoi/")
    client.post(f"/en/lich/{session.slug}/cau-hoi/gui/", {"text": "When?", "contact": "lan@example.vn"})
    assert Code.objects.get().contact.language == "en"
