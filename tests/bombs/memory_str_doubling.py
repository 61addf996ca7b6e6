# ends: limit | lost | error MemoryError
text = 'x'
while True:
    text += text
