"""Making a device."""

import os
os.mknod(granted + "/device", 0o20600, 0x101)
