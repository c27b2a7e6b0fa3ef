"""The blocks of a content page. None takes raw HTML, and a heading is never a matter of looks."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageChooserBlock

TEXT_FEATURES = ["bold", "italic", "ol", "ul", "link", "document-link"]


class HeadingBlock(blocks.StructBlock):
    """A heading below the page's title."""

    level = blocks.ChoiceBlock(
        choices=[("2", _("section")), ("3", _("part of a section")), ("4", _("part of a part"))], default="2", label=_("level")
    )
    text = blocks.CharBlock(max_length=200, label=_("text"))

    class Meta:
        icon = "title"
        label = _("heading")
        template = "portal/blocks/heading.html"


class PictureBlock(blocks.StructBlock):
    """A picture that says in words what it shows, or that it shows nothing one needs to know."""

    image = ImageChooserBlock(label=_("picture"))
    alt = blocks.CharBlock(
        required=False, max_length=250, label=_("what it shows"), help_text=_("Read out to who cannot see it. Leave empty only for decoration.")
    )
    decorative = blocks.BooleanBlock(required=False, label=_("decoration only"))
    caption = blocks.CharBlock(required=False, max_length=250, label=_("caption"))

    class Meta:
        icon = "image"
        label = _("picture")
        template = "portal/blocks/image.html"


class LinkBlock(blocks.StructBlock):
    """A link with words of its own, to a page, a file or an address."""

    label = blocks.CharBlock(max_length=200, label=_("words"))
    page = blocks.PageChooserBlock(required=False, label=_("page"))
    document = DocumentChooserBlock(required=False, label=_("file"))
    url = blocks.URLBlock(required=False, label=_("address"))

    class Meta:
        icon = "link"
        label = _("link")


class LinkListBlock(blocks.ListBlock):
    """A list of links."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(LinkBlock(), **kwargs)

    class Meta:
        icon = "list-ul"
        label = _("links")
        template = "portal/blocks/links.html"


class PageBody(blocks.StreamBlock):
    """What a content page is made of."""

    heading = HeadingBlock()
    text = blocks.RichTextBlock(features=TEXT_FEATURES, label=_("text"), template="portal/blocks/text.html")
    quote = blocks.BlockQuoteBlock(label=_("quotation"), template="portal/blocks/quote.html")
    image = PictureBlock()
    links = LinkListBlock()
