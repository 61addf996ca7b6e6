//! The example of a web service made of plugins: no request fails while a plugin is reloaded under load.
#![cfg(all(feature = "plugins", target_os = "linux"))]

#[path = "../examples/web_service/client.rs"]
mod client;
#[path = "../examples/web_service/service.rs"]
mod service;

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
};

use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
};

const RELOADS: u64 = 30;
const CLIENTS: usize = 6;

/// Answers with its version twice: the second is that of the file's end, so a half-loaded version would tell two.
fn route(version: u64) -> String {
    format!(
        "FIRST = {version}
answered = 0
def route(request):
    global answered
    answered += 1
    return {{'body': f'{{FIRST}} {{LAST}} {{answered}}'}}
def save(): return answered
def restore(state):
    global answered
    answered = state
LAST = {version}
"
    )
}

fn write(folder: &Path, version: u64) {
    let draft = folder.join("shop.draft");
    fs::write(&draft, route(version)).unwrap();
    fs::rename(draft, folder.join("shop.py")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_fails_while_a_plugin_is_reloaded_under_load() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 1);
    fs::write(
        folder.path().join("stamp.py"),
        "def on_reply(reply): return {**reply, 'headers': {'x-made-by': 'plugins'}}",
    )
    .unwrap();
    let host = service::plugins(folder.path()).build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn({
        let host = host.clone();
        async move { service::serve(listener, &host, async { drop(stopped.await) }).await }
    });

    static DONE: AtomicBool = AtomicBool::new(false);
    let (tell, mut answered) = mpsc::unbounded_channel();
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        let tell = tell.clone();
        clients.spawn(async move {
            let mut newest = 0;
            while !DONE.load(SeqCst) {
                let (status, body) = client::get(server, "/", &[]).await.unwrap();
                tell.send(()).unwrap();
                let numbers: Vec<u64> = body.split(' ').map(|number| number.parse().unwrap()).collect();
                assert_eq!((status, numbers.len()), (200, 3), "{body}");
                assert_eq!(numbers[0], numbers[1], "answered by half a version");
                assert!(numbers[0] >= newest, "version {} after {newest}", numbers[0]);
                newest = numbers[0];
            }
        });
    }
    drop(tell);
    let mut count = 0;
    for version in 2..2 + RELOADS {
        write(folder.path(), version);
        let host = host.clone();
        tokio::task::spawn_blocking(move || host.reload("shop").unwrap())
            .await
            .unwrap();
        // Each version is asked something before the next one comes.
        while answered.try_recv().is_ok() {
            count += 1;
        }
        for _ in 0..CLIENTS {
            answered.recv().await.expect("clients go on");
            count += 1;
        }
    }
    DONE.store(true, SeqCst);
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    while answered.recv().await.is_some() {
        count += 1;
    }
    let (_, last) = client::get(server, "/", &[]).await.unwrap();
    assert_eq!(
        last,
        format!("{} {} {}", 1 + RELOADS, 1 + RELOADS, count + 1),
        "state moved along with each version, and no call was lost or made twice"
    );
    drop(stop);
    serving.await.unwrap().unwrap();
    tokio::task::spawn_blocking(move || host.shutdown()).await.unwrap();
}
