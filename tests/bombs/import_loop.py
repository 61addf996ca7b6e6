# ends: limit
import sys, types


class Finder:
    def find_spec(self, *args):
        while True:
            pass


sys.meta_path.insert(0, Finder())
import nowhere
