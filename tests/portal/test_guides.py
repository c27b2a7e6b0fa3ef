"""Guides: what a page says comes from the catalogue, today; who publishes, what holds a publication back, where guides are told of."""

from __future__ import annotations

import html
import json
import re

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.test import Client
from wagtail.models import PageViewRestriction

from portal.guide_rules import dead_ends, problems
from portal.link_checking import run as link_check
from portal.models import GuideIndexPage, GuidePage, LinkProblem
from portal.services import FourEyesRefused
from safeguards.requests import current_request_id
from search.models import Entry
from tests.procedures_catalog.factories import DAY, ProcedureFactory, VersionFactory, today

from .guide_kit import event, step, write_guide

pytestmark = pytest.mark.django_db


def shown(path: str) -> str:
    response = Client().get(path)
    assert response.status_code == 200, path
    return html.unescape(" ".join(response.content.decode().split()))


@pytest.fixture
def birth(db):
    return VersionFactory(
        name="Đăng ký khai sinh", parts={
            "methods": [
                {"channel": "counter", "limit_value": 3, "limit_unit": "working_days", "committed_value": 2, "committed_unit": "working_days"},
            ],
            "fees": [{"amount": 8000, "legal_basis": "NQ 1"}],
            "papers": [{"name": "Tờ khai", "originals": 1}, {"name": "Giấy chứng sinh", "originals": 1}],
        },
    )  # fmt: skip


@pytest.fixture
def home(db):
    return VersionFactory(
        name="Đăng ký thường trú", parts={
            "methods": [{"channel": "online", "limit_value": 7, "limit_unit": "working_days"}],
            "fees": [{"amount": 20000, "legal_basis": "NQ 1"}], "papers": [{"name": "tờ khai", "originals": 1}],
        },
    )  # fmt: skip


@pytest.fixture
def guide(site, editor, publisher, birth, home):
    return write_guide(editor, publisher, [
        step("Ở bệnh viện"),
        step("Khai sinh", birth.procedure, hint="Xin thêm bản sao."),
        step("Nhập hộ khẩu", home.procedure, together=True),
        step("Có tên cha", birth.procedure, condition="cha mẹ chưa đăng ký kết hôn"),
    ])  # fmt: skip


def test_a_guide_says_of_its_procedures_what_the_catalogue_says_today(guide, birth):
    page = shown(guide.url)
    assert guide.url == "/viec/co-con/"
    for words in (
        "3 ngày làm việc",
        "8.000 đồng",
        "cam kết 2 ngày làm việc",
        f"/thu-tuc/{birth.procedure.code}/",
        "Xin thêm bản sao.",
        "Giấy chứng sinh",
    ):
        assert words in page, words
    type(birth).objects.filter(pk=birth.pk).update(valid_to=today() - DAY, end_kind="superseded")
    fee = [{"amount": 9000, "legal_basis": "NQ 2"}]
    VersionFactory(procedure=birth.procedure, valid_from=today(), change_kind="amended", name="Đăng ký khai sinh", parts={"fees": fee})
    assert "9.000 đồng" in shown(guide.url)
    assert " 8.000" not in shown(guide.url)


def test_what_goes_in_one_go_is_one_visit_and_what_only_some_need_is_at_most(guide):
    page = shown(guide.url)
    assert "gộp một lần với bước 2" in page
    assert "1 đến 2 lần" in page
    assert "10 ngày làm việc" in page  # 7 of the visit with both, 3 of the last
    assert "36.000 đồng" in page  # 8.000 + 20.000, 8.000 again on another day
    assert page.count('id="ten-giay-') == 2  # the form is one paper
    assert "bước 2, 3, 4" in page


def test_machines_read_the_steps(guide):
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', Client().get(guide.url).content.decode(), re.DOTALL)
    data = json.loads(block[1])
    assert (data["@type"], data["inLanguage"], data["estimatedCost"]["maxValue"]) == ("HowTo", "vi", "36000")
    assert [one["name"] for one in data["step"]] == ["Ở bệnh viện", "Khai sinh", "Nhập hộ khẩu", "Có tên cha"]
    assert data["step"][1]["url"].endswith("/viec/co-con/#buoc-2")


