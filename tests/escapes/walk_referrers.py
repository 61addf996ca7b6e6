"""Walking from an object to what refers to it."""
# only: interpreter

import gc
gc.get_referrers(object)
