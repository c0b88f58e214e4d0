//! `key1=value1,key2=value2`: the format of resource attributes and of headers, W3C Baggage without its properties
//! (<https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable>).

use super::reader::items;
use percent_encoding::percent_decode_str;

/// The pairs, decoded, in their order. A problem is told by the number of its entry and never by what the entry says,
/// which may be a key.
pub(super) fn parse(list: &str) -> Result<Vec<(String, String)>, String> {
    let entries = items(list).enumerate();
    entries
        .map(|(index, entry)| parse_entry(entry).map_err(|problem| format!("entry {} {problem}", index + 1)))
        .collect()
}

fn parse_entry(entry: &str) -> Result<(String, String), &'static str> {
    let (key, value) = entry.split_once('=').ok_or("has no \"=\"")?;
    let key = decode(key.trim())?;
    if key.is_empty() {
        return Err("has no key before its \"=\"");
    }
    Ok((key, decode(value.trim())?))
}

fn decode(text: &str) -> Result<String, &'static str> {
    let hex = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' && !(hex(bytes.next()) && hex(bytes.next())) {
            return Err("has a \"%\" that is not followed by two hexadecimal digits (\"%\" itself is written \"%25\")");
        }
    }
    let decoded = percent_decode_str(text).decode_utf8();
    Ok(decoded.map_err(|_| "is not UTF-8 when it is decoded")?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = list.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        owned.collect()
    }

    #[test]
    fn pairs_are_decoded_and_keep_their_order() {
        let parsed = parse(" b = 2 ,a=1%2C5%25,, k%20k=v=w;x,empty=,").unwrap();
        let expected = [("b", "2"), ("a", "1,5%"), ("k k", "v=w;x"), ("empty", "")];
        assert_eq!(parsed, pairs(&expected));
    }

    #[test]
    fn a_problem_is_told_by_its_place() {
        for bad in [
            "a=1,secret",
            "a=1,=secret",
            "a=1,b=secret%",
            "a=1,b=secret%4",
            "a=1,b=secret%ff",
            "a=1,b%4g=secret",
        ] {
            let problem = parse(bad).unwrap_err();
            assert!(
                problem.starts_with("entry 2 ") && !problem.contains("secret"),
                "{problem}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_read_again(written in prop::collection::vec((".+", ".*"), 0..6)) {
            let list: Vec<_> = written
                .iter()
                .map(|(key, value)| {
                    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
                    format!("{}={}", encode(key), encode(value))
                })
                .collect();
            prop_assert_eq!(parse(&list.join(",")), Ok(written));
        }

        #[test]
        fn nothing_makes_it_panic(list in "[a%=,;0-9A-F é]*|.*") {
            _ = parse(&list);
        }
    }
}
