"""What the rules are made of: code lists, shared definitions, the bibliography. Open to everybody."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, render_template

from cds_service.pages.absent import known
from cds_service.pages.spoken import example_lines, spoken
from cds_service.pages.usage import usage
from rules.ruleset import RuleSet

USES: Final = {
    "rule": "read by rules",
    "template": "written by suggestions",
    "unused": "for reference; no rule may read it",
    "negative-control": "must fire nothing",
}
KINDS: Final = (
    ("guideline", "Guidelines"),
    ("review", "Reviews"),
    ("study", "Studies"),
    ("source-document", "Source documents"),
)


def reference_routes(ruleset: RuleSet) -> Blueprint:
    """Return ``/codelists``, ``/codelists/<concept>``, ``/definitions`` and ``/sources``."""
    routes = Blueprint("reference", __name__)
    words = ruleset.lexicon
    codelists = words.codelists
    used = usage(ruleset)

    @routes.get("/codelists")
    def lists() -> str:
        return render_template(
            "pages/codelists.html", concepts=codelists.concepts, systems=codelists.systems, uses=USES, used=used
        )

    @routes.get("/codelists/<name>")
    def codelist(name: str) -> str:
        concept = known(name, codelists.concepts, "code list", "codelists")
        present = {row.system for row in (*concept.rows, *concept.unverified)}
        return render_template(
            "pages/codelist.html",
            concept=concept,
            systems=codelists.systems,
            present=[system for short, system in codelists.systems.items() if short in present],
            uses=USES,
            used=used.concepts[name],
            definitions=words.definitions,
        )

    @routes.get("/definitions")
    def definitions() -> str:
        shown = [
            {
                "definition": definition,
                "meaning": spoken(definition.criterion, words),
                "used": used.definitions[name],
                "examples": [
                    (example, tuple(example_lines(example, codelists)))
                    for example in ruleset.definition_examples.get(name, ())
                ],
            }
            for name, definition in words.definitions.items()
        ]
        return render_template("pages/definitions.html", shown=shown, definitions=words.definitions)

    @routes.get("/sources")
    def sources() -> str:
        return render_template("pages/sources.html", kinds=KINDS, used=used.sources)

    return routes
