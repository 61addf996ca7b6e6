//! A tokio program with Python in it: scripts await an async Rust function, which runs on tokio; tokio awaits the
//! scripts' jobs, which run on threads of their own. Nothing blocks the runtime's one thread.
//!
//! `cargo run --ignore-rust-version --example async_host`

use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio::{runtime::Handle, time};
use ungil::{Error, HostError, Interpreter, Spawner, Task};

const SHOPPER: &str = r#"
import asyncio

SHOPS = ["corner", "market", "harbour", "airport"]

async def cheapest(product):
    offers = await asyncio.gather(*(quote(shop, product) for shop in SHOPS), return_exceptions=True)
    asked = dict(zip(SHOPS, offers))
    open_shops = {shop: cents for shop, cents in asked.items() if not isinstance(cents, Exception)}
    shop = min(open_shops, key=open_shops.get)
    closed = [f"{shop}: {error}" for shop, error in asked.items() if isinstance(error, OSError)]
    return {"shop": shop, "cents": open_shops[shop], "closed": closed}

async def first_answer(product):
    """Takes the first offer; the other requests are cancelled, in Rust too."""
    requests = [asyncio.ensure_future(quote(shop, product)) for shop in SHOPS[:3]]
    done, pending = await asyncio.wait(requests, return_when=asyncio.FIRST_COMPLETED)
    for request in pending:
        request.cancel()
    return done.pop().result()

async def never():
    await asyncio.sleep(3600)
"#;

#[derive(Debug, Deserialize, PartialEq)]
struct Offer {
    shop: String,
    cents: u32,
    closed: Vec<String>,
}

/// Stands for a request over the network: it takes a second and more.
async fn quote(shop: String, product: String) -> Result<u32, HostError> {
    let (millis, markup) = match shop.as_str() {
        "corner" => (3000, 130),
        "market" => (2000, 100),
        "harbour" => (1000, 115),
        _ => return Err(HostError::new("ConnectionError", format!("{shop} does not answer"))),
    };
    time::sleep(Duration::from_millis(millis)).await;
    let base = product.len() as u32 * 100;
    Ok(base * markup / 100)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let runtime = Handle::current();
    let builder = Interpreter::builder()
        .spawner(Spawner::new(move |task| drop(runtime.spawn(task))))
        .async_function("quote", quote)
        .source("shopper", SHOPPER);
    let (anna, ben) = (builder.clone().name("anna").build()?, builder.name("ben").build()?);

    for py in [&anna, &ben] {
        py.spawn::<()>(Task::import("shopper")).await?;
    }

    // Two scripts, eight requests, all at the same time: it takes as long as the slowest request, not as their sum.
    let start = Instant::now();
    let (tea, coffee) = tokio::join!(
        anna.spawn::<Offer>(Task::call_async("shopper.cheapest").args(("tea",))),
        ben.spawn::<Offer>(Task::call_async("shopper.cheapest").args(("coffee",))),
    );
    let (tea, coffee, took) = (tea?, coffee?, start.elapsed());
    println!("tea: {tea:?}\ncoffee: {coffee:?}\nboth within {took:.0?}");
    assert_eq!((tea.shop.as_str(), tea.cents, coffee.cents), ("market", 300, 600));
    assert_eq!(tea.closed, ["airport: airport does not answer"]);
    // One after another they would take 12 s.
    assert!(took < Duration::from_secs(10), "the requests waited for one another");

    let first: u32 = anna
        .spawn(Task::call_async("shopper.first_answer").args(("tea",)))
        .await?;
    println!("the first offer for tea: {first}");
    assert_eq!(first, 345);

    // A runtime's own time-out works on a job; the job is told to stop, and the interpreter goes on.
    let mut endless = ben.spawn::<()>(Task::call_async("shopper.never"));
    assert!(time::timeout(Duration::from_millis(100), &mut endless).await.is_err());
    endless.cancel();
    let result = endless.await;
    println!("the endless job: {}", result.as_ref().unwrap_err());
    assert!(matches!(result, Err(Error::Cancelled)));
    assert_eq!(ben.spawn::<i64>(Task::eval("6 * 7")).await?, 42);
    Ok(())
}
