"""Things done to the patient: procedures, and images by their reports and studies."""

from __future__ import annotations

from typing import Any

from cds_service.reading.accessors import objects
from cds_service.reading.coded import Coded, Record, joined, read_code
from cds_service.reading.dates import first_when, period_end
from rules.chart import Imaging, Procedure
from rules.codelists import CodeLists


def read_procedure(record: Record) -> Procedure:
    """A Procedure; R5 calls ``performed`` ``occurrence``."""
    when = period_end(record.resource, "performed") or period_end(record.resource, "occurrence")
    return Procedure(**record.shared(when))


def read_imaging(record: Record) -> Imaging:
    """A DiagnosticReport or an ImagingStudy."""
    resource = record.resource
    when = period_end(resource, "effective") or first_when(resource.get("started"), resource.get("issued"))
    return Imaging(**record.shared(when))


def study_code(study: dict[str, Any], lists: CodeLists) -> Coded:
    """What an ImagingStudy shows: ``procedureCode``; ``procedure.concept`` of R5; ``code``, which some systems send."""
    procedures = [one.get("concept") for one in objects(study.get("procedure"))]
    return joined(read_code(one, lists) for one in (study.get("procedureCode"), study.get("code"), *procedures))
