"""Prints tables in several formats."""
# packages: tabulate==0.10.0

from tabulate import tabulate

assert tabulate([["tea", 3.5], ["milk", 12]], headers=["what", "price"], tablefmt="github").split("\n")[2] == "| tea    |     3.5 |"
assert "<td>tea" in tabulate([["tea"]], tablefmt="html")
