"""Finds ways, components, ranks and colours of graphs."""
# packages: networkx==3.6.1

import networkx as nx

graph = nx.Graph()
graph.add_weighted_edges_from([("a", "b", 4), ("a", "c", 1), ("c", "b", 2), ("d", "e", 1)])
assert nx.shortest_path(graph, "a", "b", weight="weight") == ["a", "c", "b"]
assert sorted(map(sorted, nx.connected_components(graph))) == [["a", "b", "c"], ["d", "e"]]
assert nx.minimum_spanning_tree(graph).size(weight="weight") == 4
order = list(nx.topological_sort(nx.DiGraph([(1, 2), (2, 3), (1, 3)])))
assert order == [1, 2, 3]
random = nx.gnp_random_graph(40, 0.2, seed=1)
colours = nx.greedy_color(random)
assert all(colours[u] != colours[v] for u, v in random.edges)
assert nx.maximum_flow_value(nx.DiGraph([("s", "t", {"capacity": 3})]), "s", "t") == 3
