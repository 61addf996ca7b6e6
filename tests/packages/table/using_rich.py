"""Prints a table, markup, a traceback, and progress of a loop."""
# packages: rich==15.0.0 markdown-it-py==4.3.0 mdurl==0.1.2 Pygments==2.21.0

import io

from rich.console import Console
from rich.markdown import Markdown
from rich.progress import track
from rich.table import Table

console = Console(file=io.StringIO(), width=60, record=True)
table = Table("Name", "Price", title="Shop")
table.add_row("tea", "[bold]3[/bold]")
console.print(table)
console.print(Markdown("# Title\n\n* one\n* two"))
assert sum(track(range(50), console=console)) == 1225
try:
    1 / 0
except ZeroDivisionError:
    console.print_exception(show_locals=True)
text = console.export_text()
assert "│ tea  │ 3     │" in text and "• one" in text and "ZeroDivisionError" in text, text
