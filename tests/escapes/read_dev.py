"""Reading a device."""

open("/dev/mem", "rb")
