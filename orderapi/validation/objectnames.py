"""Names that Kubernetes has rules for: of objects, labels and annotations."""

import re
from typing import Final

_SUBDOMAIN: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_WORD: Final = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_MAX_NAME: Final = 253
_MAX_WORD: Final = 63


def is_object_name(name: str) -> bool:
    """Whether an object, such as a Secret, can have this name."""
    return len(name) <= _MAX_NAME and _SUBDOMAIN.fullmatch(name) is not None


def is_key(text: str) -> bool:
    """Whether a label can have this key: a word, before it a domain and a slash where wanted."""
    prefix, slash, word = text.rpartition("/")
    return _is_word(word) and (not slash or is_object_name(prefix))


def is_label_value(text: str) -> bool:
    """Whether a label can have this value."""
    return not text or _is_word(text)


def _is_word(text: str) -> bool:
    return len(text) <= _MAX_WORD and _WORD.fullmatch(text) is not None
