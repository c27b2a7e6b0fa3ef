"""Where the account pages are. The names are allauth's, which looks for its pages by them; what is not here does not exist:
no sign-up, no password by mail, no address to confirm, no code by mail."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.Account.as_view(), name="mfa_index"),
    path("dang-nhap/", views.SignIn.as_view(), name="account_login"),
    path("dang-nhap/ma/", views.ShowCode.as_view(), name="mfa_authenticate"),
    path("dang-xuat/", views.SignOut.as_view(), name="account_logout"),
    path("nhap-lai-mat-khau/", views.PasswordAgain.as_view(), name="account_reauthenticate"),
    path("nhap-lai-ma/", views.CodeAgain.as_view(), name="mfa_reauthenticate"),
    path("lop-thu-hai/thiet-lap/", views.SetUp.as_view(), name="mfa_activate_totp"),
    path("lop-thu-hai/go-bo/", views.TakeAway.as_view(), name="mfa_deactivate_totp"),
    path("lop-thu-hai/ma-du-phong/", views.RenewCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("mat-khau/", views.ChangePassword.as_view(), name="account_change_password"),
    path("phien/", views.Sessions.as_view(), name="usersessions_list"),
    path("phien/con-lai/", views.session_state, name="account_session"),
    path("moi/<uidb64>/<token>/", views.ChoosePassword.as_view(), name="account_link"),
]
