# ends: limit
import ungil

sender, receiver = ungil.channel(1)
receiver.recv()