def test_hostile_words_end_neither_the_data_block_nor_an_attribute(site, editor, publisher, birth):
    bad = '</script><script>alert(1)</script>"><img src=x onerror=alert(1)>'
    page = write_guide(editor, publisher, [step(bad, birth.procedure, hint=bad, condition=bad)], title=bad, summary=bad)
    text = Client().get(page.url).content.decode()
    assert "<script>alert" not in text
    assert "<img src=x" not in text


def test_a_procedure_that_ended_leads_to_the_one_in_its_place(guide, birth):
    heir = VersionFactory(name="Khai sinh kiểu mới").procedure
    birth.procedure.replaced_by.add(heir)
    type(birth).objects.filter(pk=birth.pk).update(valid_to=today() - DAY, end_kind="replaced")
    page = shown(guide.url)
    assert "không còn hiệu lực" in page
    assert f"/thu-tuc/{heir.code}/" in page
    assert "8.000" not in page  # nobody is told the fee of what cannot be filed
    link_check.check()
    told = LinkProblem.objects.filter(source_title=guide.title)
    assert {(row.reason, row.place) for row in told} == {("abolished", "bước 2"), ("abolished", "bước 4")}


def test_a_procedure_that_is_to_come_says_from_when(site, editor, publisher, birth):
    later = VersionFactory(upcoming=True, name="Sắp có")
    page = shown(write_guide(editor, publisher, [step("Sau này", later.procedure), step("Nay", birth.procedure)]).url)
    assert f"từ {later.valid_from:%d/%m/%Y}" in page
    assert "1 lần" in page


def test_a_draft_procedure_is_not_named_and_holds_the_guide_back(site, editor, publisher, birth):
    draft = VersionFactory(draft=True, name="Bản nháp không ai thấy")
    with pytest.raises(ValidationError, match="chưa bao giờ được công khai"):
        write_guide(editor, publisher, [step("Nháp", draft.procedure), step("Nay", birth.procedure)])
    page = write_guide(editor, None, [step("Nháp", draft.procedure), step("Nay", birth.procedure)], slug="nhap")
    GuidePage.objects.filter(pk=page.pk).update(live=True)
    assert "Bản nháp" not in shown("/viec/nhap/")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda one: [], "A guide needs steps"),
        (lambda one: [step("Chỉ lời")], "at least one procedure"),
        (lambda one: [step("", one)], "what to do"),
        (lambda one: [step("Không lời", one, text="<p> </p>")], "a sentence or two"),
        (lambda one: [step("Gộp", one, together=True)], "No step before"),
        (lambda one: [step("Nộp", one), step("Gộp lời", together=True)], "Nothing is filed"),
        (lambda one: [step("Hai lần", one, one)], "twice"),
        (lambda one: [step("Liên kết", one, text='<p><a href="javascript:alert(1)">ở đây</a></p>')], "not allowed"),
    ],
)
def test_what_keeps_a_guide_from_being_published(make, said, birth):
    from django.utils.translation import override

    with override("en"):
        assert any(said in problem.message for problem in problems(make(birth.procedure))), said


def test_a_guide_without_steps_stays_a_draft_by_every_way(site, editor, publisher):
    page = write_guide(editor, None, [])
    with pytest.raises(ValidationError):
        page.get_latest_revision().publish(user=publisher)
    page.live = True
    with pytest.raises(ValidationError):
        page.save()


def test_an_ended_procedure_holds_back_a_new_publication_only(guide, birth, publisher):
    type(birth).objects.filter(pk=birth.pk).update(valid_to=today() - DAY, end_kind="abolished")
    assert len(dead_ends(guide.steps.get_prep_value())) == 2
    guide.save()  # moved, or touched by the machine: it stays public and says so on the page
    with pytest.raises(ValidationError):
        guide.get_latest_revision().publish(user=publisher)


@pytest.mark.accepts("A12")
def test_who_wrote_a_guide_does_not_publish_it(site, editor, publisher, birth):
    page = write_guide(publisher, None, [step("Khai sinh", birth.procedure)])
    with pytest.raises(FourEyesRefused):
        page.get_latest_revision().publish(user=publisher)
    assert not GuidePage.objects.get(pk=page.pk).live
    assert not current_request_id()


# ── Where guides are told of ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_card_on_the_home_page_leads_to_the_guide_and_else_to_the_list(guide, birth):
    birth.procedure.life_events.set([guide.event, event("ket-hon", "Kết hôn")])
    birth.procedure.save()
    page = shown("/")
    assert 'class="card stack tight" href="/viec/co-con/"' in page
    assert 'href="/thu-tuc/?su-kien=ket-hon"' in page
    assert "4 bước" in page
    guide.unpublish()
    assert 'href="/thu-tuc/?su-kien=co-con"' in shown("/")


