//! Ids as bytes: half of what they are as text, and what bloom filters are made of.

/// The 16 bytes of a trace's id; one of 8 bytes, which Honeycomb writes with 16 digits, has zeros before it. `None` where
/// the text is not the id of any trace that came by OTLP.
pub(crate) fn trace_id(text: &str) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    match text.len() {
        32 => hex(text, &mut bytes)?,
        16 => hex(text, &mut bytes[8..])?,
        _ => return None,
    }
    // The long way to write a short id: it would come back as the short one.
    (text.len() == 16 || bytes[..8] != [0; 8]).then_some(bytes)
}

/// The 8 bytes of a span's id.
pub(crate) fn span_id(text: &str) -> Option<[u8; 8]> {
    let mut bytes = [0; 8];
    (text.len() == 16).then_some(())?;
    hex(text, &mut bytes)?;
    Some(bytes)
}

/// What [`trace_id`] or [`span_id`] read these bytes from.
pub(crate) fn text(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let bytes = match bytes {
        [0, 0, 0, 0, 0, 0, 0, 0, short @ ..] if bytes.len() == 16 => short,
        _ => bytes,
    };
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)].into());
        text.push(DIGITS[usize::from(byte & 15)].into());
    }
    text
}

/// What any trace's id is looked up by: its bytes, or for other texts a digest of them (FNV-1a, 128 bits).
pub(crate) fn key(text: &str) -> [u8; 16] {
    trace_id(text).unwrap_or_else(|| {
        let digest = text
            .bytes()
            .fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |digest, byte| {
                (digest ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
            });
        digest.to_be_bytes()
    })
}

/// What a digit is worth; 16 and more for what is none.
const VALUES: [u8; 256] = {
    let mut values = [255; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    values
};

/// Lower-case digits only: what is written otherwise would not come back as it was.
fn hex(text: &str, bytes: &mut [u8]) -> Option<()> {
    let mut all = 0;
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().as_chunks::<2>().0) {
        let [high, low] = pair.map(|digit| VALUES[usize::from(digit)]);
        *byte = high << 4 | low & 15;
        all |= high | low;
    }
    (all < 16).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_as_bytes_is_written_as_the_same_text() {
        for id in [
            "0af7651916cd43dd8448eb211c80319c",
            "b7ad6b7169203331",
            "0000000000000000",
        ] {
            assert_eq!(trace_id(id).map(|bytes| text(&bytes)).as_deref(), Some(id));
            assert_eq!(
                span_id(id).map(|bytes| text(&bytes)),
                (id.len() == 16).then(|| id.to_owned())
            );
        }
        for odd in [
            "",
            "t1",
            "0AF7651916CD43DD8448EB211C80319C",
            "0000000000000000b7ad6b7169203331",
            "zzzzzzzzzzzzzzzz",
            "éééééééé",
        ] {
            assert_eq!(trace_id(odd), None, "{odd}");
            assert_eq!(key(odd), key(odd));
        }
        assert_ne!(key("t1"), key("t2"));
    }
}
