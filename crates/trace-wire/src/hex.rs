//! Ids as lower-case hexadecimal digits. By hand: `format!("{byte:02x}")` brings a formatter into the page's WASM.

/// Reads exactly `N` bytes.
pub fn read<const N: usize>(text: impl AsRef<[u8]>) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    read_into(text.as_ref(), &mut bytes).then_some(bytes)
}

fn read_into(text: &[u8], bytes: &mut [u8]) -> bool {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut pairs = text.chunks_exact(2);
    let is_hex = bytes.iter_mut().zip(&mut pairs).all(|(byte, pair)| {
        let (high, low) = (digit(pair[0]), digit(pair[1]));
        *byte = high.unwrap_or(0) << 4 | low.unwrap_or(0);
        high.is_some() && low.is_some()
    });
    is_hex && text.len() == 2 * bytes.len()
}

/// Two digits for each byte.
pub fn write(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from(if digit < 10 { b'0' + digit } else { b'a' - 10 + digit }));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let bytes = [0x00, 0x1f, 0xa0, 0xff];
        assert_eq!(write(&bytes), "001fa0ff");
        assert_eq!(read("001fa0ff"), Some(bytes));
        for bad in [
            "",
            "001fa0f",
            "001fa0fff",
            "001fa0ff00",
            "001FA0FF",
            "001fa0fg",
            "001fa0é",
        ] {
            assert_eq!(read::<4>(bad), None, "{bad}");
        }
    }
}
