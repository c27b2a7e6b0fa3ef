"""Addresses of the portal's content beside the tree of pages."""

from django.urls import path

from . import content_views, feeds

app_name = "portal"
urlpatterns = [
    path("theo-doi/", feeds.follow, name="follow"),
    path("tin-moi.atom", feeds.ArticlesFeed(), name="articles_feed"),
    path("cong-khai/", content_views.duties, name="duties"),
    path("cong-khai/quy/<slug:code>/", content_views.duties_quarter, name="duties_quarter"),
    path("cong-khai/quy/<slug:code>.csv", content_views.duties_quarter_csv, name="duties_quarter_csv"),
    path("cong-khai/<slug:key>/", content_views.duty, name="duty"),
    path("xem-truoc/<str:token>/", content_views.preview, name="preview"),
]
