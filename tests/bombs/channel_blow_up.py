# ends: limit | lost | error MemoryError | error NotShareableError
import ungil


class Growing:
    """Two more take its place whenever it is packed."""

    def __reduce__(self):
        return list, ([Growing(), Growing()],)


sender, receiver = ungil.channel(10)
sender.send(Growing())
