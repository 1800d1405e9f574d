"""Reading FHIR resources as real systems send them: plain dicts, and accessors that never raise."""
