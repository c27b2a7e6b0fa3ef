# One image for web and worker; nothing in it knows an installation. Small on purpose: see docs/install.md.
FROM python:3.12-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /opt/venv
COPY requirements.txt /tmp/requirements.txt
RUN /opt/venv/bin/pip install --require-hashes -r /tmp/requirements.txt
WORKDIR /app
COPY . .
# Static files and translations are made here, once, under settings that reach no database; the values are thrown away.
RUN /opt/venv/bin/python tools/messages.py compile \
 && once=$(/opt/venv/bin/python -c 'import secrets; print(secrets.token_hex(40))') \
 && PORTAL_STAGE=production PORTAL_VAR=/app/var SECRET_KEY=$once FIELD_KEY=$once ALLOWED_HOSTS=nowhere MAIL_HOST=nowhere CLAMD_ADDRESS=nowhere:3310 \
    PORTAL_BASE_URL=https://nowhere DATABASE_URL=postgresql://build:$once@nowhere/build \
    /opt/venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
 && mkdir -p /app/var/private /app/var/media /app/var/search

FROM python:3.12-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PORTAL_STAGE=production PORTAL_VAR=/app/var
RUN useradd --uid 10001 --home-dir /app --shell /usr/sbin/nologin portal
COPY --from=build /opt/venv /opt/venv
COPY --from=build --chown=root:root /app /app
RUN chown -R portal:portal /app/var
WORKDIR /app
USER portal
EXPOSE 8000
VOLUME ["/app/var/private", "/app/var/media", "/app/var/search"]
HEALTHCHECK --interval=30s --timeout=5s --start-period=40s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "4", \
     "--no-ws", "--no-access-log", "--respawn-failed-workers", "--workers-kill-timeout", "30", "portal.wsgi:application"]
