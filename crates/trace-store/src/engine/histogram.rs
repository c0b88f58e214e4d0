//! The aggregate `histogram(bucket, weight)`: how many rows are in each bucket.
//!
//! Percentiles of a hundred thousand groups are counts of a few buckets for each: to group by bucket as well would make a
//! group, with all its keys, of nearly every row.

use crate::bucket;
use datafusion::arrow::array::cast::AsArray;
use datafusion::arrow::array::types::{Int16Type, Int32Type, Int64Type};
use datafusion::arrow::array::{Array, ArrayRef, BinaryBuilder, BooleanArray};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, TypeSignature, Volatility,
};
use std::sync::{Arc, LazyLock};

/// More buckets than these are not looked through one by one.
const FEW: usize = 64;

#[derive(Debug, PartialEq, Eq, Hash)]
struct Histogram {
    signature: Signature,
}

static HISTOGRAM: LazyLock<Arc<AggregateUDF>> = LazyLock::new(|| {
    let buckets = [DataType::Int16, DataType::Int32];
    let alone = buckets.iter().map(|bucket| TypeSignature::Exact(vec![bucket.clone()]));
    let weighted = buckets
        .iter()
        .map(|bucket| TypeSignature::Exact(vec![bucket.clone(), DataType::Int64]));
    Arc::new(AggregateUDF::new_from_impl(Histogram {
        signature: Signature::one_of(alone.chain(weighted).collect(), Volatility::Immutable),
    }))
});

/// Of the stored buckets (16 bits) or those of [`super::bucket`], each row once or so often as the second argument says.
pub(crate) fn histogram() -> Arc<AggregateUDF> {
    Arc::clone(&HISTOGRAM)
}

/// The values of a histogram, ascending, and how many rows have them.
pub(crate) fn values(histogram: &[u8]) -> Vec<(f64, f64)> {
    entries(histogram)
        .map(|(at, count)| (bucket::signed_value(at), count as f64))
        .collect()
}

/// Where distances between buckets are counted from: below all of [`bucket::signed`].
const LOWEST: i32 = -(1 << 20);

/// Reads what [`Counts::write`] wrote.
fn entries(mut bytes: &[u8]) -> impl Iterator<Item = (i32, u64)> {
    let mut bucket = LOWEST;
    std::iter::from_fn(move || {
        let further = number(&mut bytes)?;
        bucket = bucket.checked_add(i32::try_from(further).ok()?)?;
        Some((bucket, number(&mut bytes)?))
    })
}

/// Seven bits a byte, the lowest first; the last byte has its highest bit clear. (LEB128.)
fn put(mut number: u64, into: &mut Vec<u8>) {
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

/// Takes what [`put`] wrote.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

impl AggregateUDFImpl for Histogram {
    fn name(&self) -> &str {
        "histogram"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Binary)
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::<Groups>::default())
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(
            format!("{}_counts", args.name),
            DataType::Binary,
            true,
        ))])
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::<Groups>::default())
    }
}

/// The counts of one group.
#[derive(Debug)]
enum Counts {
    /// In the order in which the buckets came, each with its count in 32 bits: a hundred thousand groups have these.
    Few(Vec<u32>),
    /// Of each bucket from the first on.
    Many { first: i32, counts: Vec<u64> },
}

impl Default for Counts {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Counts {
    /// Adds to a bucket, and gives how many bytes of memory that took.
    fn add(&mut self, bucket: i32, count: u64) -> usize {
        match self {
            Self::Few(list) => {
                let known = list.iter().position(|entry| unpack(*entry).0 == bucket);
                let sum = known.map_or(0, |at| unpack(list[at]).1) + count;
                match (known, pack(bucket, sum)) {
                    (Some(at), Some(packed)) => {
                        list[at] = packed;
                        return 0;
                    }
                    (None, Some(packed)) if list.len() < FEW => {
                        let before = list.capacity();
                        list.push(packed);
                        return (list.capacity() - before) * size_of::<u32>();
                    }
                    _ => {}
                }
                let few = std::mem::take(list);
                *self = Self::Many {
                    first: bucket,
                    counts: vec![0],
                };
                let few = few.into_iter().map(unpack).chain([(bucket, count)]);
                few.map(|(bucket, count)| self.add(bucket, count)).sum()
            }
            Self::Many { first, counts } => {
                let before = counts.capacity();
                if bucket < *first {
                    let more = first.abs_diff(bucket) as usize;
                    counts.splice(0..0, std::iter::repeat_n(0, more));
                    *first = bucket;
                }
                let at = bucket.abs_diff(*first) as usize;
                if at >= counts.len() {
                    counts.resize(at + 1, 0);
                }
                counts[at] += count;
                (counts.capacity() - before) * size_of::<u64>()
            }
        }
    }

