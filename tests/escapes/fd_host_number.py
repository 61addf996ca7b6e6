"""Using a descriptor of the host by its number."""
# only: kernel
# refused with: OSError

import os
os.pread(host_descriptor, 100, 0)
