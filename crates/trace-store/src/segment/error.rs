//! What is wrong with a segment: its bytes, or the machine.

use datafusion::arrow::error::ArrowError;
use parquet::errors::ParquetError;
use std::io;
use std::sync::Arc;

/// Why a segment was not read or written.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum SegmentError {
    /// The files are not what was written: to be set aside.
    #[error("{0}")]
    Damaged(Arc<str>),
    /// The system refused; another attempt may succeed.
    #[error("{0}")]
    Io(Arc<io::Error>),
}

impl SegmentError {
    pub(crate) fn damaged(why: &str) -> Self {
        Self::Damaged(why.into())
    }
}

impl From<io::Error> for SegmentError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => {
                Self::damaged(&error.to_string())
            }
            _ => Self::Io(Arc::new(error)),
        }
    }
}

impl From<ParquetError> for SegmentError {
    fn from(error: ParquetError) -> Self {
        match error {
            ParquetError::External(source) => match source.downcast::<io::Error>() {
                Ok(error) => (*error).into(),
                Err(other) => Self::damaged(&other.to_string()),
            },
            other => Self::damaged(&other.to_string()),
        }
    }
}

impl From<ArrowError> for SegmentError {
    fn from(error: ArrowError) -> Self {
        match error {
            ArrowError::IoError(_, error) => error.into(),
            ArrowError::ExternalError(source) => match source.downcast::<ParquetError>() {
                Ok(error) => (*error).into(),
                Err(other) => Self::damaged(&other.to_string()),
            },
            other => Self::damaged(&other.to_string()),
        }
    }
}