    /// As bytes, the lowest bucket first: how far it is from the one before, and its count. Mostly two bytes each, since a
    /// hundred thousand groups are written at once.
    fn write(&mut self, into: &mut Vec<u8>) {
        let mut before = LOWEST;
        let mut entry = |bucket: i32, count: u64| {
            put(u64::from(bucket.abs_diff(before)), into);
            put(count, into);
            before = bucket;
        };
        match self {
            Self::Few(list) => {
                // By bucket, which is in the upper bits.
                list.sort_unstable();
                list.iter()
                    .map(|packed| unpack(*packed))
                    .for_each(|(bucket, count)| entry(bucket, count));
            }
            Self::Many { first, counts } => {
                let counted = (*first..).zip(counts.iter()).filter(|(_, count)| **count > 0);
                counted.for_each(|(bucket, count)| entry(bucket, *count));
            }
        }
    }
}

/// Bits of a count beside its bucket, which has the other 18.
const COUNT_BITS: u32 = 14;
/// All buckets are above its negative.
const BUCKETS: i32 = 1 << 17;

fn pack(bucket: i32, count: u64) -> Option<u32> {
    let count = u32::try_from(count).ok().filter(|count| *count < 1 << COUNT_BITS)?;
    let bucket = u32::try_from(bucket + BUCKETS)
        .ok()
        .filter(|bucket| *bucket < 2 * BUCKETS.cast_unsigned())?;
    Some(bucket << COUNT_BITS | count)
}

fn unpack(packed: u32) -> (i32, u64) {
    let bucket = (packed >> COUNT_BITS).cast_signed() - BUCKETS;
    (bucket, u64::from(packed & ((1 << COUNT_BITS) - 1)))
}

/// The counts of all groups; for an aggregate without groups, of one.
#[derive(Debug, Default)]
struct Groups {
    list: Vec<Counts>,
    bytes: usize,
}

impl Groups {
    fn grow(&mut self, groups: usize) {
        if groups > self.list.len() {
            self.bytes += (groups - self.list.len()) * size_of::<Counts>();
            self.list.resize_with(groups, Counts::default);
        }
    }

    fn update(
        &mut self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
        group: impl Fn(usize) -> usize,
    ) -> Result<()> {
        let Some(buckets) = values.first() else { return Ok(()) };
        let weights = values.get(1).map(|weights| weights.as_primitive::<Int64Type>());
        let counts = |row: usize| filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
        let weight = |row: usize| weights.map_or(1, |weights| u64::try_from(weights.value(row)).unwrap_or_default());
        let mut add = |row: usize, bucket: i32| {
            if buckets.is_valid(row) && counts(row) {
                self.bytes += self.list[group(row)].add(bucket, weight(row));
            }
        };
        match buckets.data_type() {
            DataType::Int16 => {
                let stored = buckets.as_primitive::<Int16Type>().values().iter();
                stored
                    .enumerate()
                    .for_each(|(row, stored)| add(row, bucket::signed(*stored)));
            }
            DataType::Int32 => {
                let values = buckets.as_primitive::<Int32Type>().values().iter();
                values.enumerate().for_each(|(row, bucket)| add(row, *bucket));
            }
            other => return Err(DataFusionError::Plan(format!("histogram takes no {other}"))),
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef], group: impl Fn(usize) -> usize) {
        let Some(states) = states.first() else { return };
        for (row, state) in states.as_binary::<i32>().iter().enumerate() {
            for (bucket, count) in entries(state.unwrap_or_default()) {
                self.bytes += self.list[group(row)].add(bucket, count);
            }
        }
    }

    fn emit(&mut self, which: EmitTo) -> ArrayRef {
        let emitted = which.take_needed(&mut self.list);
        if self.list.is_empty() {
            self.bytes = 0;
        }
        let mut builder = BinaryBuilder::new();
        let mut bytes = Vec::new();
        for mut counts in emitted {
            bytes.clear();
            counts.write(&mut bytes);
            builder.append_value(&bytes);
        }
        Arc::new(builder.finish())
    }
}

impl GroupsAccumulator for Groups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        self.grow(total);
        self.update(values, filter, |row| groups[row])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.grow(total);
        self.merge(values, |row| groups[row]);
        Ok(())
    }

    fn evaluate(&mut self, which: EmitTo) -> Result<ArrayRef> {
        Ok(self.emit(which))
    }

    fn state(&mut self, which: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.emit(which)])
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let rows = values.first().map_or(0, |values| values.len());
        let mut each = Self::default();
        each.grow(rows);
        each.update(values, filter, |row| row)?;
        Ok(vec![each.emit(EmitTo::All)])
    }

    fn size(&self) -> usize {
        self.bytes + size_of::<Self>()
    }
}

impl Accumulator for Groups {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.grow(1);
        self.update(values, None, |_| 0)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.grow(1);
        self.merge(states, |_| 0);
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.grow(1);
        ScalarValue::try_from_array(&self.emit(EmitTo::All), 0)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![Accumulator::evaluate(self)?])
    }

    fn size(&self) -> usize {
        GroupsAccumulator::size(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};
    use std::collections::BTreeMap;

    /// Few buckets and many, near and far, added at once and in parts: as a map counts them.
    #[test]
    fn buckets_are_counted_as_a_map_counts_them() {
        for seed in 0..30 {
            let mut random = StdRng::seed_from_u64(seed);
            let range = [3, 60, 2000, 40_000][random.random_range(0..4)];
            let mut expected: BTreeMap<i32, u64> = BTreeMap::new();
            let mut parts: Vec<Counts> = (0..3).map(|_| Counts::default()).collect();
            for _ in 0..random.random_range(0..500) {
                let (bucket, count) = (
                    random.random_range(-range..range),
                    [1, 2, 3, 9000, 20_000][random.random_range(0..5)],
                );
                *expected.entry(bucket).or_default() += count;
                parts[random.random_range(0..3)].add(bucket, count);
            }
            let mut whole = Counts::default();
            let mut bytes = Vec::new();
            for mut part in parts {
                bytes.clear();
                part.write(&mut bytes);
                entries(&bytes).for_each(|(bucket, count)| _ = whole.add(bucket, count));
            }
            bytes.clear();
            whole.write(&mut bytes);
            assert_eq!(entries(&bytes).collect::<BTreeMap<_, _>>(), expected, "seed {seed}");
            assert!(entries(&bytes).is_sorted());
        }
    }
}
