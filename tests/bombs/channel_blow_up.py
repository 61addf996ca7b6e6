# ends: error ConversionError | limit
import ungil

sender, receiver = ungil.channel(10)
data = [0] * 10
for _ in range(12):
    data = [data] * 10
sender.send(data)
