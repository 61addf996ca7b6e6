"""Reading a file by a file object of its own class."""

import io
class Mine(io.FileIO):
    def __init__(self, path):
        io.FileIO.__init__(self, path)
Mine(secret).read()
