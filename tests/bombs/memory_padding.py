# ends: error ValueError | error MemoryError | limit | lost
text = '{:>10000000000}'.format('x')
