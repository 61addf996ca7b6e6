"""Walking over all objects of the thread."""
# only: interpreter

import gc
gc.get_objects()
