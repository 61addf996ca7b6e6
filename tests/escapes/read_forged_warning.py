"""A warning that claims to come from a file."""

import warnings
warnings.warn_explicit("look", UserWarning, secret, 1)
raise PermissionError("the harness looks at the output")
