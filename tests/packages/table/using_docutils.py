"""Turns reStructuredText into HTML."""
# packages: docutils==0.23 Pygments==2.21.0

from docutils.core import publish_parts

parts = publish_parts("Title\n=====\n\n* one\n* *two*\n\n.. code:: python\n\n   x = 1\n", writer="html5")
assert parts["title"] == "Title" and "<em>two</em>" in parts["html_body"], parts["html_body"]
