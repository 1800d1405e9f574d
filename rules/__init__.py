"""Clinical knowledge as data, and the three-valued engine that asks it of a chart.

Imports nothing but the standard library and pydantic; knows neither HTTP nor FHIR wire formats.
"""

from rules.chart import Chart, ChartBuilder
from rules.directory import KnowledgeDirectory
from rules.engine import RuleResult, evaluate
from rules.faults import Fault, KnowledgeFaults
from rules.loader import load_knowledge, load_rules, read_knowledge, read_rules
from rules.logic import Verdict
from rules.ruleset import RuleSet
from rules.schema import Rule
from rules.triage import Triage, triage

__all__ = [
    "Chart",
    "ChartBuilder",
    "Fault",
    "KnowledgeDirectory",
    "KnowledgeFaults",
    "Rule",
    "RuleResult",
    "RuleSet",
    "Triage",
    "Verdict",
    "evaluate",
    "load_knowledge",
    "load_rules",
    "read_knowledge",
    "read_rules",
    "triage",
]
