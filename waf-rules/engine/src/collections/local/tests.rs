use std::sync::Arc;

use super::{CollectionLimits, LocalCollections};
use crate::collections::{Access, Change, Collection, CollectionStore, Edit, RecordId, Stored};

const T0_MS: u64 = 1_800_000_000_000;

fn id(key: &str) -> RecordId {
    let key = key.as_bytes().into();
    RecordId { namespace: "default".into(), collection: Collection::Ip, key }
}

fn access(record: &RecordId, seconds: u64) -> Access<'_> {
    Access { record, timeout_seconds: 3_600, now_ms: T0_MS + seconds * 1_000 }
}

fn change(
    store: &LocalCollections,
    key: &str,
    seconds: u64,
    name: &str,
    change: Change<'_>,
) -> String {
    let edit = Edit { name: name.as_bytes(), change, first: true };
    let value = store.change(&access(&id(key), seconds), &edit);
    value.map_or_else(|| "-".to_owned(), |value| String::from_utf8_lossy(&value).into_owned())
}

/// Second, variable, change, value after it.
#[test]
fn changes_of_one_record() {
    let cases: &[&[(u64, &str, Change<'_>, &str)]] = &[
        &[(0, "x", Change::Set(b"a"), "a"), (1, "x", Change::Set(b"\xff"), "\u{fffd}")],
        &[(0, "x", Change::Add(2), "2"), (0, "x", Change::Add(-5), "-3")],
        &[(0, "x", Change::Set(b"7up"), "7up"), (0, "x", Change::Add(1), "8")],
        &[
            (0, "x", Change::Set(b"a"), "a"),
            (0, "x", Change::Unset, "-"),
            (0, "x", Change::Add(1), "1"),
        ],
        // A variable goes when its time is over, and a later one of the same name has no end.
        &[
            (0, "x", Change::Add(5), "5"),
            (0, "x", Change::Expire { seconds: 60 }, "5"),
            (59, "x", Change::Add(1), "6"),
            (60, "x", Change::Add(1), "1"),
            (3_000, "x", Change::Add(1), "2"),
        ],
        // The end may be set first, and anew.
        &[
            (0, "x", Change::Expire { seconds: 60 }, "-"),
            (1, "x", Change::Add(1), "1"),
            (30, "x", Change::Expire { seconds: 60 }, "1"),
            (89, "x", Change::Add(1), "2"),
            (90, "x", Change::Add(1), "1"),
        ],
        // 60 for each 300 seconds, however often it is asked, never below 0.
        &[
            (0, "x", Change::Set(b"100"), "100"),
            (299, "x", Change::Decay { amount: 60, seconds: 300 }, "100"),
            (310, "x", Change::Decay { amount: 60, seconds: 300 }, "40"),
            (310, "x", Change::Decay { amount: 60, seconds: 300 }, "40"),
            (590, "x", Change::Decay { amount: 60, seconds: 300 }, "40"),
            (600, "x", Change::Decay { amount: 60, seconds: 300 }, "0"),
            (601, "x", Change::Decay { amount: 60, seconds: 0 }, "0"),
            (601, "y", Change::Decay { amount: 60, seconds: 1 }, "-"),
        ],
        // The record is kept for an hour after its last change, or as long as it says.
        &[
            (0, "x", Change::Add(1), "1"),
            (3_599, "x", Change::Add(1), "2"),
            (7_199, "x", Change::Add(1), "1"),
        ],
        &[
            (0, "x", Change::Add(1), "1"),
            (0, "", Change::Timeout { seconds: 10 }, "-"),
            (10, "x", Change::Add(1), "1"),
        ],
    ];
    for case in cases {
        let store = LocalCollections::default();
        for (seconds, name, what, expected) in *case {
            assert_eq!(change(&store, "k", *seconds, name, *what), *expected, "{case:?} {seconds}");
        }
    }
}

#[test]
fn opening() {
    let store = LocalCollections::default();
    let record = id("k");
    let new = store.open(&access(&record, 0));
    assert!(new.is_new && new.variables.is_empty());
    assert_eq!(store.counts().records, 0, "a look stores nothing");
    change(&store, "k", 5, "a", Change::Set(b"1"));
    change(&store, "k", 7, "b", Change::Set(b"2"));
    change(&store, "k", 7, "b", Change::Expire { seconds: 1 });
    let found = store.open(&access(&record, 8));
    assert_eq!((found.is_new, found.updates), (false, 3));
    assert_eq!((found.created_ms, found.updated_ms), (T0_MS + 5_000, T0_MS + 7_000));
    let a = Stored { name: b"a"[..].into(), value: b"1"[..].into() };
    assert_eq!(found.variables, [a]);
    let other = RecordId { namespace: "other".into(), ..record.clone() };
    assert!(store.open(&access(&other, 8)).is_new, "namespaces are apart");
    assert!(store.open(&access(&record, 3_607)).is_new, "an hour after the last change");
}

#[test]
fn the_record_looked_at_least_recently_goes() {
    let limits = CollectionLimits { records: 3, ..CollectionLimits::default() };
    let store = LocalCollections::new(limits);
    for key in ["a", "b", "c"] {
        change(&store, key, 0, "x", Change::Add(1));
    }
    assert!(!store.open(&access(&id("a"), 1)).is_new);
    change(&store, "d", 2, "x", Change::Add(1));
    let is_new = |key| store.open(&access(&id(key), 3)).is_new;
    assert_eq!(["a", "b", "c", "d"].map(is_new), [false, true, false, false]);
    let counts = store.counts();
    assert_eq!((counts.records, counts.evictions, counts.refusals), (3, 1, 0));
}

#[test]
fn memory_is_bounded() {
    let limits = CollectionLimits {
        records: 1_000_000,
        record_variables: 4,
        record_bytes: 2_000,
        total_bytes: 320_000,
    };
    let store = LocalCollections::new(limits);
    let long = [b'v'; 1_000];
    for n in 0..2_000 {
        let key = n.to_string();
        assert_eq!(change(&store, &key, 0, "x", Change::Set(&long)).len(), 1_000);
        assert_eq!(change(&store, &key, 0, "y", Change::Set(&long)), "-", "no room for two");
    }
    let counts = store.counts();
    assert!(counts.bytes <= 320_000 && counts.evictions > 1_500, "{counts:?}");
    assert_eq!(counts.refusals, 2_000);
    for name in ["a", "b", "c", "d", "e"] {
        let expected = if name == "e" { "-" } else { "1" };
        assert_eq!(change(&store, "few", 0, name, Change::Add(1)), expected, "{name}");
    }
    // What is taken out is room again.
    change(&store, "few", 0, "a", Change::Unset);
    assert_eq!(change(&store, "few", 0, "e", Change::Add(1)), "1");
}

#[test]
fn bytes_are_given_back() {
    let store = LocalCollections::default();
    for n in 0..500 {
        let key = n.to_string();
        change(&store, &key, 0, "x", Change::Set(b"12345"));
        change(&store, &key, 0, "x", Change::Set(b"1"));
        change(&store, &key, 0, "x", Change::Add(99));
        change(&store, &key, 0, "x", Change::Decay { amount: 99, seconds: 1 });
        change(&store, &key, 0, "y", Change::Expire { seconds: 1 });
        change(&store, &key, 2, "x", Change::Unset);
        change(&store, &key, 0, "", Change::Timeout { seconds: 0 });
    }
    for n in 0..500 {
        assert!(store.open(&access(&id(&n.to_string()), 4)).is_new);
    }
    let counts = store.counts();
    assert_eq!((counts.records, counts.bytes), (0, 0));
}

#[test]
fn increments_of_many_threads_all_count() {
    let store = Arc::new(LocalCollections::default());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..1_000 {
                    change(&store, "k", 0, "x", Change::Add(1));
                }
            });
        }
    });
    assert_eq!(change(&store, "k", 0, "x", Change::Add(0)), "8000");
}
