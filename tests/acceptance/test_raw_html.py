"""B11: no editor is offered a block that takes HTML as it is, in whatever page, setting or snippet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.apps import apps
from wagtail import blocks
from wagtail.fields import RichTextField, StreamField
from wagtail.rich_text import features as registry

# What a text block may offer: nothing that carries markup, styles or scripts of an editor's own.
SAFE_FEATURES = {
    "bold", "italic", "ol", "ul", "link", "document-link", "h2", "h3", "h4", "h5", "hr", "superscript", "subscript", "strikethrough",
    "blockquote", "image",
}  # fmt: skip


def inside(block: blocks.Block, seen: set[int]) -> Iterator[blocks.Block]:
    """A block and all blocks that it is made of."""
    if id(block) in seen:
        return
    seen.add(id(block))
    yield block
    for child in getattr(block, "child_blocks", {}).values():
        yield from inside(child, seen)
    if (child := getattr(block, "child_block", None)) is not None:
        yield from inside(child, seen)


def offered() -> list[tuple[str, blocks.Block]]:
    """Every block of every stream field of the installation."""
    return [
        (f"{model._meta.label}.{field.name}", block)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, StreamField)
        for block in inside(field.stream_block, set())
    ]


def takes_raw_html(block: blocks.Block) -> bool:
    """Whether what is typed into a block comes out as it was typed."""
    return isinstance(block, blocks.RawHTMLBlock)


@pytest.mark.accepts("B11")
def test_no_block_takes_raw_html():
    assert offered(), "there are stream fields to look at"
    assert [where for where, block in offered() if takes_raw_html(block)] == []


@pytest.mark.accepts("B11")
def test_rich_text_offers_nothing_but_plain_structure():
    wrong = []
    for where, block in offered():
        if isinstance(block, blocks.RichTextBlock):
            wrong += [(where, feature) for feature in set(block.features or registry.get_default_features()) - SAFE_FEATURES]
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, RichTextField):
                wrong += [
                    (f"{model._meta.label}.{field.name}", feature)
                    for feature in set(field.features or registry.get_default_features()) - SAFE_FEATURES
                ]
    assert not wrong, wrong


@pytest.mark.accepts("B11")
def test_a_raw_block_deep_inside_would_be_seen():
    hidden = blocks.StreamBlock([("list", blocks.ListBlock(blocks.StructBlock([("html", blocks.RawHTMLBlock())])))])
    assert [block for block in inside(hidden, set()) if takes_raw_html(block)]
