"""Papers that reach a question later: sent by whoever asked it, through the page of their own, until it is decided; and those of a question
that came with a registration and was not taken, given back with its text."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from dialogue_sessions import asking, question_privacy, services
from dialogue_sessions import question_papers as papers
from dialogue_sessions.enums import QuestionState, SessionKind
from dialogue_sessions.models import Question, QuestionPaper, Registration, Session
from dialogue_sessions.question_links import question_token
from messaging.services import contact_for
from safeguards.models import Event, StoredFile
from safeguards.uploads import services as uploads
from safeguards.uploads import upkeep
from tests.beginnings import house_roles, private_files
from tests.safeguards import sent_files as sent

from .asking import PUBLIC, contact, fresh, officer, received, signed_in
from .making import DAY, MINUTE, open_session, pool_of
from .visiting import Visitor

pytestmark = pytest.mark.django_db
TEXT, OTHER = "Bao giờ đèn đường ngõ 19 sáng lại?", "Bao giờ đèn đường ngõ 19 và ngõ 20 sáng lại?"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    return private_files(settings, tmp_path)


@pytest.fixture
def session():
    return open_session(kind=SessionKind.THEMATIC)


def file(name="anh.pdf", content=None):
    return SimpleUploadedFile(name, content or sent.pdf(), "application/pdf")


def stored(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def tokens(answer):
    return re.findall('name="papers-kept"[^>]*value="([^"]+)"', answer.content.decode())


def names(question):
    return [one.name for one in papers.of(question)]


# ── Through the page of whoever asked ─────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def question(session):
    return received(session, who=contact())


def own_page(question):
    return reverse("questions:own_question", args=[question.session.slug, question_token(question)])


def send(client, question, *files, **values):
    return client.post(own_page(question), {"add": "1", "papers": list(files), **values})


def test_more_papers_are_sent_shown_and_on_record(client, question):
    page = client.get(own_page(question)).content.decode()
    assert 'enctype="multipart/form-data"' in page and 'name="add"' in page
    answer = send(client, question, file("Hố ga.pdf"), file("anh.png", sent.picture("PNG")))
    assert answer.status_code == 302 and answer.url == own_page(question)
    shown = client.get(answer.url)
    assert "Chúng tôi đã nhận giấy tờ của bạn" in shown.content.decode() and "Hố ga.pdf" in shown.content.decode()
    assert shown["Cache-Control"] == "no-store, private"
    assert names(question) == ["Hố ga.pdf", "anh.png"]
    event = Event.objects.get(kind="dialogue_sessions.question_papers_added")
    assert event.payload == {"session": question.session_id, "files": 2}
    assert fresh(question).state == QuestionState.RECEIVED, "nothing was withdrawn"


def test_whoever_moderates_and_answers_has_them_as_the_first_ones(client, question):
    house_roles()
    send(client, question, file("Nguyễn.pdf"))
    office = signed_in(officer("kiem-duyet", question.session.unit))
    page = office.get(reverse("dialogue_sessions_backoffice:question", args=[question.pk])).content.decode()
    address = reverse("uploads_download", args=[papers.of(question)[0].uid])
    assert address in page and "Nguyễn" not in page
    assert "giấy tờ gửi bổ sung" in page
    assert b"".join(office.get(address).streaming_content) == sent.pdf()
    assert client.get(address).status_code in {302, 403, 404}


def test_a_bad_file_is_told_and_the_good_ones_stay_with_the_form(client, question):
    answer = send(client, question, file("Hố ga.pdf"), file("virus.exe", sent.EXE))
    assert answer.status_code == 422
    said = answer.content.decode()
    assert "virus.exe" in said and "Hố ga.pdf" in said and 'id="error-summary"' in said
    assert names(question) == []
    assert send(client, question, **{"papers-kept": tokens(answer)}).status_code == 302
    assert names(question) == ["Hố ga.pdf"]


def test_an_empty_form_says_what_to_do_and_withdraws_nothing(client, question):
    answer = send(client, question)
    assert answer.status_code == 422
    assert "ít nhất một tệp" in answer.content.decode()
    assert fresh(question).state == QuestionState.RECEIVED


def test_the_limits_hold_over_all_that_was_sent(client, question, settings):
    settings.UPLOAD_FILES = 2
    send(client, question, file("a.pdf"), file("b.pdf"))
    answer = send(client, question, file("c.pdf"))
    assert answer.status_code == 422
    assert "quá nhiều" in answer.content.decode()
    assert names(question) == ["a.pdf", "b.pdf"]
    client.post(own_page(question), {"remove": str(papers.of(question)[0].uid)})
    assert send(client, question, **{"papers-kept": tokens(answer)}).status_code == 302
    settings.UPLOAD_TOTAL_BYTES = sum(one.size for one in papers.of(question))
    assert send(client, question, file("d.pdf")).status_code == 422


@pytest.mark.parametrize("way", ["accepted", "assigned", "merged"])
def test_they_are_taken_until_the_question_is_decided(client, question, way):
    services.accept_question(question, PUBLIC, None)
    root = question
    if way == "assigned":
        services.assign_question(question, question.session.unit, None, None)
    if way == "merged":
        root = services.accept_question(received(question.session), PUBLIC, None)
        services.merge_question(question, root, None)
    assert send(client, question, file()).status_code == 302
    services.publish_answer(root, "Xong.", "in_writing", None)
    assert 'name="add"' not in client.get(own_page(question)).content.decode()
    late = send(client, question, file("b.pdf"))
    assert late.status_code == 422
    assert "đã được giải quyết" in late.content.decode()
    assert names(question) == ["anh.pdf"]


def test_what_was_refused_takes_none(client, question):
    services.refuse_question(question, "unclear", "Không rõ.", None)
    assert send(client, question, file()).status_code == 422
    assert names(question) == []
    assert not Event.objects.filter(kind="dialogue_sessions.question_papers_added").exists()


def test_who_withdrew_has_no_page_and_others_no_key(client, question):
    services.support_question(services.accept_question(question, PUBLIC, None), contact())
    address = own_page(question)
    services.withdraw_question(question)
    assert client.post(address, {"add": "1", "papers": [file()]}).status_code == 404
    with pytest.raises(papers.Over):
        papers.add(question, [])
    assert client.post(address.replace("cua-toi/", "cua-toi/x"), {"add": "1"}).status_code == 404


def test_they_go_with_what_was_sent(client, question, folder, django_capture_on_commit_callbacks):
    send(client, question, file())
    with django_capture_on_commit_callbacks(execute=True):
        services.withdraw_question(question)
    assert stored(folder) == [] and not StoredFile.objects.exists()


# ── Given back with the text ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def visitor(client, settings):
    settings.SMS_PROVIDER = "tests.messaging.providers.Fake"
    return Visitor(client)


@pytest.fixture
def place(visitor, session):
    """The page of a place whose question was not taken: five of the same person's are open."""
    for number in range(services.questions.MOST_OPEN):
        services.ask_question(session, f"Câu {number}?", contact_for("0912345678"))
    answer = visitor.send(
        visitor.form(session), pool_of(session), question=TEXT, question_papers=[file("Hố ga.pdf"), file("Đơn.pdf")], village="khu phố 4"
    )
    return visitor.type_code(answer.url).url


