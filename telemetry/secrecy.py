"""Secrets in text: which keys name one, and how a string is cleaned of them. When in doubt, it is cut."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

REDACTED: Final = "[REDACTED]"
MAX_TEXT: Final = 16_384  # characters of one string that are kept
MAX_KEY: Final = 128  # characters at each end of a key that are looked at

SECRET_KEYS: Final = frozenset(
    {
        *("password", "token", "secret", "apikey", "accesstoken", "refreshtoken", "privatekey", "sessionid"),
        *("creditcard", "ssn", "authorization", "cookie", "csrf"),
        *("passwd", "passphrase", "xsrf", "jwt"),
    }
)
_HEADERS: Final = ("authorization", "cookie")  # in text, such a value runs to the end of its line
_MIN_SUFFIX: Final = 5  # letters; shorter names count as whole words only: "ssn" ends other words too

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")

IsSecret = Callable[[str], bool]


def squeeze(key: str) -> str:
    """A key without case, separators and look-alike forms: `API-KEY` and `apiKey` are both `apikey`."""
    return "".join(_words(key))


def secret_key_test(extra_keys: Iterable[str] = ()) -> IsSecret:
    """A test of whether a key names a secret: one of SECRET_KEYS or the extra ones, in any case and spelling.

    A longer key counts when its words contain one (`new_password`, `X-Api-Key`), in the plural too.
    """
    names = SECRET_KEYS | {squeeze(key) for key in extra_keys if squeeze(key)}
    suffixes = tuple(name for name in names if len(name) >= _MIN_SUFFIX)

    @lru_cache(maxsize=4096)
    def is_short_secret(key: str) -> bool:
        words = _words(key)
        squeezed = "".join(words).rstrip("0123456789")
        if squeezed.endswith(suffixes) or squeezed.removesuffix("s").endswith(suffixes):
            return True
        runs = ("".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1))
        return any(run in names or run.removesuffix("s") in names for run in runs)

    def is_secret(key: str) -> bool:
        return is_short_secret(key if len(key) <= MAX_KEY else f"{key[:MAX_KEY]} {key[-MAX_KEY:]}")

    return is_secret


def _words(key: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(unicodedata.normalize("NFKC", key))]


# E-mail addresses. The look-behind lets a match begin at the start of a run only, so the time stays linear.
_LOCAL = r"[^\s@<>()\[\],;:\"'\\/|=&?]"
_EMAIL = re.compile(
    rf"(?<!{_LOCAL})(?<!{_LOCAL}')({_LOCAL}++(?:'{_LOCAL}++)*+|\"[^\"\r\n]{{1,64}}\")"
    r"@((?:[\w-]+\.)+[\w-]+|\[[0-9A-Fa-f:.]+\])"
)
_WHOLE_EMAIL = re.compile(r"([\w.+-]++)@((?:[\w-]+\.)+[\w-]+)").fullmatch  # the common case, quickly


def mask_emails(text: str) -> str:
    """Mask e-mail addresses; the first and last character of the local part stay: `u***r@example.com`."""
    if "@" not in text:
        return text
    whole = _WHOLE_EMAIL(text)
    return _masked(whole) if whole else _EMAIL.sub(_masked, text)


def _masked(match: re.Match[str]) -> str:
    local, domain = match.groups()
    if len(local) <= 2 or local == "***":
        return f"***@{domain}"
    return f"{local[0]}***{local[-1]}@{domain}"


# Control, format and surrogate characters, line and paragraph separators; not the joiner inside an emoji.
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\ud800-\udfff\U000e0000-\U000e007f]"
)


def neutralize(text: str) -> str:
    """Write out what could forge a log line or steer a terminal: newlines, ESC, U+2028, bidi marks, …"""
    if text.isprintable():
        return text
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


# A user's password in a URL; a port is not one.
_URL_PASSWORD = re.compile(r"(://[^\s:/@]*+:)(?!\d{1,5}(?:[/?#]))[^\s\"'<>]{1,1024}@")
_CREDENTIALS = re.compile(r"\b(bearer|basic|digest)(\s+)(?!\[REDACTED\])[\w.~+/=-]{4,}", re.IGNORECASE)
_JWT = re.compile(r"\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?")
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL)

# `key=`, `key: `, `key => `, `"key": `, `\"key\": `, also with a key of two words (`API key: `).
_KEY = re.compile(r"(?<![\w.-])([\w.-]++ )?([\w.-]++)(?:\\*[\"'])?\s*(?:=>|[:=])\s*")
_FLAG = re.compile(r"(?<!\S)(--?)(\w[\w-]*+)\s+(?!-)")
_VALUE = re.compile(
    r"\"(?:[^\"\\]|\\.)*+\"?"
    r"|'(?:[^'\\]|\\.)*+'?"
    r"|(\\+)([\"']).*?(?:(?<!\\)\1\2|$)"
    r"|[\[{(].*"
    r"|(?:(?:bearer|basic|digest)\s+)?[^\s&\"'<>]+",
    re.DOTALL | re.IGNORECASE,
)
_HEADER_VALUE = re.compile(r"\"(?:[^\"\\]|\\.)*+\"?|'(?:[^'\\]|\\.)*+'?|[^\r\n]+")


def scrub(text: str, is_secret: IsSecret, *, encodings: int = 3) -> str:
    """The text without secrets, its e-mail addresses masked; control characters are left to `neutralize`."""
    if "%" in text and encodings:
        decoded = unquote(text)
        if decoded != text:
            cleaned = scrub(decoded, is_secret, encodings=encodings - 1)
            if cleaned != decoded:
                return cleaned  # something was hidden in the encoding: the plain form is shown
    if "://" in text:
        text = _URL_PASSWORD.sub(rf"\1{REDACTED}@", text)
    if "eyJ" in text:
        text = _JWT.sub(REDACTED, text)
    if "-----BEGIN" in text:
        text = _PEM.sub(REDACTED, text)
    if ":" in text or "=" in text:
        text = _cut(text, _KEY, is_secret)
    if " " in text:
        text = _CREDENTIALS.sub(rf"\1\2{REDACTED}", text)
        if "-" in text:
            text = _cut(text, _FLAG, is_secret)
    return mask_emails(text)


def _cut(text: str, keys: re.Pattern[str], is_secret: IsSecret) -> str:
    """The text without the values that follow a secret key."""
    kept: list[str] = []
    end = 0
    for key in keys.finditer(text):
        if key.start() < end or not _names_secret(key[1] or "", key[2], is_secret):
            continue
        pattern = _HEADER_VALUE if squeeze(key[2][-MAX_KEY:]).endswith(_HEADERS) else _VALUE
        value = pattern.match(text, key.end())
        if value is not None:
            kept += text[end : key.end()], REDACTED
            end = value.end()
    return "".join((*kept, text[end:])) if kept else text


def _names_secret(before: str, key: str, is_secret: IsSecret) -> bool:
    """Whether the key names a secret, alone or with the word before it: `API key`."""
    return is_secret(key) or (before != "" and is_secret(before + key) and not is_secret(before))
