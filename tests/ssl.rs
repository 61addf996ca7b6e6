//! Python's `ssl`: servers and clients on loopback, with certificates of the tests' own.
#![cfg(feature = "ssl")]

use std::{net::TcpListener, sync::mpsc, time::Duration};

use ungil::{Error, Interpreter, Job, Output, Permissions, Task};

mod scripts;

scripts! { "tests/ssl":
    blocking_sockets
    event_loop
    https
}

/// No test takes a hundredth of it.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_script_that_waits_for_a_peer_that_says_nothing_is_stopped() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let (tx, started) = mpsc::channel();
    let py = Interpreter::builder()
        .stderr(Output::Discard)
        .function("started", move || tx.send(()).unwrap())
        .build()
        .unwrap();
    py.set("port", silent.local_addr().unwrap().port()).unwrap();
    py.exec("import socket, ssl\ncontext = ssl.create_default_context()")
        .unwrap();
    let job: Job<()> = py.spawn(Task::exec(
        "s = socket.create_connection(('127.0.0.1', port))\nstarted()\ncontext.wrap_socket(s, server_hostname='localhost')",
    ));
    started.recv_timeout(PATIENCE).expect("the script starts");
    job.cancel();
    let result = job.wait();
    assert!(matches!(result, Err(Error::Cancelled)), "{result:?}");
    assert_eq!(py.eval::<i64>("6 * 7").unwrap(), 42, "the interpreter goes on");
}

/// A server that says hello and nothing more, until the client hangs up.
const GREETER: &str = "
import socket, ssl
def greet():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain('tests/ssl/server.pem')
    with socket.create_server(('127.0.0.1', 0)) as listener:
        listening(listener.getsockname()[1])
        with context.wrap_socket(listener.accept()[0], server_side=True) as connection:
            connection.sendall(b'hello')
            connection.recv(1)
";

#[test]
fn a_read_that_waits_is_stopped() {
    let (tx, events) = mpsc::channel();
    let build = |tx: mpsc::Sender<u16>| {
        Interpreter::builder()
            .stderr(Output::Discard)
            .function("listening", move |port: u16| tx.send(port).unwrap())
            .build()
            .unwrap()
    };
    let server = build(tx.clone());
    server.exec(GREETER).unwrap();
    let serving: Job<()> = server.spawn(Task::exec("greet()"));
    let port = events.recv_timeout(PATIENCE).expect("the server listens");

    let client = build(tx);
    client.set("port", port).unwrap();
    let reading: Job<()> = client.spawn(Task::exec(
        "import socket, ssl
context = ssl.create_default_context(cafile='tests/ssl/authority.pem')
s = context.wrap_socket(socket.create_connection(('127.0.0.1', port)), server_hostname='localhost')
assert s.recv(100) == b'hello'
listening(0)
s.recv(100)",
    ));
    events.recv_timeout(PATIENCE).expect("the client has been greeted");
    reading.cancel();
    let result = reading.wait();
    assert!(matches!(result, Err(Error::Cancelled)), "{result:?}");
    serving.cancel();
    let result = serving.wait();
    assert!(matches!(result, Err(Error::Cancelled)), "{result:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_sandboxed_script_speaks_tls_with_who_is_granted() {
    let (tx, events) = mpsc::channel();
    let server = Interpreter::builder()
        .function("listening", move |port: u16| tx.send(port).unwrap())
        .build()
        .unwrap();
    server.exec(GREETER).unwrap();
    let serving: Job<()> = server.spawn(Task::exec("greet()"));
    let port = events.recv_timeout(PATIENCE).expect("the server listens");

    let authority = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ssl/authority.pem");
    let permissions = Permissions::none()
        .allow_module("*")
        .allow_clock()
        .allow_connect(format!("127.0.0.1:{port}"))
        .allow_read(authority);
    let client = Interpreter::builder().permissions(permissions).build().unwrap();
    client.set("port", port).unwrap();
    client.set("authority", authority).unwrap();
    client
        .exec(
            "import socket, ssl
context = ssl.create_default_context(cafile=authority)
with context.wrap_socket(socket.create_connection(('127.0.0.1', port)), server_hostname='localhost') as s:
    assert s.recv(100) == b'hello'
# Certificates of the system are there, if it has any, though the script cannot read their file.
assert ssl.create_default_context().cert_store_stats()['x509'] >= 0
try:
    context.keylog_filename = '/tmp/keys'
except PermissionError:
    pass
else:
    raise AssertionError('a file of keys')",
        )
        .unwrap();
    serving.wait().unwrap();
}