def test_a_list_of_a_life_event_and_a_procedure_lead_to_the_guide(guide, birth, home):
    birth.procedure.life_events.set([guide.event])
    birth.procedure.save()
    assert 'href="/viec/co-con/"' in shown("/thu-tuc/?su-kien=co-con")
    assert 'href="/viec/co-con/"' not in shown("/thu-tuc/")
    page = shown(f"/thu-tuc/{home.procedure.code}/")
    assert "Bước 3 trên 4 trong" in page
    assert 'href="/viec/co-con/#buoc-3"' in page
    assert "/viec/" not in shown(f"/en/thu-tuc/{home.procedure.code}/")  # there is none in English


@pytest.mark.accepts("A14")
def test_nobody_is_led_to_a_guide_behind_a_lock(guide, home, birth):
    birth.procedure.life_events.set([guide.event])
    birth.procedure.save()
    PageViewRestriction.objects.create(page=GuideIndexPage.objects.get(locale__language_code="vi"), restriction_type="login")
    assert "/viec/" not in shown(f"/thu-tuc/{home.procedure.code}/")
    assert "/viec/" not in shown("/")
    assert "/viec/" not in shown("/thu-tuc/?su-kien=co-con")
    assert not Entry.objects.filter(kind="life-guide", live=True).exists()


def test_search_finds_a_guide_by_its_words_and_by_what_happens(guide):
    entry = Entry.objects.get(kind="life-guide", live=True)
    assert (entry.title, entry.url) == ("Nhà có em bé", "/viec/co-con/")
    assert "Xin thêm bản sao." in entry.body
    assert "Having a child" in entry.asked
    guide.event.name = "Sinh con"
    guide.event.save()
    assert "Sinh con" in Entry.objects.get(kind="life-guide", live=True).asked
    guide.unpublish()
    assert not Entry.objects.filter(kind="life-guide", live=True).exists()
    guide.delete()


def test_the_page_of_all_guides_is_never_empty(site, editor, publisher, birth):
    birth.procedure.life_events.set([event(), event("ket-hon", "Kết hôn")])
    birth.procedure.save()
    assert 'href="/thu-tuc/?su-kien=co-con"' in shown("/viec/")
    write_guide(editor, publisher, [step("Khai sinh", birth.procedure)])
    page = shown("/viec/")
    assert 'href="/viec/co-con/"' in page
    assert 'href="/thu-tuc/?su-kien=ket-hon"' in page


@pytest.mark.accepts("L3")
def test_a_guide_costs_as_many_queries_with_ten_procedures_as_with_one(site, editor, publisher, django_assert_max_num_queries):
    def cost(path: str) -> int:
        shown(path)
        with django_assert_max_num_queries(12) as counted:
            shown(path)
        return len(counted)

    one = write_guide(editor, publisher, [step("Một", VersionFactory().procedure)], slug="mot")
    few = cost(one.url)
    many = write_guide(editor, publisher, [step(str(n), VersionFactory().procedure, VersionFactory().procedure) for n in range(5)], slug="nhieu")
    assert cost(many.url) == few
    assert cost("/viec/nhieu/in/") <= few


def test_the_english_guide_is_the_translation_and_each_leads_to_the_other(guide, editor, publisher, birth):
    write_guide(editor, publisher, [step("Register the birth", birth.procedure, text="<p>Go there.</p>")], "en",
                title="A new baby", summary="One visit.", translation_key=guide.translation_key, before="")  # fmt: skip
    page = shown("/en/viec/co-con/")
    assert f'hreflang="vi" href="{settings.WAGTAILADMIN_BASE_URL}/viec/co-con/"' in page
    assert f'hreflang="en" href="{settings.WAGTAILADMIN_BASE_URL}/en/viec/co-con/"' in shown(guide.url)
    assert '<a href="/thu-tuc' not in page
    assert "3 working days" in page


def test_procedures_that_are_gone_from_the_catalogue_leave_the_step(site, editor, publisher, birth):
    bare = ProcedureFactory()
    page = write_guide(editor, publisher, [step("Nay", birth.procedure)])
    GuidePage.objects.filter(pk=page.pk).update(steps=[step("Nay", birth.procedure, bare)])
    assert bare.code not in shown(page.url)
