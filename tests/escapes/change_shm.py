"""Making shared memory with a name that the whole system knows."""
# refused with: PermissionError, ImportError, AttributeError

import _posixshmem, os
_posixshmem.shm_open("/ungil-escape", os.O_CREAT | os.O_RDWR, mode=0o600)
