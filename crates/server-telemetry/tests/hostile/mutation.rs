//! Breaking what was right: seeded, so that a run can be repeated.

/// xorshift64*: good enough to pick bytes, and the same on every machine.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Below `bound`; 0 for 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }
}

/// Bytes at which decoders do something else: ends, signs, field tags, quotes, separators.
const TELLING: &[u8] = b"\0\x01\x02\x08\x0a\x12\x1a\x22\x7f\x80\xff\"\\{}[],:;=.-0919afAF \n";
/// Grown inputs find little that small ones do not, and slowly.
const LONGEST: usize = 16 * 1024;

/// One to eight changes at random places; `other` is what pieces are taken from.
pub(crate) fn mutate(input: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    for _ in 0..=random.below(8) {
        let at = random.below(input.len());
        let end = (at + 1 + random.below(16)).min(input.len());
        match random.below(9) {
            0 if !input.is_empty() => input[at] ^= 1 << random.below(8),
            1 if !input.is_empty() => input[at] = TELLING[random.below(TELLING.len())],
            2 if !input.is_empty() => input[at] = random.next() as u8,
            3 => input.insert(at, TELLING[random.below(TELLING.len())]),
            4 if !input.is_empty() => drop(input.drain(at..end)),
            5 => input.truncate(at),
            6 if !input.is_empty() => {
                // The same again, as often as makes lists long and nesting deep.
                let piece = input[at..end].repeat(1 + random.below(32));
                input.splice(at..at, piece);
            }
            7 if !other.is_empty() => {
                let from = random.below(other.len());
                let to = from + random.below(other.len() - from + 1);
                input.splice(at..at, other[from..to].iter().copied());
            }
            // The largest length or number that a protobuf varint holds.
            _ => drop(input.splice(at..at, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01])),
        }
    }
    input.truncate(LONGEST);
}
