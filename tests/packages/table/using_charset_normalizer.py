"""Guesses encodings of texts."""
# packages: charset-normalizer==3.5.2

from charset_normalizer import from_bytes

text = "Всеки човек има право на образование. Образованието трябва да бъде безплатно. " * 4
for encoding in ("utf_8", "cp1251"):
    assert str(from_bytes(text.encode(encoding)).best()) == text, encoding
