"""Which applications and middleware run, in which order."""

from portal import environment

STAGE = environment.stage()
DEBUG = environment.flag("PORTAL_DEBUG") and STAGE != "production"
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The house, top to bottom: imports and foreign keys go down this list only (import-linter, safeguards.E001).
HOUSE = ["portal", "transparency", "dialogue_sessions", "procedures_catalog", "messaging", "organisation", "search", "safeguards", "foundation"]

INSTALLED_APPS = [
    *HOUSE,
    "transparency.opendata",  # a room of the house with tables of its own, of which none points out of it
    # Wagtail
    "wagtail.contrib.settings",
    "wagtail.contrib.routable_page",
    "wagtail.embeds",
    "wagtail.sites",
    "safeguards.accounts.apps.UsersConfig",  # wagtail.users with our forms
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail.contrib.simple_translation",
    "wagtail.locales",
    "wagtail",
    "modelcluster",
    "taggit",
    "rest_framework",
    # Others
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "import_export",
    "ninja",
    "csp",
    "django_htmx",
    "procrastinate.contrib.django",
    # Django
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    # Outermost, so that every answer has them, refusals and static files too.
    "safeguards.middleware.RequestIdentity",
    "django.middleware.security.SecurityMiddleware",
    "safeguards.middleware.PolicyHeaders",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "safeguards.middleware.RequestGuard",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "safeguards.maintenance.Maintenance",  # its page needs styles; what a cache of ours holds is closed too
    "portal.reading.CountReaders",  # outside whatever keeps pages: what a cache of ours answers was read, too
    "portal.page_cache.middleware.PageCache",  # outside whatever knows a visitor
    "django.contrib.sessions.middleware.SessionMiddleware",
    "portal.middleware.AddressLocaleMiddleware",
    "safeguards.middleware.RateLimits",
    "portal.middleware.CanonicalAddressMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "safeguards.accounts.middleware.StaffSessions",
    "allauth.account.middleware.AccountMiddleware",
    "safeguards.accounts.middleware.SecondFactor",
    "portal.choosers.ChooserRights",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [environment.ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.site",
            ],
            "builtins": ["foundation.templatetags.hours"],
        },
    },
]
