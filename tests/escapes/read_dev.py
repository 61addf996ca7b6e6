"""Reading a device."""

open("/dev/urandom", "rb")
