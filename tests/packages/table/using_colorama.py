"""Colours text, and takes the colours out where they are not wanted."""
# packages: colorama==0.4.6

import io

from colorama import Fore, Style
from colorama.ansitowin32 import AnsiToWin32

shown = io.StringIO()
AnsiToWin32(shown, convert=False, strip=True).stream.write(f"{Fore.RED}red{Style.RESET_ALL} plain")
assert shown.getvalue() == "red plain" and Fore.RED == "\x1b[31m"
