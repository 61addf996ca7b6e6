//! Random graphs with sharing and cycles.

use proptest::prelude::*;

use super::harness::Pair;

/// A graph as a list of nodes; a node's parts are numbers of nodes, any of them, itself included.
#[derive(Clone, Debug)]
enum Node {
    Int(i64),
    Text(String),
    List(Vec<usize>),
    Dict(Vec<(usize, usize)>),
    /// A dict whose keys are a few names, which others have, too.
    Record(Vec<(u8, usize)>),
    /// Its parts are earlier nodes only, as a tuple is made from what exists.
    Tuple(Vec<usize>),
    Instance(Vec<(u8, usize)>),
    Subclass(Vec<usize>),
    /// Goes through `__reduce__`.
    Custom(usize),
}

fn node() -> impl Strategy<Value = Node> {
    let part = 0_usize..1000;
    prop_oneof![
        any::<i64>().prop_map(Node::Int),
        "[a-zé]{0,4}".prop_map(Node::Text),
        prop::collection::vec(part.clone(), 0..5).prop_map(Node::List),
        prop::collection::vec((part.clone(), part.clone()), 0..4).prop_map(Node::Dict),
        prop::collection::vec((0_u8..3, part.clone()), 0..4).prop_map(Node::Record),
        prop::collection::vec(part.clone(), 0..4).prop_map(Node::Tuple),
        prop::collection::vec((any::<u8>(), part.clone()), 0..4).prop_map(Node::Instance),
        prop::collection::vec(part.clone(), 0..3).prop_map(Node::Subclass),
        part.prop_map(Node::Custom),
    ]
}

/// Statements that build the graph as `nodes`, the last of which is the root.
fn source(nodes: &[Node]) -> String {
    let mut text = String::from("nodes = []\n");
    let at = |part: &usize, limit: usize| part % limit.max(1);
    for (index, node) in nodes.iter().enumerate() {
        let made = match node {
            Node::Int(value) => value.to_string(),
            Node::Text(value) => format!("{value:?}"),
            Node::List(_) => "[]".into(),
            Node::Dict(_) | Node::Record(_) => "{}".into(),
            Node::Tuple(parts) if index > 0 => {
                let parts: String = parts
                    .iter()
                    .map(|part| format!("nodes[{}], ", at(part, index)))
                    .collect();
                format!("({parts})")
            }
            Node::Tuple(_) => "()".into(),
            Node::Instance(_) => "Plain()".into(),
            Node::Subclass(_) => "Items()".into(),
            Node::Custom(_) => "Custom()".into(),
        };
        text += &format!("nodes.append({made})\n");
    }
    for (index, node) in nodes.iter().enumerate() {
        let part = |part: &usize| format!("nodes[{}]", at(part, nodes.len()));
        match node {
            Node::List(parts) | Node::Subclass(parts) => {
                for each in parts {
                    text += &format!("nodes[{index}].append({})\n", part(each));
                }
            }
            Node::Dict(entries) => {
                for (number, (key, value)) in entries.iter().enumerate() {
                    text += &format!("nodes[{index}][{number}, {key}] = {}\n", part(value));
                }
            }
            Node::Record(entries) => {
                for (name, value) in entries {
                    text += &format!("nodes[{index}]['a{name}'] = {}\n", part(value));
                }
            }
            Node::Instance(entries) => {
                for (name, value) in entries {
                    text += &format!("nodes[{index}].a{name} = {}\n", part(value));
                }
            }
            Node::Custom(each) => text += &format!("nodes[{index}].it = {}\n", part(each)),
            Node::Int(_) | Node::Text(_) | Node::Tuple(_) => {}
        }
    }
    text
}

/// The shape of a graph as text: every object that can be changed is numbered where it is first met.
const SHAPE: &str = "
def shape(root):
    seen, lines, todo = {}, [], [root]
    def name(part):
        if type(part) in (int, str): return repr(part)
        if type(part) is tuple and not part: return '()'
        if id(part) not in seen:
            seen[id(part)] = len(seen)
            todo.append(part)
        return f'#{seen[id(part)]}'
    name(root)
    todo.pop(0)
    while todo:
        it = todo.pop()
        if type(it) is dict: parts = [f'{k}={name(v)}' for k, v in it.items()]
        elif isinstance(it, (list, tuple)): parts = [name(v) for v in it]
        else: parts = [f'{k}={name(v)}' for k, v in vars(it).items()]
        lines.append(f'{name(it)} {type(it).__name__} {parts}')
    return '\\n'.join(lines)
";

const CLASSES: &str = "
class Plain: pass
class Items(list): pass
class Custom:
    def __reduce__(self): return made, (), self.__dict__
def made(): return Custom()
";

#[test]
fn random_graphs_arrive_with_their_shape() {
    let pair = Pair::new(&format!("{CLASSES}{SHAPE}"));
    pair.there(SHAPE);
    let config = ProptestConfig {
        cases: 150,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(nodes in prop::collection::vec(node(), 1..40))| {
        pair.here(&source(&nodes));
        pair.ship("nodes");
        pair.here("expected = shape(nodes)");
        pair.there("arrived = shape(got)");
        let expected: String = pair.here.get("expected").unwrap();
        let arrived: String = pair.there.get("arrived").unwrap();
        prop_assert_eq!(expected, arrived);
        // The last node alone, too: then other objects are the root and the shared ones.
        pair.ship("nodes[-1]");
        pair.here("expected = shape(nodes[-1])");
        pair.there("arrived = shape(got)");
        prop_assert_eq!(pair.here.get::<String>("expected").unwrap(), pair.there.get::<String>("arrived").unwrap());
        // And with nothing that refers to its parts but themselves.
        pair.here("alone = [nodes.pop(), nodes.pop() if nodes else 0]\ndel nodes");
        pair.ship("alone");
        pair.here("expected = shape(alone)");
        pair.there("arrived = shape(got)");
        prop_assert_eq!(pair.here.get::<String>("expected").unwrap(), pair.there.get::<String>("arrived").unwrap());
    });
}
