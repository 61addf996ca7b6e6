//! Pricing rules in Python inside a Rust program: structs go in and come out through serde, the rules ask the program
//! for prices through a host function, and an error arrives with Python's traceback and as data.
//!
//! `cargo run --ignore-rust-version --example embedding`

use serde::{Deserialize, Serialize};
use ungil::{Error, HostError, Interpreter};

const RULES: &str = r#"
def invoice(order):
    lines = [price_line(item) for item in order["items"]]
    total = sum(line["cents"] for line in lines)
    match order["coupon"]:
        case {"Percent": percent}:
            total -= total * percent // 100
        case {"Fixed": cents}:
            total = max(0, total - cents)
        case "FreeShipping" | None:
            pass
    shipping = 0 if total >= 5000 or order["coupon"] == "FreeShipping" else 490
    return {"order": order["id"], "lines": lines, "shipping": shipping, "total": total + shipping}


def price_line(item):
    return {"sku": item["sku"], "cents": price_of(item["sku"]) * item["count"]}
"#;

#[derive(Serialize)]
struct Order {
    id: u64,
    items: Vec<Item>,
    coupon: Option<Coupon>,
}

#[derive(Serialize)]
struct Item {
    sku: &'static str,
    count: u32,
}

#[derive(Serialize)]
enum Coupon {
    FreeShipping,
    Percent(u8),
    Fixed(u32),
}

#[derive(Debug, Deserialize)]
struct Invoice {
    order: u64,
    lines: Vec<Line>,
    shipping: u32,
    total: u32,
}

#[derive(Debug, Deserialize)]
struct Line {
    sku: String,
    cents: u32,
}

fn price_of(sku: String) -> Result<u32, HostError> {
    match sku.as_str() {
        "teapot" => Ok(3450),
        "cup" => Ok(625),
        _ => Err(HostError::new("LookupError", format!("no price for {sku:?}"))),
    }
}

fn order(id: u64, coupon: Option<Coupon>, items: &[(&'static str, u32)]) -> Order {
    let items = items.iter().map(|&(sku, count)| Item { sku, count }).collect();
    Order { id, items, coupon }
}

fn main() -> Result<(), Error> {
    let py = Interpreter::builder()
        .name("rules")
        .function("price_of", price_of)
        .source("rules", RULES)
        .build()?;

    let orders = [
        order(1, None, &[("teapot", 1), ("cup", 6)]),
        order(2, Some(Coupon::FreeShipping), &[("cup", 2)]),
        order(3, Some(Coupon::Percent(10)), &[("cup", 4)]),
        order(4, Some(Coupon::Fixed(9900)), &[("teapot", 1)]),
    ];
    let mut totals = Vec::new();
    for order in &orders {
        let invoice: Invoice = py.call("rules.invoice", (order,))?;
        assert_eq!(invoice.order, order.id);
        assert!(
            invoice
                .lines
                .iter()
                .zip(&order.items)
                .all(|(line, item)| line.sku == item.sku)
        );
        let lines: u32 = invoice.lines.iter().map(|line| line.cents).sum();
        println!(
            "order {}: {} lines, {lines} cents, {} with {} for shipping",
            invoice.order,
            invoice.lines.len(),
            invoice.total,
            invoice.shipping
        );
        totals.push(invoice.total);
    }
    assert_eq!(totals, [7200, 1250, 2740, 490]);

    // What the host function returns as an error is an exception in the rules, and an error here.
    let unknown = order(5, None, &[("cup", 1), ("samovar", 1)]);
    let error = py.call::<Invoice>("rules.invoice", (unknown,)).unwrap_err();
    println!("\n{error}\n");
    let exception = error.as_exception().expect("the rules raised it");
    assert!(exception.is_instance("LookupError"));
    assert_eq!(exception.message(), r#"no price for "samovar""#);
    assert_eq!(exception.frames().last().unwrap().function, "price_line");
    assert!(error.interpreter_usable());

    // What is not of the type asked for is an error that names the place.
    let error = py.call::<Vec<u32>>("rules.invoice", (&orders[1],)).unwrap_err();
    println!("{error}");
    assert!(matches!(error, Error::Conversion(_)));
    Ok(())
}
