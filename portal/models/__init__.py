"""The site's own pages and what stands beside them. Import from here; each module is one theme."""

from .articles import ArticleKind, ArticlePage, RelatedProcedure, SectionPage
from .disclosure import Channel, DisclosureItem, DutyGroup, DutyReminder
from .four_eyes import Approval, Attended, Contribution, PageFourEyesTask
from .guides import GuideIndexPage, GuidePage
from .interruptions import Interruption
from .links import LinkProblem
from .pages import ContentPage, ContentPageQuerySet, HomePage
from .readable import APPROVING, PUBLISHING, ReadablePage, ReadablePageForm
from .reading import PageViews
from .sharing import PreviewLink

__all__ = [
    "APPROVING",
    "PUBLISHING",
    "Approval",
    "ArticleKind",
    "ArticlePage",
    "Attended",
    "Channel",
    "ContentPage",
    "ContentPageQuerySet",
    "Contribution",
    "DisclosureItem",
    "DutyGroup",
    "DutyReminder",
    "GuideIndexPage",
    "GuidePage",
    "HomePage",
    "Interruption",
    "LinkProblem",
    "PageFourEyesTask",
    "PageViews",
    "PreviewLink",
    "ReadablePage",
    "ReadablePageForm",
    "RelatedProcedure",
    "SectionPage",
]
