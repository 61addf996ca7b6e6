"""Setting the locale of the process."""
# refused with: PermissionError, Error
# only: interpreter

import locale
locale.setlocale(locale.LC_ALL, "")
