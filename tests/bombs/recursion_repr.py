# ends: error RecursionError
class Me:
    def __repr__(self):
        return repr(self)


repr(Me())
