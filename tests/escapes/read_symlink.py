"""Leaving the granted folder through a link that is there."""

open(granted + "/link").read()
