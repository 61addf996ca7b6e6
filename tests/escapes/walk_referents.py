"""Walking from an object to what it refers to."""
# only: interpreter

import gc
gc.get_referents(type)
