"""Reading a file by tokenize."""

import tokenize
tokenize.open(secret).read()
