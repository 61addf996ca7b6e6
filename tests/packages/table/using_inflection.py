"""Makes plurals, and names in other styles."""
# packages: inflection==0.5.1

import inflection

assert inflection.pluralize("octopus") == "octopi" and inflection.singularize("people") == "person"
assert inflection.camelize("device_type") == "DeviceType" and inflection.parameterize("Donald E. Knuth") == "donald-e-knuth"
