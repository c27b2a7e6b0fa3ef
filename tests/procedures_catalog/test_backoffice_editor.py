"""What the editor and the lists say: why publishing is not offered, a refusal once, and what people call a procedure."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.urls import reverse

from organisation.models import today
from procedures_catalog import services
from procedures_catalog.backoffice.explaining import publishing
from procedures_catalog.models import AskedQuestion, ProcedureVersion

from .making import DAY, draft, form_data, fresh, in_force, person, procedure

pytestmark = pytest.mark.django_db
NAMES = "wagtailsnippets_procedures_catalog_procedureversion"
WROTE = "Bạn đã viết bản này nên người khác phải duyệt."


@pytest.fixture
def editor():
    return person("editor", "an")


@pytest.fixture
def publisher():
    return person("publisher", "ba")


def page(client, user, name, *args):
    client.force_login(user)
    answer = client.get(reverse(f"{NAMES}:{name}", args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def test_who_wrote_is_told_why_and_what_next(client, editor, publisher):
    call_command("catalogue_workflow", verbosity=0)
    version = draft(editor)
    shown = page(client, editor, "edit", version.pk)
    assert WROTE in shown and "chọn “Gửi duyệt” trong khung nút ở cuối trang" in shown and "Người có thể duyệt: ba." in shown
    assert 'name="action-publish"' not in shown and 'name="action-submit"' in shown
    services.submit(version, user=editor)
    shown = page(client, editor, "edit", version.pk)
    assert WROTE in shown and "đang chờ duyệt. Bạn không phải làm gì thêm." in shown and "action-submit" not in shown


def test_a_publisher_who_typed_one_word_is_told_too(client, editor, publisher):
    version = draft(editor)
    assert 'name="action-publish"' in (shown := page(client, publisher, "edit", version.pk)) and "catalogue-publishing" not in shown
    data = {**form_data(client, version), "name": "Đăng ký khai sinh lưu động"}
    assert client.post(reverse(f"{NAMES}:edit", args=[version.pk]), data).status_code == 302
    shown = page(client, publisher, "edit", version.pk)
    assert WROTE in shown and "action-publish" not in shown and "Hiện chưa ai khác có quyền công bố" in shown


def test_what_is_missing_is_told_with_the_way_out(client, editor, publisher):
    version = draft(editor, sets=None)
    shown = page(client, publisher, "edit", version.pk)
    assert WROTE not in shown and "Chưa công bố được vì còn thiếu phần bắt buộc: số lượng bộ hồ sơ." in shown and "ghi lý do vẫn công bố" in shown
    assert "Chưa công bố được" in page(client, editor, "edit", version.pk)
    reasoned = draft(editor, sets=None, incomplete_reason="Bộ chưa quy định")
    assert publishing(reasoned, publisher) is None


def test_an_editor_who_did_not_write_it_is_told_of_the_right(client, editor, publisher):
    shown = page(client, person("editor", "tu"), "edit", draft(editor).pk)
    assert WROTE not in shown and "công bố thì cần quyền mà bạn chưa có" in shown


def test_before_anything_is_saved_and_after_it_is_in_force(client, editor, publisher):
    assert "Bạn đang viết bản này nên người khác phải duyệt." in page(client, publisher, "add")
    version = in_force(editor, publisher)
    assert "catalogue-publishing" not in page(client, editor, "edit", version.pk)


def test_a_version_to_come_that_was_corrected_is_judged_by_the_correction(editor, publisher):
    version = in_force(editor, publisher, valid_from=today() + 9 * DAY)
    assert publishing(version.get_latest_revision_as_object(), editor) is None  # as it was published
    changed = version.get_latest_revision_as_object()
    changed.sets = None
    changed.save_revision(user=editor)
    told = publishing(fresh(version).get_latest_revision_as_object(), person("publisher", "tu"))
    assert told and "số lượng bộ hồ sơ" in told.why[0]


def test_editors_have_one_first_heading(client, editor):
    version = draft(editor)
    for shown in (page(client, editor, "edit", version.pk), page(client, editor, "add")):
        assert shown.count("<h1") == 1


def test_a_refusal_is_said_once_in_the_page_and_whole_in_json(client, editor, publisher):
    version = draft(editor)
    client.force_login(publisher)
    data = {**form_data(client, version), "name": "Tên khác", "action-publish": "1"}
    sentence = "Bạn đã viết một phần bản này."
    answer = client.post(reverse(f"{NAMES}:edit", args=[version.pk]), data)
    assert answer.content.decode().count(sentence) == 1 and "Chưa làm được:" in answer.content.decode()
    answer = client.post(reverse(f"{NAMES}:edit", args=[version.pk]), data, headers={"accept": "application/json"})
    assert answer.json()["error_message"].count(sentence) == 1 and not fresh(version).live


def listed(client, editor, words, more=""):
    client.force_login(editor)
    answer = client.get(reverse(f"{NAMES}:list_results") + f"?q={words}{more}")
    found = [version.procedure.code for version in answer.context["object_list"]]
    assert len(found) == len(set(found)) == answer.context["paginator"].count
    return found


@pytest.fixture
def red_book(editor):
    """One that nobody calls by its name, among others that have the syllables."""
    draft(editor, procedure("1.000001"), name="Đo đạc theo hồ sơ số 5")
    book = procedure("1.000002")
    book.summary = "Làm sổ đỏ lần đầu."
    book.save()
    draft(editor, book, name="Cấp Giấy chứng nhận quyền sử dụng đất")
    asked = procedure("1.000003")
    for number in range(3):
        AskedQuestion.objects.create(procedure=asked, question=f"Mất sổ đỏ thì làm sao ({number})?", answer="Báo phường.")
    draft(editor, asked, name="Cấp lại Giấy chứng nhận", keywords="bìa đỏ")
    draft(editor, procedure("1.000004"), name="Đăng ký khai sinh")


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("so do", ["1.000002", "1.000003", "1.000001"]),
        ("sổ đỏ", ["1.000002", "1.000003"]),
        ("bia do", ["1.000003"]),
        ("mat so do", ["1.000003"]),
        ("khai sinh", ["1.000004"]),
        ("0002", ["1.000002"]),
        ("hai sinh", []),
    ],
)
def test_lists_are_searched_by_what_people_call_it_nearest_first(client, editor, red_book, words, codes):
    assert listed(client, editor, words) == codes


def test_an_order_that_was_asked_for_stays(client, editor, red_book):
    assert listed(client, editor, "so do", "&ordering=procedure__code") == ["1.000001", "1.000002", "1.000003"]


@pytest.mark.parametrize("words", ["((", "\\", "[a", "a{2}", "%", "_", "*", "đ\\m", "a" * 3000, "so " * 50])
def test_signs_of_patterns_are_only_signs(client, editor, red_book, words):
    client.force_login(editor)
    answer = client.get(reverse(f"{NAMES}:list_results"), {"q": words})
    assert answer.status_code == 200 and (len(words) > 5 or not answer.context["object_list"])


def test_the_search_costs_no_more_with_more_rows(client, editor, red_book, django_assert_max_num_queries):
    client.force_login(editor)
    listed(client, editor, "so do")
    for _turn in range(12):
        draft(editor, name="Sổ đỏ")
    with django_assert_max_num_queries(25):
        assert len(listed(client, editor, "so do")) == 15
    assert ProcedureVersion.objects.count() == 16
