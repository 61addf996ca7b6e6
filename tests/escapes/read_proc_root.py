"""Leaving by /proc/self/root."""

open("/proc/self/root" + secret).read()
