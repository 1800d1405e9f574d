"""How easily a text is read: the grade of Flesch and Kincaid, with syllables counted by groups of vowels."""

from __future__ import annotations

import re


def grade(text: str) -> float:
    """The school year in which an English text is read with ease."""
    sentences = [part for part in re.split(r"[.!?:]+\s*", text) if part.strip()]
    words = re.findall(r"[A-Za-z']+", text)
    syllables = sum(map(_syllables, words))
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59


def _syllables(word: str) -> int:
    groups = len(re.findall(r"[aeiouy]+", word.casefold()))
    silent = bool(re.search(r"[^aeiouyl]e$|[^aeiouydt]ed$", word.casefold()))
    return max(1, groups - silent)
