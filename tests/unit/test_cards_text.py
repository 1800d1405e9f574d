"""Words of a card: text of the record made harmless, dates in their own precision, counts and kinds."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from importlib.util import find_spec

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from cards.text import (
    KIND_WORDS,
    LONGEST_TEXT,
    bullets,
    counted,
    display_words,
    escaped,
    listed,
    minute,
    number,
    plural,
    point,
    side_words,
    within,
)
from rules.chart import KINDS, When

# Links without brackets need a package that the service does not; where it is installed, the tests use it.
MARKDOWN = MarkdownIt("gfm-like" if find_spec("linkify_it") else "commonmark").enable(["table", "strikethrough"])

HOSTILE = [
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!--", "-->", "<b>", "</p>", "&lt;", "&#60;", "&"),
    *("[a](javascript:alert(1))", "![i](http://evil.example/x.png)", "[a]: http://evil.example", "](", "<http://a.b>"),
    *("http://evil.example", "www.evil.example", "me@evil.example", "mailto:me@evil.example", "evil.com", "1.2.3.4"),
    *("**bold**", "__bold__", "*", "_", "~~gone~~", "`code`", "```", "~~~", "$x$", ":skull:", "^", "{", "}", "|"),
    *("# heading", "- item", "+ item", "1. item", "1) item", "> quote", "===", "---", "| a | b |", "|-|-|", "[x] done"),
    *(
        "\n",
        "\r\n",
        "\n\n",
        "\t",
        "    ",
        "\x00",
        "\x1b[31m",
        "\u202e",
        "\u2066",
        "\u200b",
        "\ufeff",
        "\u00ad",
        "\u2028",
    ),
    *(
        "\ud800",
        "\udfff",
        "\u0085",
        "\u00a0",
        "\\",
        "\\\\",
        "'",
        '"',
        "M16.11",
        "38.6",
        "a-b",
        "è",
        "股関節",
        "🦴",
        " ",
    ),
]
hostile_text = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=8), max_size=14).map("".join)


def shown(text: str) -> str:
    """What a reader sees of a text: one line without what is invisible or turns the direction."""
    visible = "".join(char if char.isprintable() else " " if char.isspace() else "" for char in text)
    return " ".join(visible.split()).replace("@", "(at)")


def runs(markdown: str) -> list[Token]:
    """The inline tokens of the only paragraph that the Markdown has."""
    blocks = MARKDOWN.parse(markdown)
    assert [block.type for block in blocks] == ["paragraph_open", "inline", "paragraph_close"]
    return blocks[1].children or []


@pytest.mark.parametrize("text", ["M16.11", "72514-3", "Condition/oa-1", "Sciatica, left side", "38.6", "è 股関節", ""])
def test_a_plain_code_reference_or_word_stays_as_it_is(text: str) -> None:
    assert escaped(text) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("<b>hip</b>", r"&lt;b&gt;hip&lt;/b&gt;"),
        ("a & b", "a &amp; b"),
        ("[x](http://evil.example)", r"\[x\]\(http\://evil\.example\)"),
        ("www.evil.example", r"www\.evil\.example"),
        ("me@evil.example", r"me\(at\)evil\.example"),
        ("1. item", r"1\. item"),
        ("- item", r"\- item"),
        ("a -b", r"a \-b"),
        ("a\n# b", r"a \# b"),
        ("`code` *b* _i_ ~s~ |", r"\`code\` \*b\* \_i\_ \~s\~ \|"),
        ("a\u202eb\u200bc\ufeffd\x00e", "abcde"),
        ("lone \ud800 half", "lone half"),
        ("  much \t space\u00a0", "much space"),
    ],
)
def test_markdown_html_links_and_invisible_characters_are_disarmed(text: str, written: str) -> None:
    assert escaped(text) == written


@given(hostile_text)
def test_an_escaped_text_renders_as_exactly_one_run_of_what_was_recorded(text: str) -> None:
    written = escaped(text, 1000)

    seen = shown(text)
    if not seen:
        assert written == ""
        return
    tokens = runs(written)
    assert [token.type for token in tokens] == ["text"]
    assert tokens[0].content == seen


@given(hostile_text)
def test_an_escaped_text_stays_one_run_inside_a_line_of_a_card(text: str) -> None:
    blocks = MARKDOWN.parse(f"- Sciatica (recorded as “{escaped(text, 1000)}”), 2026-11-18\n- next")

    inlines = [block for block in blocks if block.type == "inline"]
    assert [len(inline.children or []) for inline in inlines] == [1, 1]
    assert inlines[0].content.count("\n") == 0
    assert (inlines[0].children or [])[0].content == f"Sciatica (recorded as “{shown(text)}”), 2026-11-18"


@given(hostile_text)
def test_nothing_that_any_client_could_take_for_a_tag_or_a_link_is_left(text: str) -> None:
    written = escaped(text)

    assert not re.search(r"[<>@\n\r]|://|(?<!\\)www\.", written.replace("\\:", ""))
    assert written.isprintable()
    written.encode("utf-8")


@given(hostile_text, st.integers(5, 60))
def test_a_long_text_is_cut_to_its_limit_with_a_mark(text: str, limit: int) -> None:
    tokens = runs("x" + escaped(text, limit))

    content = tokens[0].content[1:]
    assert len(content.replace("(at)", "@")) <= limit
    assert content == shown(text) or content.endswith("…")


def test_a_text_of_a_million_characters_is_cut_too() -> None:
    assert escaped("a" * 1_000_000) == "a" * (LONGEST_TEXT - 1) + "…"


def test_the_display_of_a_code_list_is_disarmed_too() -> None:
    assert display_words("Score <10 [Score]") == r"Score &lt;10 \[Score\]"


@pytest.mark.parametrize(
    ("display", "words"),
    [
        ("Limping (finding)", "Limping"),
        ("Physical therapy procedure (regime/therapy)", "Physical therapy procedure"),
        ("Fall (on stairs)", r"Fall \(on stairs\)"),
    ],
)
def test_the_type_that_snomed_ct_adds_to_a_display_is_left_out(display: str, words: str) -> None:
    assert display_words(display) == words


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (When.instant(datetime(2026, 11, 20, 10, 15, 59, tzinfo=UTC)), "2026-11-20 10:15 UTC"),
        (When.instant(datetime(2026, 11, 20, 1, 0, tzinfo=timezone(timedelta(hours=2)))), "2026-11-19 23:00 UTC"),
        (When.day(date(2026, 11, 1)), "2026-11-01"),
        (When.days(date(2026, 11, 1), date(2026, 11, 30)), "2026-11"),
        (When.days(date(2024, 2, 1), date(2024, 2, 29)), "2024-02"),
        (When.days(date(2024, 2, 1), date(2024, 2, 28)), "2024-02-01 to 2024-02-28"),
        (When.days(date(2026, 1, 1), date(2026, 12, 31)), "2026"),
        (When.days(date(9999, 12, 1), date(9999, 12, 31)), "9999-12"),
        (When.days(date(2025, 1, 1), date(2026, 12, 31)), "2025-01-01 to 2026-12-31"),
        (When.days(date(2026, 2, 1), date(2026, 12, 31)), "2026-02-01 to 2026-12-31"),
        (When.days(date(2026, 11, 2), date(2026, 11, 30)), "2026-11-02 to 2026-11-30"),
        (When.day(date(1, 1, 1)), "0001-01-01"),
    ],
)
def test_a_date_is_shown_in_the_precision_in_which_it_was_recorded(when: When, words: str) -> None:
    assert point(when) == words


def test_the_minute_of_a_call_is_shown_in_utc() -> None:
    assert minute(datetime(2026, 11, 24, 0, 30, 59, tzinfo=timezone(timedelta(hours=1)))) == "2026-11-23 23:30 UTC"


@pytest.mark.parametrize(("value", "words"), [(38.6, "38.6"), (7.0, "7"), (0.1 + 0.2, "0.3"), (29.95, "29.95")])
def test_a_number_is_shown_without_needless_digits(value: float, words: str) -> None:
    assert number(value) == words


def test_every_kind_of_data_that_a_rule_may_need_has_words() -> None:
    assert set(KIND_WORDS) == set(KINDS)
    assert plural("ImagingStudy") == "imaging studies"
    assert counted(1, "Condition") == "1 condition"
    assert counted(2, "Condition") == "2 conditions"


@pytest.mark.parametrize(
    ("words", "sentence"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_words_are_listed_as_people_list_them(words: list[str], sentence: str) -> None:
    assert listed(words) == sentence


@pytest.mark.parametrize(
    ("label", "inside"),
    [
        ("Hip X-ray", "hip X-ray"),
        ("X-ray", "X-ray"),
        ("MRI", "MRI"),
        ("A pregnancy", "a pregnancy"),
        ("", ""),
        ("T", "T"),
    ],
)
def test_a_label_inside_a_sentence_keeps_its_abbreviations(label: str, inside: str) -> None:
    assert within(label) == inside


def test_sides_are_said_in_words() -> None:
    assert side_words(frozenset({"left"})) == "left side"
    assert side_words(frozenset({"right"})) == "right side"
    assert side_words(frozenset({"left", "right"})) == "both sides"


def test_the_lines_of_a_list_begin_with_a_capital() -> None:
    assert bullets(["age 13", "Condition/1", "½"]) == "- Age 13\n- Condition/1\n- ½"
