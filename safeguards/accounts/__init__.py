"""Staff accounts on django-allauth: signing in, the second factor, passwords, sessions, and who manages them."""
