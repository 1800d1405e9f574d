"""Named calculations that a definition may use: the native side of a hip, the hip or spine score.

They are true calculations, not clinical decisions; a rule reaches them through ``meets``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from rules.chart import Fact, Mark
from rules.coded import BOTH, ConditionCriterion, Names
from rules.criteria import Criterion, DataNeed
from rules.differential import CLAUDICATION, SITTING_RELIEF, STENOSIS, Score, score
from rules.faults import Fault, unknown_word
from rules.logic import Outcome, Verdict
from rules.measured import ANSWERS, item_marks
from rules.records import ProcedureCriterion

if TYPE_CHECKING:
    from rules.asking import Evaluation
    from rules.knowledge import Lexicon

CONFIRM_SIDE = "confirm-side"
"""Note for the card: the record leaves the side open, so it asks the reader to confirm it."""

_STATUS = ConditionCriterion(condition=("hip_replacement_status",), status="any")
_PROCEDURE = ProcedureCriterion(procedure=("hip_replacement_procedure",))
_STENOSIS = ConditionCriterion(condition=(STENOSIS,))


class NativeSide(Criterion):
    """An active disease of the set on at least one hip that was not replaced (knowledge 2.1, native side).

    Sides known to be replaced are taken away; a replacement of unknown side takes nothing away, and the card
    asks
    to confirm the side. Replacements that could not be looked up are not established, so the hip counts as
    native:
    a presumption.
    """

    word: ClassVar[str] = "native_side"
    native_side: Names

    def evaluate(self, of: Evaluation) -> Outcome:
        disease = self._disease().evaluate(of)
        if not disease.applies:
            return disease
        concepts = frozenset(self.native_side)
        facts = [fact for fact in disease.facts if isinstance(fact, Fact)]
        replacements = [*of.ask(_STATUS).facts, *of.ask(_PROCEDURE).facts]
        sides = [_replaced_sides(fact) for fact in replacements if isinstance(fact, Fact)]
        replaced = frozenset[str]().union(*sides)
        unsided_replacement = any(not side for side in sides)
        sided = [fact for fact in facts if fact.sides(concepts)]
        presumed = of.chart.open_kinds(frozenset({"Condition", "Procedure"}))
        if sided:
            native = frozenset[str]().union(*(fact.sides(concepts) for fact in sided)) - replaced
            shown = tuple(fact for fact in sided if fact.sides(concepts) & native)
            notes = (CONFIRM_SIDE,) if unsided_replacement else ()
        else:
            native = frozenset()
            shown = tuple(facts)
            notes = (CONFIRM_SIDE,)
        if (sided and not native) or (not sided and (replaced == BOTH or (unsided_replacement and not replaced))):
            return of.absent(self._disease().kinds(of.lexicon), self)
        return Outcome(Verdict.APPLIES, shown, presumed, native, notes, self, (disease,))

    def _disease(self) -> ConditionCriterion:
        return ConditionCriterion(condition=self.native_side)

    def say(self, words: Lexicon) -> str:
        return f"{self._disease().say(words)}, on a hip that was not replaced"

    def need(self, words: Lexicon) -> frozenset[DataNeed]:
        return self._disease().need(words) | _STATUS.need(words) | _PROCEDURE.need(words)

    def check(self, words: Lexicon, file: str, place: str) -> Iterator[Fault]:
        for name in self.native_side:
            if name not in words.codelists.concepts:
                yield unknown_word(file, f"{place}.native_side", "concept", name, words.codelists.concepts)
        yield from _replacement_faults(words, file, place)


def _replacement_faults(words: Lexicon, file: str, place: str) -> Iterator[Fault]:
    yield from _STATUS.check(words, file, place)
    yield from _PROCEDURE.check(words, file, place)


def _replaced_sides(fact: Fact) -> frozenset[str]:
    return fact.sides(_STATUS.concepts() | _PROCEDURE.concepts())


class ReplacedCriterion(Criterion):
    """A hip was replaced: ``any`` (also of unknown side), or ``both`` hips (knowledge 2.1, replaced)."""

    word: ClassVar[str] = "replaced"
    replaced: Literal["any", "both"]

    def evaluate(self, of: Evaluation) -> Outcome:
        facts = tuple(fact for fact in (*of.ask(_STATUS).facts, *of.ask(_PROCEDURE).facts) if isinstance(fact, Fact))
        sides = frozenset[str]().union(*(_replaced_sides(fact) for fact in facts))
        if not facts or (self.replaced == "both" and sides != BOTH):
            return of.absent(frozenset({"Condition", "Procedure"}), self)
        return Outcome(Verdict.APPLIES, facts, sides=sides, asked=self)

    def say(self, words: Lexicon) -> str:
        return "hip replacement on record" if self.replaced == "any" else "both hips replaced"

    def say_not(self, words: Lexicon) -> str:
        return "no hip replacement on record" if self.replaced == "any" else "not both hips replaced"

    def need(self, words: Lexicon) -> frozenset[DataNeed]:
        return _STATUS.need(words) | _PROCEDURE.need(words)

    def check(self, words: Lexicon, file: str, place: str) -> Iterator[Fault]:
        return _replacement_faults(words, file, place)


class DifferentialCriterion(Criterion):
    """The hip or spine score has this ``differential`` result, or the hip sum reaches ``hip_score``.

    Without answers the sums are 0, so nothing here is ever unknown (knowledge 2.10): it is a presumption.
    """

    word: ClassVar[str] = "differential"
    differential: Literal["hip likely", "spine likely", "mixed", "any"]
    hip_score: int | None = Field(default=None, ge=1)
    key_feature: bool = False
    hip_leads: bool = False

    def evaluate(self, of: Evaluation) -> Outcome:
        stenosis = of.ask(_STENOSIS).applies
        found = score(of, stenosis)
        verdict = Verdict.APPLIES if self._met(found) else Verdict.DOES_NOT_APPLY
        answers = tuple(answer for feature in found.counted for answer in feature.answers)
        missing = of.chart.open_kinds(ANSWERS | {"Condition"})
        return Outcome(verdict, answers if verdict is Verdict.APPLIES else (), missing, asked=self)

    def _met(self, found: Score) -> bool:
        if self.differential != "any" and found.result != self.differential:
            return False
        if self.hip_score is not None and found.hip < self.hip_score:
            return False
        if self.hip_leads and found.hip <= found.spine:
            return False
        return found.key_feature or not self.key_feature

    def say(self, words: Lexicon) -> str:
        said = [] if self.differential == "any" else [f"hip or spine score: {self.differential}"]
        said += [f"hip score of {self.hip_score} or more"] if self.hip_score is not None else []
        said += ["with groin pain, hip rotation or limp among its features"] if self.key_feature else []
        said += ["and greater than the spine score"] if self.hip_leads else []
        return " ".join(said)

    def need(self, words: Lexicon) -> frozenset[DataNeed]:
        return frozenset({DataNeed("QuestionnaireResponse"), DataNeed("Condition", frozenset({STENOSIS}))})

    def reads(self, words: Lexicon) -> frozenset[Mark]:
        return item_marks(item.id for item in words.items.values() if item.feature) | _STENOSIS.reads(words)

    def check(self, words: Lexicon, file: str, place: str) -> Iterator[Fault]:
        yield from _STENOSIS.check(words, file, place)
        for name in (SITTING_RELIEF, *CLAUDICATION):
            if name not in words.items or not words.items[name].feature:
                yield Fault(file, place, f"the score needs a feature {name!r} in the questionnaire", name)
        if self.differential == "any" and self.hip_score is None and not self.key_feature and not self.hip_leads:
            yield Fault(file, place, "'any' says what it asks for: 'hip_score', 'key_feature' or 'hip_leads'")
