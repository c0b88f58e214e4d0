//! The protobuf wire format (<https://protobuf.dev/programming-guides/encoding/>), as far as OTLP's traces need it.

/// A message that is being written. Default values are left out, as proto3 says; members of a `oneof` never are.
#[derive(Default)]
pub(crate) struct Message(Vec<u8>);

const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const LENGTH_DELIMITED: u32 = 2;
const FIXED32: u32 = 5;

impl Message {
    /// Goes on after what has been written.
    pub(crate) fn to(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    #[inline(never)]
    fn raw_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    #[inline(never)]
    fn tag(&mut self, field: u32, wire_type: u32) {
        self.raw_varint((field << 3 | wire_type).into());
    }

    pub(crate) fn varint(&mut self, field: u32, value: u64) {
        if value != 0 {
            self.oneof_varint(field, value);
        }
    }

    #[inline(never)]
    pub(crate) fn oneof_varint(&mut self, field: u32, value: u64) {
        self.tag(field, VARINT);
        self.raw_varint(value);
    }

    pub(crate) fn fixed64(&mut self, field: u32, value: u64) {
        if value != 0 {
            self.oneof_fixed64(field, value);
        }
    }

    #[inline(never)]
    pub(crate) fn oneof_fixed64(&mut self, field: u32, value: u64) {
        self.tag(field, FIXED64);
        self.0.extend(value.to_le_bytes());
    }

    pub(crate) fn fixed32(&mut self, field: u32, value: u32) {
        if value != 0 {
            self.tag(field, FIXED32);
            self.0.extend(value.to_le_bytes());
        }
    }

    #[inline(never)]
    pub(crate) fn bytes(&mut self, field: u32, value: &[u8]) {
        self.tag(field, LENGTH_DELIMITED);
        self.raw_varint(value.len() as u64);
        self.0.extend(value);
    }

    pub(crate) fn string(&mut self, field: u32, value: &str) {
        if !value.is_empty() {
            self.oneof_string(field, value);
        }
    }

    pub(crate) fn oneof_string(&mut self, field: u32, value: &str) {
        self.bytes(field, value.as_bytes());
    }

    /// An embedded message.
    pub(crate) fn message(&mut self, field: u32, write: impl FnOnce(&mut Self)) {
        let mut inner = Self::default();
        write(&mut inner);
        self.bytes(field, &inner.0);
    }
}
