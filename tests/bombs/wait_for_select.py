# ends: limit
import selectors, socket

a, b = socket.socketpair()
watch = selectors.DefaultSelector()
watch.register(a, selectors.EVENT_READ)
watch.select()
