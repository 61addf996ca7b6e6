//! A web service whose routes and middleware are plugins in Python, reloaded while requests come in.
//!
//! `cargo run --ignore-rust-version --example web_service` starts it, sends it requests from several clients while it puts
//! new versions of a plugin in place, and says what came back. With an address behind `--`, as in `-- 127.0.0.1:8080`, it
//! serves there until it is interrupted, and reloads what you change in `examples/web_service/plugins`.

mod client;
mod service;

use std::{collections::BTreeMap, env, fs, path::Path, time::Duration};

use tokio::{net::TcpListener, sync::oneshot, task::JoinSet};

const CLIENTS: usize = 4;
const RELOADS: u64 = 10;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main(flavor = "multi_thread")]
async fn main() -> Outcome {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/web_service/plugins");
    match env::args().nth(1) {
        Some(address) => forever(&address, &plugins).await,
        None => show(&plugins).await,
    }
}

async fn forever(address: &str, plugins: &Path) -> Outcome {
    let host = service::plugins(plugins).watch(Duration::from_millis(200)).build()?;
    let listener = TcpListener::bind(address).await?;
    println!(
        "http://{}/price/assam, with the header `x-key: sesame`",
        listener.local_addr()?
    );
    let events = host.events();
    std::thread::spawn(move || {
        while let Some(event) = events.recv() {
            println!("{event}");
        }
    });
    Ok(service::serve(listener, &host, std::future::pending()).await?)
}

async fn show(plugins: &Path) -> Outcome {
    // A copy, as new versions are written into it.
    let folder = tempfile::tempdir()?;
    copy(plugins, folder.path())?;
    let host = service::plugins(folder.path()).build()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let server = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn({
        let host = host.clone();
        async move { service::serve(listener, &host, async { drop(stopped.await) }).await }
    });
    let key = [("x-key", "sesame")];
    for (path, headers) in [
        ("/price/assam", &key[..]),
        ("/price/assam", &[]),
        ("/price/cocoa", &key),
        ("/", &key),
    ] {
        println!("{path}: {:?}", client::get(server, path, headers).await?);
    }

    let (done, is_done) = tokio::sync::watch::channel(false);
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let is_done = is_done.clone();
        clients.spawn(async move {
            let mut statuses = BTreeMap::<u16, u64>::new();
            while !*is_done.borrow() {
                let (status, _) = client::get(server, "/price/sencha", &key).await?;
                *statuses.entry(status).or_default() += 1;
            }
            std::io::Result::Ok(statuses)
        });
    }
    let shop = folder.path().join("shop/shop.py");
    for version in 2..2 + RELOADS {
        let text =
            fs::read_to_string(&shop)?.replace(&format!("VERSION = {}", version - 1), &format!("VERSION = {version}"));
        fs::write(&shop, text)?;
        let host = host.clone();
        tokio::task::spawn_blocking(move || host.reload("shop")).await??;
    }
    done.send(true)?;
    let mut statuses = BTreeMap::<u16, u64>::new();
    while let Some(counted) = clients.join_next().await {
        for (status, times) in counted?? {
            *statuses.entry(status).or_default() += times;
        }
    }
    let (_, last) = client::get(server, "/price/sencha", &key).await?;
    println!("{CLIENTS} clients during {RELOADS} reloads: {statuses:?} (status: times)\nlast: {last}");
    assert!(statuses.keys().eq([&200]), "no request failed");
    assert!(last.contains(&format!("version {}", 1 + RELOADS)));

    drop(stop);
    serving.await??;
    Ok(tokio::task::spawn_blocking(move || host.shutdown()).await?)
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (entry, target) = (entry.path(), to.join(entry.file_name()));
        if entry.is_dir() {
            fs::create_dir_all(&target)?;
            copy(&entry, &target)?;
        } else {
            fs::copy(&entry, &target)?;
        }
    }
    Ok(())
}
