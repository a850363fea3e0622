"""Names that people choose: what they may hold, and when two of them are the same."""

import unicodedata
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from server.errors import InvalidPayload

LENGTH_MIN: Final = 3
LENGTH_MAX: Final = 20

_MARKS_MAX: Final = 3  # combining marks in a row: more only paint over the neighbours
_CATEGORIES_REFUSED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and symbols that show nothing: Hangul fillers, the empty braille pattern, the Khmer inherent vowels.
_BLANKS: Final = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name as it is shown, and the key by which it is unique."""

    text: str
    key: str


def name_key(text: str) -> str:
    """What two names share that are the same name: NFKC and case folding (Unicode 3.13, NFKC_Casefold)."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded)


def checked_name(raw: str) -> Name:
    """The name, if people may have it; raises InvalidPayload for the field `name`, saying why."""
    text = unicodedata.normalize("NFC", raw)
    wide = unicodedata.normalize("NFKC", text)
    if not (LENGTH_MIN <= len(text) <= LENGTH_MAX and len(wide) <= LENGTH_MAX):
        raise _refused(f"A name has {LENGTH_MIN} to {LENGTH_MAX} characters.")
    for form in (text, wide):
        _check_characters(form)
    if not any(character.isalnum() for character in wide):
        raise _refused("A name has at least one letter or digit.")
    return Name(text=text, key=name_key(text))


def _check_characters(text: str) -> None:
    if text != text.strip(" ") or "  " in text:
        raise _refused("A name has single spaces only, and none at its ends.")
    for character in text:
        category = unicodedata.category(character)
        if category in _CATEGORIES_REFUSED or (category == "Zs" and character != " ") or character in _BLANKS:
            raise _refused("A name holds no control, format or invisible characters.")
    runs = (len(list(run)) for is_mark, run in groupby(text, _is_mark) if is_mark)
    if max(runs, default=0) > _MARKS_MAX or _is_mark(text[0]):
        raise _refused("A name holds no heaps of combining marks.")


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


def _refused(message: str) -> InvalidPayload:
    return InvalidPayload("name", message)
