# ends: ok | limit | lost
import contextvars

variable = contextvars.ContextVar("variable")
for _ in range(40_000):
    variable.set(contextvars.copy_context())
variable.set(None)
