"""Making shared memory with a name."""
# refused with: PermissionError, ImportError, AttributeError

from multiprocessing import shared_memory
shared_memory.SharedMemory(create=True, size=10)
