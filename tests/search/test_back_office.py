"""The tables in the back office: who may, what is on record, what stands in a form, files in and out."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse
from wagtail.models import ModelLogEntry

from safeguards.models import Event
from search import editing, importing, services
from search.models import Abbreviation, Entry, Guidance, Pick, SynonymGroup, VocabularyWord
from tests.safeguards.staff import person

pytestmark = pytest.mark.django_db
GROUPS = "wagtailsnippets_search_synonymgroup"
ALL = ("synonymgroup", "abbreviation", "guidance", "pick", "vocabularyword")


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(person(f"nguoi-{role}", role=role))
    return client


def form(**changes):
    return {"canonical": "đăng ký khai sinh", "same": "GKS\r\nkhai sanh\r\n\r\n", "one_way": "", "active": "on", "note": "", **changes}


def test_an_editor_adds_changes_and_removes_on_record(publish):
    client = signed_in("editor")
    assert client.post(reverse(f"{GROUPS}:add"), form()).status_code == 302
    group = SynonymGroup.objects.get()
    assert group.same == ["GKS", "khai sanh"]
    edit = reverse(f"{GROUPS}:edit", args=[group.pk])
    assert "GKS\nkhai sanh" in client.get(edit).content.decode().replace("\r", "")
    assert client.post(edit, form(same="GKS", active="")).status_code == 302
    group.refresh_from_db()
    assert (group.same, group.active) == (["GKS"], False)
    history = client.get(reverse(f"{GROUPS}:history", args=[group.pk]))
    assert history.status_code == 200
    assert client.post(reverse(f"{GROUPS}:delete", args=[group.pk])).status_code == 302
    assert not SynonymGroup.objects.exists()
    events = Event.objects.filter(subject_type="search.synonymgroup")
    assert [event.kind.rpartition("_")[2] for event in events] == ["added", "changed", "removed"]
    assert {event.actor.username for event in events} == {"nguoi-editor"}
    assert ModelLogEntry.objects.filter(content_type__model="synonymgroup").count() == 3, "one line a change in the history"


def test_what_is_refused_stands_in_the_form():
    client = signed_in("editor")
    client.post(reverse(f"{GROUPS}:add"), form())
    for changes, said in (({"canonical": "x", "same": ""}, "ít nhất một cách gọi khác"), ({"canonical": "Đăng Ký khai sinh"}, "đã có nhóm"),
                          ({"canonical": "x", "one_way": "gks"}, "cả hai danh sách"), ({"canonical": ""}, "bắt buộc")):  # fmt: skip
        answer = client.post(reverse(f"{GROUPS}:add"), form(**changes))
        assert answer.status_code == 200
        assert said in answer.content.decode()
    assert SynonymGroup.objects.count() == 1
    assert Event.objects.filter(kind="search.synonymgroup_added").count() == 1


def test_a_pick_is_named_by_the_address_that_stands_in_the_browser(publish):
    publish("7", "Đăng ký khai sinh", code="1.001193")
    client = signed_in("editor")
    add = reverse("wagtailsnippets_search_pick:add")
    values = {"phrases": "khai sinh", "order": "1", "active": "on", "valid_from": "", "valid_to": "", "note": ""}
    assert "không có gì mang địa chỉ" in client.post(add, {**values, "url": "/gone/"}).content.decode()
    assert client.post(add, {**values, "url": "https://testserver/7/"}).status_code == 302
    pick = Pick.objects.get()
    assert (pick.kind, pick.object_id) == ("thing", "7")
    assert 'value="/7/"' in client.get(reverse("wagtailsnippets_search_pick:edit", args=[pick.pk])).content.decode()
    assert "Đăng ký khai sinh" in client.get(reverse("wagtailsnippets_search_pick:list")).content.decode()
    wrong = client.post(add, {**values, "url": "1.001193", "phrases": "gks", "valid_from": "2026-02-01", "valid_to": "2026-01-01"})
    assert "trước ngày đầu" in wrong.content.decode() or wrong.context["form"].errors
    assert Pick.objects.count() == 1


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_pick_of_what_is_gone_can_be_switched_off_and_changed_but_not_on_again(publish, forgotten):
    publish("7", "Đăng ký khai sinh", code="1.001193")
    publish("8", "Đăng ký kết hôn")
    client = signed_in("editor")
    pick = editing.save(Pick(phrases=["khai sinh"], kind="thing", object_id="7"), None)
    with transaction.atomic():
        services.remove("thing", ["7"])
    if forgotten:
        Entry.objects.filter(object_id="7").delete()
    edit = reverse("wagtailsnippets_search_pick:edit", args=[pick.pk])
    address = client.get(edit).context["form"].initial["url"]
    values = {"phrases": "khai sinh", "order": "1", "valid_from": "", "valid_to": "", "note": "", "url": address}
    assert client.post(edit, {**values, "active": "on"}).status_code == 200
    assert client.post(edit, {**values, "url": "/typed-by-mistake/"}).context["form"].errors["url"]
    assert client.post(edit, values).status_code == 302
    pick.refresh_from_db()
    assert (pick.active, pick.kind, pick.object_id) == (False, "thing", "7")
    assert client.post(edit, {**values, "active": "on"}).status_code == 200
    assert client.post(edit, {**values, "active": "on", "url": "/8/"}).status_code == 302
    pick.refresh_from_db()
    assert (pick.active, pick.object_id) == (True, "8")
    assert client.post(reverse("wagtailsnippets_search_pick:add"), {**values, "phrases": "x", "url": "/gone/"}).context["form"].errors["url"]


def test_a_form_begins_with_what_the_report_knows():
    page = signed_in("editor").get(reverse(f"{GROUPS}:add"), {"same": "nghỉ bán", "id": "7"}).content.decode()
    assert "nghỉ bán" in page


@pytest.mark.parametrize(("role", "reads", "writes"), [
    ("editor", True, True), ("publisher", True, True), ("auditor", True, False), ("clerk", False, False), ("moderator", False, False),
])  # fmt: skip
def test_who_may(role, reads, writes):
    client = signed_in(role)
    row = editing.save(SynonymGroup(canonical="khai sinh", same=["GKS"]), None)
    for name in ALL:
        assert (client.get(reverse(f"wagtailsnippets_search_{name}:list")).status_code == 200) is reads
        assert (client.get(reverse(f"wagtailsnippets_search_{name}:add")).status_code == 200) is writes
    assert (client.get(reverse(f"{GROUPS}:inspect", args=[row.pk])).status_code == 200) is reads
    client.post(reverse(f"{GROUPS}:edit", args=[row.pk]), form())
    client.post(reverse(f"{GROUPS}:delete", args=[row.pk]))
    assert SynonymGroup.objects.filter(canonical="khai sinh").exists() is not writes
    for table in editing.TABLES:
        assert (client.get(reverse("search_backoffice:export", args=[table, "csv"])).status_code == 200) is reads
        assert (client.get(reverse("search_backoffice:import", args=[table])).status_code == 200) is writes


def test_lists_are_searched_with_and_without_marks_and_filtered():
    client = signed_in("editor")
    editing.save(SynonymGroup(canonical="đăng ký khai sinh", same=["làm giấy khai sinh"]), None)
    editing.save(SynonymGroup(canonical="đăng ký khai tử", same=["giấy báo tử"], active=False), None)
    listed = reverse(f"{GROUPS}:list")

    def found(**query) -> list[str]:
        return [row.canonical for row in client.get(listed, query).context["object_list"]]

    assert found(q="bao tu") == ["đăng ký khai tử"]
    assert found(q="khai sinh") == ["đăng ký khai sinh"]
    assert found(q="bào từ") == []
    assert found() == ["đăng ký khai sinh", "đăng ký khai tử"]
    assert found(active="false") == ["đăng ký khai tử"]


@pytest.mark.parametrize("name", ALL)
def test_queries_do_not_grow_with_a_list(name, django_assert_max_num_queries, publish):
    publish("1", "Đăng ký khai sinh")
    for number in range(30):
        SynonymGroup.objects.create(canonical=f"a{number}", same=["x"])
        Abbreviation.objects.create(short=f"a{number}", long=["x"])
        Guidance.objects.create(name=f"a{number}", phrases=["x"], text="x")
        Pick.objects.create(phrases=[f"a{number}"], kind="thing", object_id="1")
        VocabularyWord.objects.create(word=f"a{number}")
    client = signed_in("editor")
    client.get(reverse(f"wagtailsnippets_search_{name}:list"))
    with django_assert_max_num_queries(25):
        assert client.get(reverse(f"wagtailsnippets_search_{name}:list")).status_code == 200


def test_rows_are_removed_one_by_one():
    row = editing.save(SynonymGroup(canonical="khai sinh", same=["GKS"]), None)
    client = signed_in("editor")
    url = reverse("wagtail_bulk_action", args=["search", "synonymgroup", "delete"])
    client.post(f"{url}?id={row.pk}")
    assert SynonymGroup.objects.exists()


# ── Files ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def upload(client, table, text, **options):
    file = SimpleUploadedFile("x.csv", text.encode())
    return client.post(reverse("search_backoffice:import", args=[table]), {"file": file, **options})


def test_a_file_is_shown_before_it_is_taken():
    client = signed_in("editor")
    editing.save(SynonymGroup(canonical="khai sinh", same=["GKS"]), None)
    text = "canonical,same\nkhai sinh,GKS; khai sanh\nkhai tử,giấy báo tử\n"
    preview = upload(client, "synonyms", text, check_only="on")
    assert preview.status_code == 200
    assert "GKS; khai sanh" in preview.content.decode()
    assert SynonymGroup.objects.count() == 1
    assert upload(client, "synonyms", text).status_code == 200
    assert SynonymGroup.objects.count() == 2
    bad = upload(client, "synonyms", "canonical,same\nx,\n")
    assert bad.status_code == 422
    assert "ít nhất một cách gọi khác" in bad.content.decode()
    assert client.get(reverse("search_backoffice:import", args=["nothing"])).status_code == 404


def test_what_is_exported_is_taken_back(settings):
    editing.save(SynonymGroup(canonical="khai sinh", same=["=GKS"]), None)
    client = signed_in("editor")
    answer = client.get(reverse("search_backoffice:export", args=["synonyms", "csv"]))
    assert "'=GKS" in answer.content.decode("utf-8-sig")
    assert importing.read("synonyms", answer.content, None).unchanged == 1
    assert client.get(reverse("search_backoffice:export", args=["synonyms", "xlsx"])).content[:2] == b"PK"
    assert client.get(reverse("search_backoffice:export", args=["synonyms", "exe"])).status_code == 404
    settings.RATE_LIMITS_ON, settings.RATE_LIMITS = True, {**settings.RATE_LIMITS, "export": (1, 3600)}
    client.get(reverse("search_backoffice:export", args=["synonyms", "csv"]))
    assert client.get(reverse("search_backoffice:export", args=["synonyms", "csv"])).status_code == 429


def rows() -> None:
    """One of each table."""
    SynonymGroup.objects.create(canonical="đăng ký khai sinh", same=["GKS"])
    Abbreviation.objects.create(short="CA", long=["công an"])
    Guidance.objects.create(name="Hộ chiếu", phrases=["hộ chiếu"], text="Đến công an.")
    Pick.objects.create(phrases=["khai sinh", "gks"], kind="thing", object_id="7")
    VocabularyWord.objects.create(word="Sông Trăng")


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(("role", "leads"), [("editor", "edit"), ("auditor", "inspect")])
def test_each_list_leads_to_its_rows(name, role, leads):
    """A list of columns alone has no way to a row: nobody could change it but by typing its address."""
    rows()
    row = {model._meta.model_name: model for model in editing.TABLES.values()}[name].objects.get()
    page = signed_in(role).get(reverse(f"wagtailsnippets_search_{name}:list")).content.decode()
    address = reverse(f"wagtailsnippets_search_{name}:{leads}", args=[row.pk])
    assert f'href="{address}"' in page
    assert f'id="snippet_{row.pk}_title"' in page, "and the box beside it says which row it chooses"


def test_headings_and_labels_begin_alike():
    rows()
    page = signed_in("editor").get(reverse(f"{GROUPS}:add")).content.decode()
    assert "Cùng nghĩa" in page
    assert 'rows="5"' in page
