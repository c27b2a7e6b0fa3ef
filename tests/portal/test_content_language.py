"""Vietnamese terms in English texts: marked in brackets, nowhere else, and nothing becomes HTML that was not."""

from __future__ import annotations

import html
import re

import pytest
from django.utils.safestring import mark_safe
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from portal.templatetags.content_language import vietnamese_terms


@pytest.mark.accepts("W7")
@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("a certificate (sổ đỏ)", 'a certificate (<span lang="vi">sổ đỏ</span>)'),
        ("five plots (2.6 hectares)", "five plots (2.6 hectares)"),
        ("a house (the one on Bến Chợ)", "a house (the one on Bến Chợ)"),
        ("<b>(hộ khẩu)</b>", '&lt;b&gt;(<span lang="vi">hộ khẩu</span>)&lt;/b&gt;'),
    ],
)
def test_terms_in_brackets_are_marked_on_english_pages(text, made):
    with override("en"):
        assert vietnamese_terms(text) == made
    with override("vi"):
        assert vietnamese_terms(text) == html.escape(text)


def test_nothing_inside_a_tag_is_touched():
    rich = mark_safe('<a href="/x?(đỏ)">(sổ đỏ)</a>')
    with override("en"):
        assert vietnamese_terms(rich) == '<a href="/x?(đỏ)">(<span lang="vi">sổ đỏ</span>)</a>'


@given(st.text(alphabet="(đỏ ab<>&\"'/)", max_size=60))
def test_words_are_kept_and_nothing_becomes_html(text):
    with override("en"):
        made = vietnamese_terms(text)
    assert html.unescape(re.sub(r'</?span(?: lang="vi")?>', "", made)) == text
    assert set(re.findall(r"<[^>]*>", made)) <= {'<span lang="vi">', "</span>"}
