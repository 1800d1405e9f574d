"""The pages by hook, concept, red flag and statement, and the sheet for patients: what they say and where they lead."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from rules.loader import load_rules
from tests.lib.example_answers import rule_answers
from tests.lib.html_page import Page, page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask.testing import FlaskClient

    from rules import Rule

RULESET = load_rules()
TRACE = RULESET.traceability
WORDS = RULESET.lexicon
RULES = {rule.id: rule for rule in RULESET.rules}
FLAGS = [pytest.param(rule, id=rule.id) for rule in RULESET.active if rule.red_flag]


class Source(Page):
    """A page taken apart that keeps its HTML too."""

    def __init__(self, html: str) -> None:
        self.html = html
        super().__init__(html)


def read(client: FlaskClient, path: str) -> Source:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return Source(answer.text)


@pytest.fixture(scope="module")
def traceability(client: FlaskClient) -> Source:
    return read(client, "/traceability")


@pytest.fixture(scope="module")
def anchors(client: FlaskClient) -> Callable[[str], frozenset[str]]:
    """The ids of a page, which must be there; each page is asked for once."""
    return cache(lambda path: frozenset(page(client, path).ids))


def block(found: Source, name: str) -> str:
    """The text of a page from the element with the id ``name`` up to the next element with an id."""
    html = found.html
    start = html.index(f'id="{name}"')
    following = re.search(r'<[a-z0-9]+ [^>]*\bid="', html[start:])
    return html[start : start + following.start()] if following else html[start:]


def targets(html: str, path: str) -> list[str]:
    """The addresses that a piece of a page leads to."""
    return Page(f"<main>{close(html)}</main>").links(path)


def close(html: str) -> str:
    """The piece as far as its last whole link, without other elements."""
    return "".join(re.findall(r"<a [^>]*>[^<]*</a>", html))


@pytest.mark.parametrize("name", [*TRACE.statements, *TRACE.decisions])
def test_every_statement_and_decision_leads_somewhere_that_is_there(
    anchors: Callable[[str], frozenset[str]], traceability: Source, name: str
) -> None:
    assert traceability.ids.count(name) == 1
    ends = [target for target in targets(block(traceability, name), "/traceability") if "/sources" not in target]
    statement = TRACE.statements.get(name)
    if statement is not None and statement.grades:
        ends = targets(block(traceability, name), "/traceability")
    assert ends
    for end in ends:
        address = urlsplit(end)
        assert {address.fragment} - {""} <= anchors(address.path), end


@pytest.mark.parametrize("name", TRACE.statements)
def test_a_statement_names_its_text_its_rules_and_what_else_it_leads_to(traceability: Source, name: str) -> None:
    statement = TRACE.statements[name]
    links = targets(block(traceability, name), "/traceability")
    wanted = [f"/rules/{rule_id}{part}" for rule_id in statement.rules for part in ("", "#card", "#examples")]
    wanted += [f"/hip-or-spine#{item}" for item in statement.items]
    wanted += [f"/self-care#{part}" for part in statement.education]
    wanted += [f"/not-used#{decision}" for decision in statement.decisions]
    wanted += [f"/sources#{document}" for document in (*statement.documents, *statement.grades)]
    assert sorted(links) == sorted(wanted)
    assert statement.text in traceability.text
    assert statement.reason is None or statement.reason in traceability.text


def test_the_example_beside_a_statement_has_a_card_that_cites_it(traceability: Source) -> None:
    seen = 0
    for name, statement in TRACE.statements.items():
        said = block(traceability, name)
        for rule_id in statement.rules:
            cited = re.search(rf'rules/{rule_id}#examples">example</a> <span class="soft">“([^<]*)”', said)
            assert cited is not None, (name, rule_id)
            [example] = [one for one in rule_answers(rule_id) if one.name == unescaped(cited[1])][:1]
            assert any(re.search(rf"\b{name}\b", card["detail"]) for card in example.answer["cards"]), (name, rule_id)
            seen += 1
    assert seen > 100


def unescaped(text: str) -> str:
    return Page(f"<p>{text}</p>").text


def test_the_way_back_from_each_rule_names_the_statements_that_it_cites(traceability: Source) -> None:
    back = traceability.html[traceability.html.index('id="back"') :]
    rows = re.findall(r"<tr>(.*?)</tr>", back, re.DOTALL)[1:]
    assert len(rows) == len(RULESET.rules)
    for rule, row in zip(RULESET.rules, rows, strict=True):
        cited = {name for evidence in rule.evidence for name in evidence.statements}
        assert f"rules/{rule.id}" in row
        assert set(re.findall(r">(S\d+)<", row)) == cited
        assert cited or "beyond the source documents" in row


def test_a_choice_of_statements_shows_those_and_no_others(client: FlaskClient) -> None:
    expected = {
        "red-flags": {"S46", "S47", "S48"},
        "doc-b": {name for name, one in TRACE.statements.items() if "doc-b" in one.documents},
        "cited": {name for name, one in TRACE.statements.items() if one.rules},
        "asked": {name for name, one in TRACE.statements.items() if one.items},
        "told": {name for name, one in TRACE.statements.items() if one.education},
        "limited": {name for name, one in TRACE.statements.items() if one.decisions},
        "without-a-rule": {"S37", "S40", "S51", "S58", "S71", "S84"},
    }
    for choice, names in expected.items():
        found = read(client, f"/traceability/{choice}")
        assert {name for name in found.ids if re.fullmatch(r"S\d+", name)} == names, choice
        assert f"{len(names)} of 84 statements" in found.text
        assert [link for link in found.all("a") if link.get("aria-current") and "traceability/" in str(link["href"])]


@pytest.mark.parametrize(
    ("path", "close"),
    [
        ("/traceability/with-a-rule", "without-a-rule"),
        ("/traceability/Doc-A", "doc-a"),
        ("/hooks/patient-veiw", "patient-view"),
    ],
)
def test_a_name_that_is_not_there_is_answered_with_the_nearest(client: FlaskClient, path: str, close: str) -> None:
    assert f"Did you mean {close} ?" in page(client, path, 404).text


def test_every_decision_is_told_in_full_with_what_keeps_to_it(client: FlaskClient) -> None:
    found = page(client, "/not-used")
    for name, decision in TRACE.decisions.items():
        assert name in found.ids
        for words in (decision.title, decision.says, decision.problem, decision.decision, decision.kept_by):
            assert words in found.text, name
        for rule_id in decision.rules:
            assert RULES[rule_id].title in found.text
    for name in TRACE.unused():
        assert name in found.ids


@pytest.mark.parametrize("rule", FLAGS)
def test_the_table_of_red_flags_has_sign_threshold_level_advice_and_source(client: FlaskClient, rule: Rule) -> None:
    found = read(client, "/red-flags")
    html = found.html[found.html.index(f'id="{rule.id}"') :]
    text = Page(f"<table>{'<tbody ' + html[: html.index('</tbody>')]}</tbody></table>").text
    assert rule.title in text
    assert f"R{rule.number}" in text
    badges = re.findall(r'class="badge (\w+)"', html[: html.index("</tbody>")])
    assert badges == [level.indicator for level in rule.levels]
    for level in rule.levels:
        assert re.sub(r"\[possible: [^\]]*\]", "(possible)", level.summary) in text
        if level.when is not None and not level.when.parts():
            assert level.when.say(WORDS) in text
        for use in level.suggestions:
            assert RULESET.templates[use.template].label in text
    for evidence in rule.evidence:
        assert RULESET.sources[evidence.source].short in text
        assert all(name in text for name in evidence.statements)
    cites = any(evidence.statements for evidence in rule.evidence)
    assert ("beyond the source documents" in text) != cites


def test_the_page_of_a_hook_has_its_rules_and_the_very_templates_of_discovery(client: FlaskClient) -> None:
    services = client.get("/cds-services").get_json()["services"]
    assert [service["hook"] for service in services] == list(RULESET.hooks)
    for service in services:
        found = page(client, f"/hooks/{service['hook']}")
        assert service["id"] in found.text
        for key, template in service["prefetch"].items():
            assert key in found.text
            assert template in found.text
        linked = {target for target in found.links("/hooks/x") if target.startswith("/rules/")}
        assert linked == {f"/rules/{rule.id}" for rule in RULESET.for_hook(service["hook"])}
        assert f"/hooks/{service['hook']}" in page(client, "/hooks").links("/hooks")


def test_the_levels_on_a_hook_are_those_that_its_cards_can_have(client: FlaskClient) -> None:
    def badges(hook: str, rule_id: str) -> list[str]:
        html = read(client, f"/hooks/{hook}").html
        row = html[html.index(f"rules/{rule_id}") :]
        return re.findall(r'badge (\w+)"', row[: row.index("</tr>")])

    assert badges("order-sign", "order-opioid") == ["warning"]
    assert badges("order-dispatch", "order-opioid") == ["info"]
    assert badges("patient-view", "rf-motor-deficit") == ["critical", "warning", "info"]


def test_concepts_tell_which_rules_recognise_them_and_which_are_silenced(client: FlaskClient) -> None:
    found = read(client, "/concepts")

    def row(name: str) -> list[list[str]]:
        html = found.html[found.html.index(f'<tr id="{name}">') :]
        cells = re.findall(r"<td.*?</td>", html[: html.index("</tr>")], re.DOTALL)[1:]
        return [re.findall(r">(R\d+)<", cell) for cell in cells]

    recognised, silenced, _ = row("hip_osteoarthritis")
    assert "R16" in recognised
    assert {"R17", "R38"} <= set(silenced)
    assert "R3" in row("sciatica")[0]
    assert row("avascular_necrosis_hip")[1][-1] == "R37"
    concepts = {concept for need in RULESET.needs(RULESET.rules) for concept in need.concepts}
    assert {name for name in found.ids if name in WORDS.codelists.concepts} == concepts


def points(side: str, items: list[str], *, sitting: int) -> int:
    """The points of features answered yes, added up here and not by the service."""
    return sum(
        sitting if name == "sitting-relief" and side == "hip" else getattr(WORDS.items[name], side) for name in items
    )


def worked(found: Source) -> Iterator[tuple[str, str]]:
    """Each worked example: its name and its text."""
    html = found.html[found.html.index('id="worked"') : found.html.index('id="others"')]
    for name, text in re.findall(r"<h3>(.*?)</h3>(.*?)</dl>", html, re.DOTALL):
        yield unescaped(name), Page(f"{text}</dl>").text


def test_the_sums_of_the_worked_examples_can_be_added_up_by_hand(client: FlaskClient) -> None:
    titles = {item.title: item for item in WORDS.items.values() if item.feature}
    results = set()
    for name, text in worked(read(client, "/hip-or-spine")):
        yes = [item.id for title, item in titles.items() if f"{title} (" in text]
        counted = re.findall(r"(hip|spine) (\d)\)", text)
        sums = re.search(r"Hip (.*?) = (\d+); spine (.*?) = (\d+); (\d+) answered: (.*)$", text)
        assert sums is not None, name
        for side, terms, total in (("hip", sums[1], int(sums[2])), ("spine", sums[3], int(sums[4]))):
            assert total == sum(int(term) for term in re.findall(r"\d+", terms)), name
            assert total == sum(int(count) for which, count in counted if which == side), name
            sitting = 0 if "no points: stenosis may explain it" in text else 1
            assert total == points(side, yes, sitting=sitting), name
        results.add(sums[6])
    assert results == {"hip likely", "spine likely", "mixed", "undetermined", "not enough"}


def test_the_score_page_has_every_feature_its_limits_and_that_it_is_not_validated(client: FlaskClient) -> None:
    found = read(client, "/hip-or-spine")
    assert "Not validated." in found.text
    assert {item.id for item in WORDS.items.values()} <= set(found.ids)
    rows = {name: block(found, name) for name, item in WORDS.items.items() if item.feature}
    for name, row in rows.items():
        item = WORDS.items[name]
        cells = re.findall(r"<td.*?>(.*?)</td>", row, re.DOTALL)
        assert cells[1:4] == [str(item.hip or ""), str(item.spine or ""), "yes" if item.key_feature else ""]
    assert re.search(r"At most 14 10", found.text)
    for rule_id in ("hip-pain-with-lbp", "lbp-hip-features", "order-lumbar-imaging", "incidental-spine-imaging"):
        assert f"/rules/{rule_id}" in found.links("/hip-or-spine")


def test_the_self_care_sheet_has_its_safety_net_first_and_says_that_nobody_reviewed_it(client: FlaskClient) -> None:
    found = page(client, "/self-care")
    text = found.text[found.text.index(TRACE.education.title, 100) :]
    signs = [line.text for part in TRACE.education.safety_net for line in part.lines]
    places = [text.index(sign) for sign in signs]
    assert places == sorted(places)
    assert places[-1] < min(text.index(part.title) for part in TRACE.education.advice)
    for part in TRACE.education.parts:
        assert part.id in found.ids
        assert all(line.text in text for line in part.lines)
    for sign in ("very bad pain", "bladder", "bowels", "both of your legs", "saddle"):
        assert sign in text[: places[-1]]
    assert "no named clinician has reviewed this sheet yet" in found.text
    assert "/rules/discharge-education" in found.links("/self-care")
