"""An opener that opens something else."""

import os
open(granted + "/own", opener=lambda path, flags: os.open(secret, flags)).read()
