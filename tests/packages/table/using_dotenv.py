"""Reads variables from a file, with references to others."""
# packages: python-dotenv==1.2.4

import io
import os

from dotenv import dotenv_values, load_dotenv

text = "A=1\n# no\nexport B='two words'\nC=${A}-${D:-x}\n"
assert dotenv_values(stream=io.StringIO(text)) == {"A": "1", "B": "two words", "C": "1-x"}
assert load_dotenv(stream=io.StringIO("UNGIL_X=y")) and os.environ["UNGIL_X"] == "y"
