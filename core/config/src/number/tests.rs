use super::*;

#[test]
fn statuses() {
    for (text, inside, outside) in [("200", 200, 201), ("200-299", 299, 300), ("100-599", 100, 600)]
    {
        let range: StatusRange = text.parse().unwrap();
        assert!(range.contains(inside) && !range.contains(outside), "{text}");
        assert_eq!(range.to_string(), text);
    }
    assert_eq!("200-200".parse::<StatusRange>().unwrap().to_string(), "200");
    for text in ["", "99", "600", "299-200", "2xx", "200-", "-200", "200-299-300"] {
        assert!(text.parse::<StatusRange>().is_err(), "{text}");
    }
}

#[test]
fn percents() {
    assert_eq!(Percent::try_from(100).unwrap().get(), 100);
    assert!(Percent::try_from(101).is_err());
    assert_eq!(Percent::new(200).get(), 100);
}
