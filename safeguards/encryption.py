"""Secrets at rest: AES-256-GCM under keys derived from FIELD_KEY, each bound to the place where it stands.

What was written under a former key is read as long as that key is in FIELD_KEY_FALLBACKS. The bound context (table,
column, row) keeps a ciphertext from being of use in another place."""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE = 12
FORM = "1"


class Unreadable(ValueError):
    """The text was not written here, was changed, was moved, or its key is gone."""


@functools.lru_cache(maxsize=16)
def _key(secret: str) -> tuple[str, bytes]:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"minh-bach field key").derive(secret.encode())
    digest = Hash(SHA256())
    digest.update(b"name of " + derived)
    return digest.finalize()[:4].hex(), derived


def encrypt(text: str, context: str) -> str:
    """The text as ASCII that says which key it needs; `context` names the place and must be given again to read it."""
    name, key = _key(settings.FIELD_KEY)
    nonce = os.urandom(NONCE)
    sealed = nonce + AESGCM(key).encrypt(nonce, text.encode(), f"{FORM}|{context}".encode())
    return f"{FORM}.{name}.{base64.urlsafe_b64encode(sealed).decode()}"


def decrypt(sealed: str, context: str) -> str:
    """The text; raises Unreadable."""
    form, name, body = [*sealed.split("."), "", ""][:3]
    keys = dict(_key(secret) for secret in [settings.FIELD_KEY, *settings.FIELD_KEY_FALLBACKS])
    if form != FORM or name not in keys:
        raise Unreadable("no key for it")
    try:
        raw = base64.urlsafe_b64decode(body)
        return AESGCM(keys[name]).decrypt(raw[:NONCE], raw[NONCE:], f"{FORM}|{context}".encode()).decode()
    except (InvalidTag, binascii.Error, ValueError) as error:
        raise Unreadable("not as it was written") from error


@functools.lru_cache(maxsize=16)
def _lookup_key(secret: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"minh-bach lookup key").derive(secret.encode())


def keyed_hash(text: str, context: str) -> str:
    """What an encrypted value is found by, and is unique by: nobody without FIELD_KEY can try values against it. 64 letters."""
    return hmac.new(_lookup_key(settings.FIELD_KEY), f"{context}|{text}".encode(), hashlib.sha256).hexdigest()


def keyed_hashes(text: str, context: str) -> list[str]:
    """The same under today's key and under the former ones, while `FIELD_KEY` changes; today's first."""
    secrets = [settings.FIELD_KEY, *settings.FIELD_KEY_FALLBACKS]
    return [hmac.new(_lookup_key(secret), f"{context}|{text}".encode(), hashlib.sha256).hexdigest() for secret in secrets]


def is_current(sealed: str) -> bool:
    """Whether it was written under today's key."""
    return sealed.startswith(f"{FORM}.{_key(settings.FIELD_KEY)[0]}.")
