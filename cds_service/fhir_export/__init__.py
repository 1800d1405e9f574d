"""The knowledge base printed as FHIR R4: value sets, rules, draft orders, questionnaire, code systems, one library.

Everything is printed from the knowledge files, so it cannot say something else than what is served. One module for
each type of resource, :mod:`cds_service.fhir_export.published` for all together. What is exported and how the review
state becomes a FHIR status: ``docs/adr/0022-knowledge-as-fhir-resources.md``.
"""
