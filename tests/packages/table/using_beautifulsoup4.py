"""Finds and changes elements of broken HTML."""
# packages: beautifulsoup4==4.15.0 soupsieve==4.1.2 typing_extensions==4.16.0

from bs4 import BeautifulSoup

soup = BeautifulSoup("<ul class=x><li>one<li id=b>two <b>bold</ul><p>end", "html.parser")
assert [item.get_text() for item in soup.find_all("b")] == ["bold"]
assert soup.select_one("ul.x li#b").b.string == "bold" and soup.p.get_text() == "end"
soup.p.string = "a < b"
soup.ul.decompose()
assert str(soup) == "<p>a &lt; b</p>"
