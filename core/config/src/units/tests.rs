use super::*;

#[test]
fn durations() {
    for (text, millis, shown) in [
        ("250ms", 250, "250ms"),
        ("5s", 5000, "5s"),
        ("90s", 90_000, "90s"),
        ("120s", 120_000, "2m"),
        ("2m", 120_000, "2m"),
        ("1h", 3_600_000, "1h"),
        ("8760h", 31_536_000_000, "8760h"),
        ("5 s", 5000, "5s"),
    ] {
        let value: Duration = text.parse().unwrap();
        assert_eq!(value.as_millis(), millis, "{text}");
        assert_eq!(value.to_string(), shown, "{text}");
        assert_eq!(value.to_string().parse::<Duration>().unwrap(), value);
    }
    for text in [
        "",
        "0s",
        "8761h",
        "5",
        "s",
        "-5s",
        "5.5s",
        "5S",
        "5 minutes",
        "99999999999999999999s",
        "18446744073709551615h",
    ] {
        assert!(text.parse::<Duration>().is_err(), "{text}");
    }
}

#[test]
fn sizes() {
    for (text, bytes, shown) in [
        ("512B", 512, "512B"),
        ("128KiB", 131_072, "128KiB"),
        ("1024KiB", 1_048_576, "1MiB"),
        ("16MiB", 16_777_216, "16MiB"),
        ("1GiB", 1_073_741_824, "1GiB"),
        ("0B", 0, "0B"),
    ] {
        let value: ByteSize = text.parse().unwrap();
        assert_eq!(value.bytes(), bytes, "{text}");
        assert_eq!(value.to_string(), shown, "{text}");
    }
    for text in ["", "128", "128kb", "128K", "1.5MiB", "-1B", "99999999999GiB"] {
        assert!(text.parse::<ByteSize>().is_err(), "{text}");
    }
}
