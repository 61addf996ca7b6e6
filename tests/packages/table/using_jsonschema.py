"""Checks documents against a schema."""
# packages: jsonschema==4.26.0 attrs==26.1.0 jsonschema-specifications==2025.9.1 referencing==0.37.0 rpds-py==2026.9.1 typing_extensions==4.16.0
# fails: it needs rpds-py, a compiled extension without a fallback

import jsonschema

jsonschema.validate({"a": 1}, {"type": "object", "required": ["a"]})
