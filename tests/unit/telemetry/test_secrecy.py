"""Text: no secret, no address and no forged line gets through, and what is none of these stays readable."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.redaction import CUT_MARK, Redactor
from telemetry.secrecy import MAX_TEXT, REDACTED, mask_emails

CANARY = "T0PSECRET"
redactor = Redactor()

secret_keys = st.sampled_from(
    ("password", "apiKey", "API-KEY", "access_token", "session id", "X-Csrf", "user_cookie")
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("user@example.com", "u***r@example.com"),
        ("abc@example.com", "a***c@example.com"),
        ("ab@example.com", "***@example.com"),
        ("a@example.com", "***@example.com"),
        ("mail user@example.com.", "mail u***r@example.com."),
        ("<user.name+tag@mail.example.co.uk>", "<u***g@mail.example.co.uk>"),
        ("user@example.com,other@example.org", "u***r@example.com,o***r@example.org"),
        ("'user@example.com'", "'u***r@example.com'"),
        ("o'brien@example.com", "o***n@example.com"),
        ("mailto:user@example.com?subject=x", "mailto:u***r@example.com?subject=x"),
        ("email=user@example.com", "email=u***r@example.com"),
        ("a@b@example.com", "a@***@example.com"),
        ("jörg@exämple.de", "j***g@exämple.de"),
        ('"john smith"@example.com', '"***"@example.com'),
        ("user@[192.168.0.1]", "u***r@[192.168.0.1]"),
        ("user%40example.com", "u***r@example.com"),
        ("u***r@example.com", "u***r@example.com"),
        ("***@example.com", "***@example.com"),
        ("two @ signs @ home", "two @ signs @ home"),
        ("@handle", "@handle"),
    ],
)
def test_emails_are_masked_in_any_string(text: str, shown: str) -> None:
    assert shown == redactor.text(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Bearer {CANARY}", "Bearer [REDACTED]"),
        (f"sent bearer {CANARY}.a-b_c/d+e== to it", "sent bearer [REDACTED] to it"),
        (f"Authorization: Basic {CANARY}", "Authorization: [REDACTED]"),
        (f"authorization={CANARY} x", "authorization=[REDACTED]"),
        (f"Cookie: a={CANARY}; b={CANARY}", "Cookie: [REDACTED]"),
        (f'{{"Cookie": "a={CANARY}", "b": 1', '{"Cookie": [REDACTED], "b": 1'),
        (f"Set-Cookie: casino={CANARY}; HttpOnly\r\nHost: x", "Set-Cookie: [REDACTED]\\r\\nHost: x"),
        (f"postgresql://casino:{CANARY}@db:5432/casino", "postgresql://casino:[REDACTED]@db:5432/casino"),
        (f"postgres://u:p@ss/{CANARY}@db/x", "postgres://u:[REDACTED]@db/x"),
        (f"redis://:{CANARY}@cache", "redis://:[REDACTED]@cache"),
        ("http://localhost:8000/api/tables", "http://localhost:8000/api/tables"),
        (f"host=db password={CANARY} user=casino", "host=db password=[REDACTED] user=casino"),
        (f"GET /login?token={CANARY}&next=/ HTTP/1.1", "GET /login?token=[REDACTED]&next=/ HTTP/1.1"),
        (f"url=http://h/?access_token={CANARY}", "url=http://h/?access_token=[REDACTED]"),
        (f"%7B%22password%22%3A%22{CANARY}%22%7D", '{"password":[REDACTED]}'),
        (f"a=%2522token%2522%253A%2522{CANARY}%2522", 'a="token":[REDACTED]'),
        (f"the API key: {CANARY}", "the API key: [REDACTED]"),
        (f"Login(name='moe', password='{CANARY}')", "Login(name='moe', password=[REDACTED])"),
        (f"{{'token': '{CANARY} {CANARY}', 'a': 1}}", "{'token': [REDACTED], 'a': 1}"),
        (f"casino login --password {CANARY} --json", "casino login --password [REDACTED] --json"),
        (f"casino login --api-key={CANARY}", "casino login --api-key=[REDACTED]"),
        (f'{{"password": "{CANARY}', '{"password": [REDACTED]'),
        (f'got {{"password": {{"old": "{CANARY}"}}', 'got {"password": [REDACTED]'),
        (f'got {{\\"token\\": \\"{CANARY}\\"}}', 'got {\\"token\\": [REDACTED]}'),
        (f'token="a\\"{CANARY}" b', "token=[REDACTED] b"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "[REDACTED]"),
        (f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY----- x", "[REDACTED] x"),
        (f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}", "[REDACTED]"),
    ],
)
def test_secrets_are_cut_out_of_text(text: str, shown: str) -> None:
    assert shown == redactor.text(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "main-1",
            "table main-1 is busy",
            "12:30:45",
            "2026-01-01T00:00:00Z",
            "game:blackjack",
            "100 % sure",
        ),
        *(
            "GET /api/rounds?limit=50&before=x",
            "duration_ms=45 table_id=main-1",
            "",
            " ",
            "AS TD ??",
            "a - b",
        ),
        *(
            "{not json",
            "wrong password table_id=main-1",
            "[1, 2",
            "Moe's Casino",
            "♠ ♥ 🎰",
            "https://example.com/a?b=c#d",
            "the bearer of news"[:10],
        ),
    ],
)
def test_text_without_secrets_stays_as_it_is(text: str) -> None:
    assert text == redactor.text(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", "a\\nb"),
        ("a\r\n{}", "a\\r\\n{}"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("a\u2028b\u2029c", "a\\u2028b\\u2029c"),
        ("nul\x00 del\x7f csi\x9b", "nul\\x00 del\\x7f csi\\x9b"),
        ("right\u202eleft", "right\\u202eleft"),
        ("lone \ud800", "lone \\ud800"),
        ("zero\u200bwidth \ufeff", "zero\\u200bwidth \\ufeff"),
    ],
)
def test_what_could_forge_a_line_is_written_out(text: str, shown: str) -> None:
    assert shown == redactor.text(text)
    assert orjson.dumps(redactor.text(text))


def test_json_in_a_string_is_cleaned_by_its_structure() -> None:
    inner = orjson.dumps({"token": CANARY, "mail": "user@example.com"}).decode()
    text = orjson.dumps({"a": [inner], "pass\\u0077ord": {"x": CANARY}, "n": 1}).decode()
    shown = orjson.loads(redactor.text(text.replace("\\\\u", "\\u")))
    assert orjson.loads(shown["a"][0]) == {"token": REDACTED, "mail": "u***r@example.com"}
    assert (shown["password"], shown["n"]) == (REDACTED, 1)


def test_json_with_a_repeated_key_hides_none_of_its_values() -> None:
    assert redactor.text('{"a": "user@example.com", "a": "x"}') == '{"a":"x"}'


def test_long_text_is_cut_and_what_is_left_is_clean() -> None:
    text = "x" * (MAX_TEXT - 20) + f" token={CANARY * 10}"
    shown = redactor.text(text)
    assert CANARY[:3] not in shown
    assert len(redactor.text("y" * 100_000)) == MAX_TEXT + len(CUT_MARK)


@given(
    st.text(max_size=40), secret_keys, st.sampled_from(("=", ": ", "='", '="', " => ")), st.text(max_size=40)
)
def test_no_canary_survives_beside_its_key(before: str, key: str, between: str, after: str) -> None:
    assert CANARY not in redactor.text(f"{before} {key}{between}{CANARY} {after}")


@given(st.text())
def test_shown_text_is_one_line_and_encodes(text: str) -> None:
    shown = redactor.text(text)
    assert len(shown.splitlines()) <= 1
    assert shown.encode().decode() == shown


@given(
    st.from_regex(r"[a-z0-9._+-]{3,20}", fullmatch=True),
    st.from_regex(r"[a-z0-9-]{1,10}\.[a-z]{2,5}", fullmatch=True),
)
def test_of_an_address_only_two_characters_and_the_domain_stay(local: str, domain: str) -> None:
    assert mask_emails(f"to {local}@{domain} now") == f"to {local[0]}***{local[-1]}@{domain} now"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a" * 16_000 + "@",
            "@" * 16_000,
            "a@" * 8_000,
            "://a:" * 3_200,
            "a.b-" * 4_000 + "@a",
            "key " * 4_000,
        ),
        *("password" * 2_000, "{" * 16_000, '"' * 16_000, "\\" * 16_000, "%25" * 5_000, "eyJaaaaa." * 1_700),
        *(
            "-----BEGIN PRIVATE KEY-----" * 600,
            "a: " * 5_000,
            "bearer " * 2_300,
            "--token " * 2_000,
            "a'" * 8_000,
        ),
    ],
)
@pytest.mark.timeout(5)
def test_no_text_takes_long(text: str) -> None:
    assert redactor.text(text)
