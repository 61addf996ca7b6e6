"""Turns Markdown into HTML, with tables and a list of contents."""
# packages: Markdown==3.11.3

import markdown

html = markdown.markdown("# One\n\n*two* `x<y`\n\na | b\n--|--\n1 | 2\n", extensions=["tables", "toc", "fenced_code"])
assert '<h1 id="one">One</h1>' in html and "<em>two</em> <code>x&lt;y</code>" in html and "<td>1</td>" in html, html