def lost():
    return Question.objects.get(state=QuestionState.UNPROVEN)


def free(session):
    """One of those that were open is decided."""
    services.refuse_question(Question.objects.filter(session=session, state=QuestionState.RECEIVED).first(), "unclear", "Không rõ.", None)


def again(client, place, *files, keep=None, **values):
    keep = [str(one.uid) for one in papers.of(lost())] if keep is None else keep
    return client.post(f"{place}cau-hoi/", {"text": TEXT, "village": "khu phố 4", "keep": keep, "papers": list(files), **values})


def test_the_page_of_the_place_gives_text_and_papers_back_and_says_until_when(client, place):
    page = client.get(place).content.decode()
    assert TEXT in page and "Hố ga.pdf" in page and "Đơn.pdf" in page
    assert "sau đó sẽ xóa" in page
    assert f'href="{place}cau-hoi/"' in page
    form = client.get(f"{place}cau-hoi/")
    said = form.content.decode()
    assert TEXT in said and 'value="khu phố 4"' in said and "Hố ga.pdf" in said and 'name="contact"' not in said
    assert (form["Cache-Control"], form["Referrer-Policy"]) == ("no-store, private", "same-origin")
    assert 'content="noindex"' in said


def test_sent_again_it_goes_to_the_moderators_with_its_papers_and_no_code(client, place, session):
    free(session)
    question = lost()
    before = {one.pk for one in papers.of(question)}
    answer = again(client, place, file("Thêm.pdf"), text=OTHER)
    assert answer.status_code == 302 and answer.url == place
    question = fresh(question)
    assert (question.state, question.sent_text(), question.village) == (QuestionState.RECEIVED, OTHER, "khu phố 4")
    assert names(question) == ["Hố ga.pdf", "Đơn.pdf", "Thêm.pdf"]
    assert before < {one.pk for one in papers.of(question)}, "the same files, not copies"
    assert question.own_supports.get().contact == contact_for("0912345678")
    page = client.get(place).content.decode()
    assert "/cau-hoi/cua-toi/" in page and "chưa gửi đi được" not in page
    assert client.post(f"{place}cau-hoi/", {"text": OTHER, "village": ""}).url == place, "a double click sends it once"
    assert Question.objects.filter(state=QuestionState.RECEIVED).count() == services.questions.MOST_OPEN


