"""Addresses of promises, under /loi-hua/. They stand in printed QR codes."""

from django.urls import path

from . import promise_feed, promise_follow, promise_views

app_name = "promises"
urlpatterns = [
    path("", promise_views.board, name="board"),
    path("loi-hua.csv", promise_views.board_csv, name="board_csv"),
    path("loi-hua.atom", promise_feed.PromisesFeed(), name="feed"),
    path("thoi-theo-doi/<str:token>/", promise_follow.unfollow, name="unfollow"),
    path("<int:pk>/", promise_views.promise, name="promise"),
    path("<int:pk>/theo-doi/", promise_follow.follow, name="follow"),
    path("<int:pk>/theo-doi/xong/", promise_follow.followed, name="followed"),
    path("<int:pk>/theo-doi/<str:token>/", promise_follow.prove, name="prove"),
]
