"""C8: two editors on one version. The second gets a page with the difference; nothing that anybody typed is lost."""

import re
from html import unescape

import pytest
from django.urls import reverse

from procedures_catalog import services
from procedures_catalog.models import ProcedureVersion, StepRow
from search.models import Entry  # noqa: F401  # the app is loaded

from .making import draft, form_data, fresh, person

pytestmark = [pytest.mark.django_db, pytest.mark.accepts("C8")]


@pytest.fixture
def version():
    return draft(person("editor", "an"))


def edit(version):
    return reverse("wagtailsnippets_procedures_catalog_procedureversion:edit", args=[version.pk])


def hidden(page):
    """The fields of the conflict page's form."""
    form = page[page.index('class="catalogue-conflict"') :]
    data = {}
    for tag in re.findall(r'<input type="hidden"[^>]*>', form):
        name, value = re.search(r'name="([^"]*)"', tag)[1], re.search(r'value="([^"]*)"', tag, re.S)
        data.setdefault(unescape(name), []).append(unescape(value[1] if value else ""))
    return data


def save_meanwhile(version, **changes):
    """The other editor saves."""
    editing = fresh(version).get_latest_revision_as_object()
    for name, value in changes.items():
        setattr(editing, name, value)
    editing.save()
    editing.save_revision(user=person("editor"))
    return editing


def test_the_second_editor_sees_the_difference_and_nothing_is_overwritten(client, version):
    client.force_login(person("editor"))
    typed = {**form_data(client, version), "name": "Tên tôi gõ"}
    save_meanwhile(version, name="Tên người kia lưu", receiving_address="Số 5")
    answer = client.post(edit(version), typed)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert fresh(version).name == "Tên người kia lưu"
    assert "<ins>tôi" in page and "<del>người" in page
    assert hidden(page)["name"] == ["Tên tôi gõ"]


def test_the_typed_text_can_be_saved_over_it_and_rows_that_the_other_added_stay(client, version):
    client.force_login(person("editor"))
    typed = {**form_data(client, version), "name": "Tên tôi gõ", "steps-1-text": "Bước tôi sửa"}
    other = fresh(version).get_latest_revision_as_object()
    other.steps.add(StepRow(text="Bước người kia thêm", sort_order=7))
    other.save()
    other.save_revision(user=person("editor"))
    page = client.post(edit(version), typed).content.decode()
    answer = client.post(edit(version), {**hidden(page), "action-save": "1"})
    assert answer.status_code == 302
    saved = fresh(version)
    assert saved.name == "Tên tôi gõ"
    assert [row.text for row in saved.steps.all()] == ["Nộp hồ sơ.", "Bước tôi sửa", "Bước người kia thêm"]


def test_a_row_that_the_other_removed_is_not_lost_with_what_was_typed_in_it(client, version):
    client.force_login(person("editor"))
    typed = {**form_data(client, version), "steps-1-text": "Bước tôi sửa"}
    other = fresh(version).get_latest_revision_as_object()
    other.steps.remove(other.steps.all()[1])
    other.save()
    other.save_revision(user=person("editor"))
    page = client.post(edit(version), typed).content.decode()
    assert client.post(edit(version), {**hidden(page), "action-save": "1"}).status_code == 302
    assert [row.text for row in fresh(version).steps.all()] == ["Nộp hồ sơ.", "Bước tôi sửa"]


def test_going_on_editing_shows_the_form_with_what_was_typed_and_saves_nothing(client, version):
    client.force_login(person("editor"))
    typed = {**form_data(client, version), "name": "Tên tôi gõ", "papers-0-note": "Ghi chú tôi gõ"}
    save_meanwhile(version, name="Tên người kia lưu")
    page = client.post(edit(version), typed).content.decode()
    revisions = fresh(version).revisions.count()
    answer = client.post(edit(version), {**hidden(page), "resume": "1"})
    form = answer.content.decode()
    assert answer.status_code == 200 and "Tên tôi gõ" in form and "Ghi chú tôi gõ" in form
    assert fresh(version).revisions.count() == revisions and fresh(version).name == "Tên người kia lưu"
    assert f'name="loaded_revision_id" value="{fresh(version).latest_revision_id}"' in form


def test_a_third_save_meanwhile_is_a_conflict_again(client, version):
    client.force_login(person("editor"))
    typed = {**form_data(client, version), "name": "Tên tôi gõ"}
    save_meanwhile(version, name="Hai")
    page = client.post(edit(version), typed).content.decode()
    save_meanwhile(version, name="Ba")
    assert client.post(edit(version), {**hidden(page), "action-save": "1"}).status_code == 409
    assert fresh(version).name == "Ba"


def test_a_form_that_does_not_say_on_what_it_was_opened_is_a_conflict(client, version):
    client.force_login(person("editor"))
    typed = form_data(client, version)
    del typed["loaded_revision_id"], typed["loaded_revision_created_at"]
    assert client.post(edit(version), {**typed, "name": "Tên tôi gõ"}).status_code == 409
    assert fresh(version).name == version.name


def test_without_a_second_editor_saving_is_saving(client, version):
    client.force_login(person("editor"))
    assert client.post(edit(version), {**form_data(client, version), "name": "Tên mới"}).status_code == 302
    assert fresh(version).name == "Tên mới"


def test_an_autosave_over_somebody_elses_text_is_refused(client, version):
    client.force_login(person("editor"))
    typed = {**form_data(client, version), "name": "Tên tôi gõ"}
    save_meanwhile(version, name="Tên người kia lưu")
    answer = client.post(edit(version), typed, headers={"accept": "application/json"})
    assert answer.status_code == 400 and answer.json()["error_code"] == "invalid_revision"
    assert fresh(version).name == "Tên người kia lưu"


def test_a_mistake_keeps_everything_typed(client, version):
    client.force_login(person("editor"))
    typed = {**form_data(client, version), "name": "Tên tôi gõ", "valid_to": "01/01/1990", "steps-0-text": "Bước tôi gõ"}
    answer = client.post(edit(version), typed)
    page = answer.content.decode()
    assert answer.status_code == 200 and "Tên tôi gõ" in page and "Bước tôi gõ" in page and "01/01/1990" in page
    assert fresh(version).name == version.name and ProcedureVersion.objects.count() == 1


def test_a_publisher_publishes_only_what_was_seen(client, version):
    """The publisher opened one text, the editor saved another: publishing is a conflict, not a surprise."""
    publisher = person("publisher")
    client.force_login(publisher)
    typed = form_data(client, version)
    save_meanwhile(version, name="Đổi sau khi mở")
    assert client.post(edit(version), {**typed, "action-publish": "1"}).status_code == 409
    assert not fresh(version).live and not services.wrote(version, publisher)