def test_what_is_unticked_goes_and_only_if_the_rest_is_sent(client, place, session, folder, django_capture_on_commit_callbacks):
    first = papers.of(lost())[0]
    refused = again(client, place, keep=[str(first.uid)])
    assert refused.status_code == 422, "five are open still"
    assert names(lost()) == ["Hố ga.pdf", "Đơn.pdf"]
    assert re.findall('name="keep" value="([^"]+)"[^>]* checked', refused.content.decode()) == [str(first.uid)], "as it was ticked"
    free(session)
    question = lost()
    with django_capture_on_commit_callbacks(execute=True):
        assert again(client, place, keep=[str(first.uid)]).status_code == 302
    assert names(question) == ["Hố ga.pdf"]
    assert len(stored(folder)) == 1


def test_refused_again_nothing_that_was_typed_or_sent_is_lost(client, place, session):
    answer = again(client, place, file("Thêm.pdf"), file("virus.exe", sent.EXE), text=OTHER)
    said = answer.content.decode()
    assert answer.status_code == 422 and OTHER in said and "Thêm.pdf" in said and "virus.exe" in said
    answer = again(client, place, text=OTHER, **{"papers-kept": tokens(answer)})
    assert answer.status_code == 422 and OTHER in answer.content.decode()
    assert (lost().sent_text(), names(lost())) == (TEXT, ["Hố ga.pdf", "Đơn.pdf"]), "all of it or nothing"
    free(session)
    question = lost()
    assert again(client, place, text=OTHER, **{"papers-kept": tokens(answer)}).status_code == 302
    assert names(question) == ["Hố ga.pdf", "Đơn.pdf", "Thêm.pdf"]


def test_the_limits_hold_with_those_that_are_there(client, place, session, settings):
    free(session)
    settings.UPLOAD_FILES = 2
    answer = again(client, place, file("c.pdf"))
    assert answer.status_code == 422 and "quá nhiều" in answer.content.decode()
    assert lost()
    only = str(papers.of(lost())[0].uid)
    assert again(client, place, keep=[only], **{"papers-kept": tokens(answer)}).status_code == 302


def test_once_no_questions_are_taken_it_is_shown_and_kept_till_its_time(client, place, session, folder, django_capture_on_commit_callbacks):
    Session.objects.filter(pk=session.pk).update(questions_until=timezone.now() - MINUTE)
    page = client.get(place).content.decode()
    assert TEXT in page and "Hố ga.pdf" in page and f'href="{place}cau-hoi/"' not in page
    assert again(client, place).url == place
    assert lost()
    assert upkeep.purge(timezone.now() + DAY) == 0, "they belong to the question"
    with django_capture_on_commit_callbacks(execute=True):
        assert question_privacy.purge_questions(timezone.now() + DAY) == 0
        assert len(stored(folder)) == 2
        assert question_privacy.purge_questions(timezone.now() + 3 * DAY) == 1
    assert stored(folder) == [] and not StoredFile.objects.exists() and not QuestionPaper.objects.exists()
    assert TEXT not in client.get(place).content.decode()


def test_nobody_else_has_text_or_papers(client, place, session):
    house_roles()
    address = reverse("uploads_download", args=[papers.of(lost())[0].uid])
    office = signed_in(officer("kiem-duyet", session.unit))
    assert office.get(address).status_code == 404
    assert office.get(reverse("dialogue_sessions_backoffice:question", args=[lost().pk])).status_code == 404
    assert client.get(f"{place[:-5]}xxxx/cau-hoi/").status_code == 404
    for public in (f"/lich/{session.slug}/", f"/lich/{session.slug}/cau-hoi/"):
        assert TEXT not in client.get(public).content.decode()


def test_whoever_has_their_data_forgotten_loses_it_at_once(place, folder, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        services.withdraw(Registration.objects.get())
    assert not Question.objects.filter(state=QuestionState.UNPROVEN).exists()
    assert stored(folder) == []


def test_a_question_that_reached_the_moderators_outlives_the_seat(visitor, session):
    visitor.type_code(visitor.send(visitor.form(session), pool_of(session), question=TEXT).url)
    services.withdraw(Registration.objects.get())
    assert Question.objects.get().state == QuestionState.RECEIVED


def test_what_was_typed_while_the_night_took_the_rest_is_sent_all_the_same(client, place, session):
    free(session)
    question_privacy.purge_questions(timezone.now() + 3 * DAY)
    answer = client.post(f"{place}cau-hoi/", {"text": OTHER, "village": "", "keep": [], "papers": [file("Mới.pdf")]})
    assert answer.status_code == 302
    question = asking.of(Registration.objects.get())
    assert (question.state, question.sent_text(), names(question)) == (QuestionState.RECEIVED, OTHER, ["Mới.pdf"])


def test_looking_changes_nothing(client, place):
    before = Event.objects.count(), uploads.StoredFile.objects.count()
    client.get(f"{place}cau-hoi/?keep=x&text=y")
    assert (Event.objects.count(), uploads.StoredFile.objects.count()) == before
    assert lost().sent_text() == TEXT
