"""Escapes what is put into markup."""
# packages: MarkupSafe==3.0.4

from markupsafe import Markup, escape

assert escape("<a & 'b'>") == Markup("&lt;a &amp; &#39;b&#39;&gt;")
assert Markup("<b>%s</b>") % "<i>" == "<b>&lt;i&gt;</b>" and Markup("<b>x</b> y").striptags() == "x y"
