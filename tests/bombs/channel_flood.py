# ends: limit | lost | error MemoryError
import ungil

ends = []
while True:
    sender, receiver = ungil.channel(1000)
    ends.append((sender, receiver))
    for _ in range(1000):
        sender.send(bytes(1000))
