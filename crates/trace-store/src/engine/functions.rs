//! The functions that SQL has not.

use crate::{bucket as buckets, id};
use datafusion::arrow::array::cast::AsArray;
use datafusion::arrow::array::types::Float64Type;
use datafusion::arrow::array::{Array, ArrayRef, Float64Array, Int32Array, StringArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use honeycomb::query;
use std::sync::{Arc, LazyLock};

/// What of bytes goes into another type, value by value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Hex,
    Bucket,
    BucketMs,
    HeatmapBucket,
    Percentile,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Function {
    kind: Kind,
    signature: Signature,
}

fn function(kind: Kind) -> Arc<ScalarUDF> {
    let takes = match kind {
        Kind::Hex => vec![
            TypeSignature::Exact(vec![DataType::FixedSizeBinary(16)]),
            TypeSignature::Exact(vec![DataType::FixedSizeBinary(8)]),
        ],
        Kind::Percentile => vec![TypeSignature::Exact(vec![DataType::Binary, DataType::Float64])],
        Kind::BucketMs => vec![TypeSignature::Exact(vec![DataType::Int16])],
        Kind::Bucket | Kind::HeatmapBucket => vec![TypeSignature::Exact(vec![DataType::Float64])],
    };
    Arc::new(ScalarUDF::new_from_impl(Function {
        kind,
        signature: Signature::one_of(takes, Volatility::Immutable),
    }))
}

static HEX: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| function(Kind::Hex));
static BUCKET: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| function(Kind::Bucket));
static BUCKET_MS: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| function(Kind::BucketMs));
static HEATMAP_BUCKET: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| function(Kind::HeatmapBucket));

static PERCENTILE: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| function(Kind::Percentile));

/// The value that a share of a [`super::histogram`] does not exceed.
pub(crate) fn percentile() -> Arc<ScalarUDF> {
    Arc::clone(&PERCENTILE)
}

/// An id as text.
pub(crate) fn hex() -> Arc<ScalarUDF> {
    Arc::clone(&HEX)
}

/// The bucket of a number ([`crate::bucket::signed_of`]).
pub(crate) fn bucket() -> Arc<ScalarUDF> {
    Arc::clone(&BUCKET)
}

/// The number that a bucket stands for.
pub(crate) fn bucket_ms() -> Arc<ScalarUDF> {
    Arc::clone(&BUCKET_MS)
}

/// The bucket of a heatmap ([`query::heatmap_bucket`]); [`i32::MIN`] for what is not above 0.
pub(crate) fn heatmap_bucket() -> Arc<ScalarUDF> {
    Arc::clone(&HEATMAP_BUCKET)
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        match self.kind {
            Kind::Hex => "hex_id",
            Kind::Bucket => "log_bucket",
            Kind::BucketMs => "bucket_ms",
            Kind::HeatmapBucket => "heatmap_bucket",
            Kind::Percentile => "histogram_percentile",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.kind {
            Kind::Hex => DataType::Utf8,
            Kind::Bucket | Kind::HeatmapBucket => DataType::Int32,
            Kind::BucketMs | Kind::Percentile => DataType::Float64,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some(argument) = args.args.first() else {
            return Err(DataFusionError::Plan(format!("{} takes an argument", self.name())));
        };
        let scalar = args
            .args
            .iter()
            .all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let array = argument.to_array(args.number_rows)?;
        let numbers = || array.as_primitive::<Float64Type>().iter();
        let done: ArrayRef = match self.kind {
            Kind::Hex => {
                let ids = array.as_fixed_size_binary().iter();
                Arc::new(ids.map(|id| id.map(id::text)).collect::<StringArray>())
            }
            Kind::Bucket => Arc::new(
                numbers()
                    .map(|number| number.map(buckets::signed_of))
                    .collect::<Int32Array>(),
            ),
            Kind::BucketMs => {
                let stored = array
                    .as_primitive::<datafusion::arrow::array::types::Int16Type>()
                    .iter();
                Arc::new(
                    stored
                        .map(|bucket| bucket.map(buckets::value))
                        .collect::<Float64Array>(),
                )
            }
            Kind::Percentile => {
                let shares = args
                    .args
                    .get(1)
                    .map(|shares| shares.to_array(args.number_rows))
                    .transpose()?;
                let shares = shares.as_ref().map(|shares| shares.as_primitive::<Float64Type>());
                let histograms = array.as_binary::<i32>().iter().enumerate();
                let value = |(row, histogram): (usize, Option<&[u8]>)| {
                    let share = shares.filter(|shares| shares.is_valid(row))?.value(row);
                    buckets::percentile(&super::histogram_values(histogram?), share)
                };
                Arc::new(histograms.map(value).collect::<Float64Array>())
            }
            Kind::HeatmapBucket => {
                let cell = |number: f64| query::heatmap_bucket(number).unwrap_or(i32::MIN);
                Arc::new(numbers().map(|number| number.map(cell)).collect::<Int32Array>())
            }
        };
        Ok(match scalar {
            true => ColumnarValue::Scalar(ScalarValue::try_from_array(&done, 0)?),
            false => ColumnarValue::Array(done),
        })
    }
}
