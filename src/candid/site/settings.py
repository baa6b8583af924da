"""Django's settings, all from `environment`."""

from __future__ import annotations

from pathlib import Path

from django.utils.functional import lazy

from candid.site import environment

ENVIRONMENT = environment.read()
_HERE = Path(__file__).parent

SECRET_KEY = ENVIRONMENT.secret_key
DEBUG = False
ALLOWED_HOSTS = list(ENVIRONMENT.hosts)
CSRF_TRUSTED_ORIGINS = [ENVIRONMENT.origin]
ROOT_URLCONF = "candid.site.urls"
ASGI_APPLICATION = "candid.site.asgi.application"
DATABASES = {"default": environment.database(ENVIRONMENT.database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "candid.site.people",
    "candid.site.agreements",
    "candid.site.conversations",
    "candid.site.call",
    "candid.site.recording",
    "candid.site.production",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.images",
    "wagtail.documents",
    "wagtail.search",
    "wagtail.admin",
    "wagtail.sites",
    "wagtail",
    "modelcluster",
    "taggit",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
]
# So that our templates come before Wagtail's for the fields of a form too.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

MIDDLEWARE = [
    "candid.site.headers.safe_headers",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "candid.site.people.second_factor.nobody_half_signed_in",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

LANGUAGE_CODE = ENVIRONMENT.language
TIME_ZONE = ENVIRONMENT.time_zone
WAGTAIL_USER_TIME_ZONES = lazy(environment.time_zones, list)()
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [_HERE / "static", ("browser", _HERE.parent / "browser")]
MEDIA_ROOT = ENVIRONMENT.media

# Not "no-referrer": a browser then sends `Origin: null` with a form, which no check can trust.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Only hashes of what the cookies hold are stored. Over at the latest after a working day, and
# with the browser; a new password ends all the others of its owner.
SESSION_ENGINE = "candid.site.people.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENVIRONMENT.is_production
if ENVIRONMENT.is_production:
    # With this name a browser takes them from this host alone, over TLS, for all of it.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-desk", "__Host-csrf"
SECURE_HSTS_SECONDS = 31_536_000 if ENVIRONMENT.is_production else 0
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # the sites beside this one, on other names of the domain, are not ours
    "security.W008",  # what comes without TLS is led to it by the proxy (deploy/nginx.conf)
    "security.W021",  # a browser's own list of such sites is for the owner of the domain to join
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("MinimumLengthValidator", {"min_length": 12}),
        ("UserAttributeSimilarityValidator", {}),
        ("CommonPasswordValidator", {}),
    )
]
PASSWORD_RESET_TIMEOUT = 3600
CSRF_FAILURE_VIEW = "candid.site.people.views.form_too_old"

globals().update(environment.email(ENVIRONMENT.email_url))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENVIRONMENT.email_from
LOGIN_URL = "/desk/login/"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"discreet": {"()": "candid.site.discretion.Discreet"}},
    "filters": {"no mail server": {"()": "candid.site.discretion.NoMailServer"}},
    "handlers": {
        "lines": {"class": "logging.StreamHandler", "formatter": "discreet"},
        "nothing": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["lines"], "level": "WARNING"},
    "loggers": {
        # Its own handlers would print addresses as they are.
        "django": {"handlers": ["lines"], "level": "WARNING", "propagate": False},
        # It writes of a letter with a new password that was refused.
        "django.contrib.auth": {"filters": ["no mail server"]},
        # Whoever knocks at an address that is not ours is refused; it is no news.
        "django.security.DisallowedHost": {"handlers": ["nothing"], "propagate": False},
        "uvicorn": {"handlers": ["lines"], "level": "WARNING", "propagate": False},
    },
}

WAGTAIL_SITE_NAME = "Candid"
WAGTAILADMIN_BASE_URL = ENVIRONMENT.origin
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
# Whoever is new gets a link to enter with, and sets the password alone.
WAGTAILUSERS_PASSWORD_REQUIRED = False
