"""Articles and duties from files: both languages, two people, twice the same, all or nothing."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from portal.content_import import blocks
from portal.models import Approval, ArticlePage, DisclosureItem
from search.models import Entry
from tests.procedures_catalog.factories import VersionFactory

pytestmark = pytest.mark.django_db
ARTICLE = """
kind = "notice"
date = 2026-11-02
unit = "{unit}"
related = ["{code}"]
[vi]
title = "Quầy mở thêm tối thứ Tư"
summary = "Từ tháng Mười một,\\nquầy nhận hồ sơ đến 19 giờ."
body = '''
Ai đi làm giờ hành chính nay nộp được buổi tối.

## Mang theo gì
- Giấy tờ như mọi ngày
- Không cần hẹn trước

> Không ai phải nghỉ làm để nộp giấy tờ.

Xem [thủ tục khai sinh](/thu-tuc/{code}/).
'''
[en]
title = "The counter is open on Wednesday evenings"
summary = "From November on, until 7 p.m."
body = "Come after work."
"""
DUTIES = (
    "group,key,title,title_en,summary,summary_en,body,body_en,unit,owner_post,basis,decided_on,published_on,review_months,reviewed_on,"
    "permanent,link\n"
    '2,du-toan-2026,Dự toán 2026,Estimate 2026,Thu và chi,,"Thu 12 tỷ.\\n\\nChi 11 tỷ.",,{unit},Kế toán,'
    '"Luật 10/2022, Đ11",2026-01-05,2026-01-09,12,,no,\n'
    "13,thu-tuc,Thủ tục hành chính,Procedures,,,,,{unit},Văn thư,Luật 10/2022/QH15,,2026-01-02,6,2026-07-01,yes,/thu-tuc/\n"
    "5,quy-chua,Quỹ đền ơn,,,,,,{unit},Kế toán,Luật 10/2022/QH15,2026-11-02,,12,,no,\n"
)


@pytest.fixture
def folder(tmp_path, unit, editor, publisher):
    code = VersionFactory().procedure.code
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "quay-toi.toml").write_text(ARTICLE.format(unit=unit.code, code=code))
    (tmp_path / "duties.csv").write_text(DUTIES.format(unit=unit.code))
    return tmp_path


def load(folder) -> str:
    out = io.StringIO()
    call_command("load_content", str(folder), author="bien-tap", approver="cong-khai", stdout=out)
    return out.getvalue().strip()


def test_words_become_blocks():
    made = blocks(
        "Một\nhai.\n\n## Tựa\n- a <b>\n- [liên kết](/thu-tuc/1.001193/) & c\n  nối dòng\n\n1. một\n2. hai\n\n> lời\n> nữa\n\n[xấu](javascript:x)"
    )
    assert made == [
        {"type": "text", "value": "<p>Một hai.</p>"},
        {"type": "heading", "value": {"level": "2", "text": "Tựa"}},
        {"type": "text", "value": '<ul><li>a &lt;b&gt;</li><li><a href="/thu-tuc/1.001193/">liên kết</a> &amp; c nối dòng</li></ul>'
                                  "<ol><li>một</li><li>hai</li></ol>"},
        {"type": "quote", "value": "lời\nnữa"},
        {"type": "text", "value": "<p>[xấu](javascript:x)</p>"},
    ]  # fmt: skip


def test_both_languages_are_translations_of_each_other_and_two_people_stand_behind(folder, client, editor, publisher):
    assert load(folder) == "5 made, 0 changed, 0 as they were."
    vietnamese = ArticlePage.objects.get(slug="quay-toi")
    english = vietnamese.get_translations().get().specific
    assert english.slug == "the-counter-is-open-on-wednesday-evenings"
    shown = client.get(vietnamese.url).content.decode()
    for words in ("Mang theo gì", "Không ai phải nghỉ làm", f'href="{english.url}"', "Từ tháng Mười một, quầy"):
        assert words in shown
    assert client.get(english.url).status_code == 200
    approval = Approval.objects.get(subject_type="portal.articlepage", subject_id=vietnamese.pk)
    assert (approval.approver, approval.kind) == (publisher, "review")
    item = DisclosureItem.objects.get(key="du-toan-2026")
    assert item.published_on.isoformat() == "2026-01-09"
    assert item.due_on.isoformat() == "2026-01-12"
    assert item.review_on.isoformat() == "2027-01-09"
    assert item.paragraphs == ["Thu 12 tỷ.", "Chi 11 tỷ."]
    assert DisclosureItem.objects.get(key="thu-tuc").reviewed_on.isoformat() == "2026-07-01"
    assert not DisclosureItem.objects.get(key="quy-chua").live


def test_a_second_run_changes_nothing_and_a_third_takes_what_differs(folder):
    load(folder)
    before = list(ArticlePage.objects.values_list("latest_revision", "last_published_at")), list(DisclosureItem.objects.values())
    assert load(folder) == "0 made, 0 changed, 5 as they were."
    assert (list(ArticlePage.objects.values_list("latest_revision", "last_published_at")), list(DisclosureItem.objects.values())) == before
    file = folder / "articles" / "quay-toi.toml"
    file.write_text(file.read_text().replace("Come after work.", "Come after work, until 7."))
    (folder / "duties.csv").write_text((folder / "duties.csv").read_text().replace("Thu và chi", "Thu rồi chi"))
    assert load(folder) == "0 made, 2 changed, 3 as they were."
    assert DisclosureItem.objects.get(key="du-toan-2026").summary == "Thu rồi chi"
    assert DisclosureItem.objects.get(key="du-toan-2026").published_on.isoformat() == "2026-01-09"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "notice"', 'kind = "story"', "kind is news"), ("date = 2026-11-02", 'date = "mai"', "date is a day"),
        ('summary = "From November on, until 7 p.m."', "", "[en] has no summary"), ('kind = "notice"', 'kind = "notice', "quay-toi.toml"),
        ('related = ["', 'related = ["9.999999", "', "no procedure 9.999999"), ('unit = "', 'unit = "X', "no unit XH90"),
        ("Ai đi làm giờ", "[](/x) [a](https://", ""),
    ],
)  # fmt: skip
def test_a_bad_file_changes_nothing_and_is_named(folder, old, new, said):
    file = folder / "articles" / "quay-toi.toml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    if not said:  # odd words are words
        load(folder)
        return
    with pytest.raises(CommandError, match=said.replace("[", r"\[")):
        load(folder)
    assert not ArticlePage.objects.exists()
    assert not DisclosureItem.objects.exists()


def test_every_problem_is_told_at_once(folder):
    (folder / "duties.csv").write_text((folder / "duties.csv").read_text().replace("2026-01-05", "hôm qua").replace(",6,", ",sáu,"))
    with pytest.raises(CommandError) as told:
        load(folder)
    assert "du-toan-2026: decided_on" in str(told.value)
    assert "thu-tuc: review_months" in str(told.value)


def test_author_and_approver_are_two_people(folder):
    with pytest.raises(CommandError, match="two people"):
        call_command("load_content", str(folder), author="bien-tap", approver="bien-tap")


@pytest.mark.accepts("A14")
def test_search_finds_what_is_public_and_nothing_else(folder, article, duty, site):
    from wagtail.models import PageViewRestriction

    from portal.models import SectionPage
    from portal.search_sources import articles_visible, duties_visible

    load(folder)
    page = ArticlePage.objects.get(slug="quay-toi")
    entry = Entry.objects.get(kind="article", live=True)
    assert (entry.title, entry.url, entry.asked) == (page.title, page.url, "The counter is open on Wednesday evenings")
    assert sorted(Entry.objects.filter(kind="duty", live=True).values_list("title", flat=True)) == ["Dự toán 2026", "Thủ tục hành chính"]
    article("Bản nháp", live=False)
    duty("nhap", live=False)
    assert Entry.objects.filter(kind__in=["article", "duty"], live=True).count() == 3
    lock = PageViewRestriction.objects.create(page=SectionPage.objects.get(locale__language_code="vi"), restriction_type="login")
    assert Entry.objects.get(kind="article", live=True).title == "The counter is open on Wednesday evenings"
    lock.delete()
    assert Entry.objects.get(kind="article", live=True).title == page.title
    page.unpublish()
    page.get_translations().get().specific.unpublish()
    assert not Entry.objects.filter(kind="article", live=True).exists()
    assert articles_visible([str(page.translation_key), "không phải khoá"]) == set()
    assert duties_visible([str(DisclosureItem.objects.get(key="quy-chua").pk), "x", "99999999999999"]) == set()
