//! Messages between plugins, by permission.

use ungil::plugin::{ApiVersion, Offer, Policy};

use super::workshop::{PATIENCE, Workshop, failure, refusal, wait_for};

fn policy() -> Policy {
    Policy::new().publish("orders.*").subscribe("orders.*")
}

#[test]
fn messages_reach_who_has_subscribed_in_order_but_not_who_sent_them() {
    let listener =
        "from host import subscribe, say\n@subscribe('orders.*')\ndef hear(topic, message): say(f'{topic} {message}')";
    let grants = "[permissions]\nsubscribe = ['orders.*']\npublish = ['orders.new']";
    let speaker = format!(
        "{listener}\nfrom host import publish\ndef go(n):\n    return [publish('orders.new', i) for i in range(n)]"
    );
    let workshop = Workshop::new(&[
        ("hears.py", listener),
        ("hears.toml", grants),
        ("speaks.py", &speaker),
        ("speaks.toml", grants),
    ]);
    let (send, said) = std::sync::mpsc::channel();
    let send = std::sync::Mutex::new(send);
    let say = move |text: String| drop(send.lock().unwrap().send(text));
    let host = workshop
        .builder()
        .policy(policy())
        .offer(Offer::function("say", ApiVersion::new(1, 0), say))
        .build()
        .unwrap();
    let heard_by_host = host.subscribe("orders.*", 64);
    let reached = host
        .hook::<(u32,), Vec<usize>>("go")
        .all(&(3,))
        .unwrap()
        .remove(0)
        .result
        .unwrap();
    assert_eq!(reached, [1, 1, 1]);
    for n in 0..3 {
        assert_eq!(said.recv_timeout(PATIENCE).unwrap(), format!("orders.new {n}"));
        let message = heard_by_host.recv_timeout(PATIENCE).unwrap();
        assert_eq!(
            (message.topic.as_str(), message.from.as_str()),
            ("orders.new", "speaks")
        );
        assert_eq!(message.value, n);
    }
    assert_eq!(
        host.publish("orders.paid", ("tea", 3)).unwrap(),
        2,
        "the host's reach all"
    );
    assert_eq!(said.recv_timeout(PATIENCE).unwrap(), "orders.paid ('tea', 3)");
    assert_eq!(host.publish("mail", ()).unwrap(), 0);
}

#[test]
fn without_the_grant_nothing_is_said_or_heard() {
    let workshop = Workshop::new(&[(
        "mute.py",
        "from host import publish\ndef go():\n    try:\n        publish('orders.new', 1)\n    except PermissionError as e:\n        return str(e)",
    )]);
    let host = workshop.builder().policy(policy()).build().unwrap();
    let text = host
        .hook::<(), String>("go")
        .all(&())
        .unwrap()
        .remove(0)
        .result
        .unwrap();
    assert!(
        text.contains("publishing to 'orders.new' is not granted") || text.contains("\"orders.new\""),
        "{text}"
    );

    let workshop = Workshop::new(&[(
        "deaf.py",
        "from host import subscribe\n@subscribe('orders.new')\ndef f(t, m): pass",
    )]);
    let reason = refusal(&workshop);
    assert!(
        reason.contains("PermissionError") && reason.contains("hearing 'orders.new' is not granted"),
        "{reason}"
    );
}

#[test]
fn who_fails_with_a_message_fails_alone_and_is_told_of() {
    let workshop = Workshop::new(&[
        (
            "bad.py",
            "from host import subscribe\n@subscribe('orders.new')\ndef hear(topic, message):\n    raise ValueError(message)",
        ),
        ("bad.toml", "[permissions]\nsubscribe = ['orders.new']"),
    ]);
    let host = workshop.builder().policy(policy()).build().unwrap();
    let events = host.events();
    assert_eq!(host.publish("orders.new", "tea").unwrap(), 1);
    let failed = wait_for(&events, "the message failed", failure);
    assert!(
        failed.contains("a message of \"orders.new\"") && failed.contains("ValueError: tea"),
        "{failed}"
    );
}
