//! Maps: order, chunks, errors, back-pressure.

use super::*;

#[test]
fn results_come_in_the_order_of_the_items() -> Result<()> {
    let pool = pool(2);
    for chunk_size in [None, Some(1), Some(7), Some(5000)] {
        let map = pool.map::<i64>("work.double", 0..1000);
        let map = match chunk_size {
            None => map,
            Some(items) => map.chunk_size(items),
        };
        assert_eq!(map.size_hint(), (1000, Some(1000)));
        let doubled: Vec<i64> = map.collect::<Result<_>>()?;
        assert_eq!(doubled, (0..2000).step_by(2).collect::<Vec<_>>());
    }
    assert_eq!(pool.map::<i64>("work.double", [0_i64; 0]).count(), 0);
    Ok(())
}

#[test]
fn an_item_that_fails_fails_alone() {
    let pool = pool(2);
    for chunk_size in [1, 4, 100] {
        let results: Vec<Result<i64>> = pool.map("work.picky", 0..40).chunk_size(chunk_size).collect();
        for (n, result) in (0..).zip(&results) {
            match result {
                Ok(value) => assert_eq!(*value, n),
                Err(Error::Exception(exception)) => assert_eq!(exception.message(), format!("not {n}")),
                other => panic!("{n}: {other:?}"),
            }
        }
        assert_eq!(results.iter().filter(|result| result.is_err()).count(), 4);
    }
}

#[test]
fn an_item_that_does_not_cross_names_itself() {
    struct Stubborn(i64);
    impl serde::Serialize for Stubborn {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0 % 3 {
                1 => Err(serde::ser::Error::custom("stays here")),
                _ => serializer.serialize_i64(self.0),
            }
        }
    }
    let pool = pool(1);
    let results: Vec<Result<i64>> = pool.map("work.double", (0..7).map(Stubborn)).chunk_size(5).collect();
    for (index, result) in results.iter().enumerate() {
        match result {
            Ok(doubled) => assert_eq!(*doubled, 2 * index as i64),
            Err(Error::Conversion(error)) => assert_eq!(error.path(), format!("items[{index}]")),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(results.iter().filter(|result| result.is_err()).count(), 2);
}

#[test]
fn a_result_of_another_type_is_that_items_error() {
    let pool = pool(1);
    let results: Vec<Result<u8>> = pool.map("work.double", [1, 200, 3]).collect();
    assert!(
        matches!(results[..], [Ok(2), Err(Error::Conversion(_)), Ok(6)]),
        "{results:?}"
    );
}

#[test]
fn a_function_that_is_not_there_fails_every_item() {
    let pool = pool(1);
    let results: Vec<Result<u8>> = pool.map("work.no_such", 0..10).collect();
    assert_eq!(results.len(), 10);
    assert!(results.iter().all(|result| type_name(result) == "AttributeError"));
}

#[test]
fn items_are_taken_a_bounded_number_ahead() -> Result<()> {
    let taken = AtomicUsize::new(0);
    let pool = pool(2);
    let endless = (0_i64..).inspect(|_| {
        taken.fetch_add(1, SeqCst);
    });
    let first: Vec<i64> = pool
        .map::<i64>("work.double", endless)
        .chunk_size(1)
        .take(10)
        .collect::<Result<_>>()?;
    assert_eq!(first, (0..20).step_by(2).collect::<Vec<_>>());
    assert!(taken.load(SeqCst) < 100, "{taken:?}");
    Ok(())
}

#[test]
fn a_map_that_is_dropped_cancels_what_has_not_finished() -> Result<()> {
    let gate = Gate::new();
    let pool = gate.pool(1, 8);
    pool.broadcast::<()>(Task::exec(
        "def endless(n):\n    if n:\n        hold()\n        while True: pass",
    ));
    let mut map = pool.map::<()>("endless", 0..10).chunk_size(1);
    map.next().expect("the first item")?;
    gate.wait_until_held();
    gate.let_go();
    drop(map);
    assert_eq!(pool.call::<i64>("work.double", (4,))?, 8);
    Ok(())
}

#[test]
fn a_map_shares_a_short_queue_with_others() -> Result<()> {
    let pool = builder().pool().size(2).queue(1).build()?;
    let (first, second) = (
        pool.map::<i64>("work.double", 0..500),
        pool.map::<i64>("work.double", 500..1000),
    );
    let sums = thread::scope(|scope| {
        let other = pool.clone();
        let unordered = scope.spawn(move || {
            let results = other
                .map_unordered::<i64>("work.double", 0..500)
                .map(|(_, result)| result);
            results.sum::<Result<i64>>()
        });
        let sum = first
            .chunk_size(1)
            .zip(second.chunk_size(1))
            .map(|(a, b)| Ok(a? + b?))
            .sum::<Result<i64>>();
        (sum, unordered.join().unwrap())
    });
    assert_eq!((sums.0?, sums.1?), (999_000, 249_500));
    Ok(())
}

#[test]
fn tuples_are_spread_by_starmap_only() -> Result<()> {
    let pool = pool(2);
    let powers: Vec<i64> = pool.starmap("pow", [(2, 3), (5, 2)]).collect::<Result<_>>()?;
    assert_eq!(powers, [8, 25]);
    let lengths: Vec<i64> = pool.map("len", [(2, 3), (5, 2)]).collect::<Result<_>>()?;
    assert_eq!(lengths, [2, 2]);
    Ok(())
}

#[test]
fn unordered_results_come_when_they_are_there() -> Result<()> {
    let gate = Gate::new();
    let pool = gate.pool(2, 8);
    pool.broadcast::<()>(Task::exec("def work(n):\n    if n == 0: hold()\n    return n * n"));
    let mut map = pool.map_unordered::<i64>("work", 0..20).chunk_size(1);
    let mut seen = Vec::new();
    while seen.len() < 19 {
        let (index, square) = map.next().expect("19 do not wait for the first");
        assert_eq!(square? as usize, index * index);
        seen.push(index);
    }
    assert!(!seen.contains(&0));
    gate.let_go();
    assert!(matches!(map.next(), Some((0, Ok(0)))));
    assert!(map.next().is_none());
    Ok(())
}

#[test]
fn a_map_inside_its_own_pool_is_refused_item_by_item() -> Result<()> {
    let (pool, itself) = pool_that_knows_itself(|itself| {
        let nested = move || -> bool {
            let pool = itself.get().expect("set before any task");
            let all_refused = |mut results: Vec<Result<i64>>| {
                results
                    .drain(..)
                    .all(|result| matches!(result, Err(Error::Reentrant { .. })))
            };
            let ordered = pool.map("work.double", 0..5).collect();
            let unordered = pool
                .map_unordered("work.double", 0..5)
                .map(|(_, result)| result)
                .collect();
            all_refused(ordered) && all_refused(unordered)
        };
        builder().function("nested", nested).pool().size(1)
    });
    assert!(pool.call::<bool>("nested", ())?);
    drop(itself);
    Ok(())
}
