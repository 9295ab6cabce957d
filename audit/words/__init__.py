"""What the codes of the log mean, in Chinese and English.

Codes are the evidence; these words are only how pages speak of them. A code that is
unknown here is shown as it is.
"""

from __future__ import annotations

from audit.words.keys import body_key_words, key_words
from audit.words.kinds import GROUPS, Group, group_of, kind_words
from audit.words.values import value_words

__all__ = [
    "GROUPS",
    "Group",
    "body_key_words",
    "group_of",
    "key_words",
    "kind_words",
    "value_words",
]
