//! The rows as a table: those of the segments and those in memory, each read only as far as it is asked for.

use crate::core::Snapshot;
use crate::rows;
use crate::{columns, id};
use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType, lit};
use datafusion::object_store::ObjectMeta;
use datafusion::object_store::path::Path;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::union::UnionExec;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

/// Rows in memory that become arrays at a time.
const BATCH: usize = 4096;

/// The table.
pub(crate) struct Spans {
    snapshot: Arc<Snapshot>,
    schema: SchemaRef,
}

impl fmt::Debug for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spans").finish_non_exhaustive()
    }
}

impl Spans {
    pub(crate) fn new(snapshot: Arc<Snapshot>) -> Self {
        let columns = &snapshot.columns;
        let schema = Arc::new(columns.schema(0..columns.len()));
        Self { snapshot, schema }
    }

    /// The rows in memory, with these columns.
    fn memory(&self, projected: &SchemaRef, threads: usize) -> Result<Arc<dyn ExecutionPlan>> {
        let mut partitions: Vec<Vec<RecordBatch>> = vec![Vec::new(); threads.max(1)];
        for (index, chunk) in self.snapshot.rows.chunks(BATCH).enumerate() {
            let chunk: Vec<_> = chunk.iter().collect();
            let fields = projected.fields().iter();
            let arrays = fields
                .map(|field| rows::one(&self.snapshot.columns, field.name(), &chunk))
                .collect();
            let options = RecordBatchOptions::new().with_row_count(Some(chunk.len()));
            let batch = RecordBatch::try_new_with_options(Arc::clone(projected), arrays, &options)?;
            partitions[index % threads.max(1)].push(batch);
        }
        Ok(MemorySourceConfig::try_new_exec(
            &partitions,
            Arc::clone(projected),
            None,
        )?)
    }

    /// The rows of the segments. What the filters can leave out by statistics, by bloom filters or while reading, they do.
    fn segments(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
        threads: usize,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut groups: Vec<FileGroup> = vec![FileGroup::default(); threads.clamp(1, self.snapshot.segments.len())];
        let count = groups.len();
        for (index, segment) in self.snapshot.segments.iter().enumerate() {
            let location =
                Path::from_absolute_path(&segment.data).map_err(|error| DataFusionError::External(error.into()))?;
            groups[index % count].push(PartitionedFile::new_from_meta(ObjectMeta {
                location,
                last_modified: SystemTime::UNIX_EPOCH.into(),
                size: segment.data_bytes,
                e_tag: None,
                version: None,
            }));
        }
        let environment = state.runtime_env();
        let url = ObjectStoreUrl::local_filesystem();
        let reader = CachedParquetFileReaderFactory::new(
            environment.object_store(&url)?,
            environment.cache_manager.get_file_metadata_cache(),
        );
        let mut source = ParquetSource::new(TableSchema::from(&self.schema))
            .with_table_parquet_options(state.table_options().parquet.clone())
            .with_parquet_file_reader_factory(Arc::new(reader))
            .with_pushdown_filters(true)
            .with_reorder_filters(true)
            .with_enable_page_index(true)
            .with_bloom_filter_on_read(true);
        if let Some(filter) = conjunction(filters.iter().map(by_bytes).collect::<Result<Vec<_>>>()?) {
            let schema = DFSchema::try_from(Arc::clone(&self.schema))?;
            source = source.with_predicate(state.create_physical_expr(filter, &schema)?);
        }
        let config = FileScanConfigBuilder::new(url, Arc::new(source))
            .with_file_groups(groups)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}

#[async_trait::async_trait]
impl TableProvider for Spans {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        // They are asked again of what comes out: rows in memory are not filtered, pages come whole.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let threads = state.config().target_partitions();
        let projected = match projection {
            Some(projection) => Arc::new(self.schema.project(projection)?),
            None => Arc::clone(&self.schema),
        };
        let memory = self.memory(&projected, threads)?;
        if self.snapshot.segments.is_empty() {
            return Ok(memory);
        }
        let segments = self.segments(state, projection, filters, limit, threads)?;
        if self.snapshot.rows.is_empty() {
            return Ok(segments);
        }
        UnionExec::try_new(vec![segments, memory])
    }
}

/// An id as text that is compared with a text, as the bytes that both are: so that bloom filters know it.
fn by_bytes(filter: &Expr) -> Result<Expr> {
    let rewritten = filter.clone().transform(|expr| {
        let Expr::BinaryExpr(comparison) = &expr else {
            return Ok(Transformed::no(expr));
        };
        let pair = match (&*comparison.left, &*comparison.right) {
            (Expr::ScalarFunction(id), Expr::Literal(text, _)) | (Expr::Literal(text, _), Expr::ScalarFunction(id)) => {
                (id, text)
            }
            _ => return Ok(Transformed::no(expr)),
        };
        let ((hex, [Expr::Column(column)]), Some(Some(text))) = ((&pair.0.func, &pair.0.args[..]), pair.1.try_as_str())
        else {
            return Ok(Transformed::no(expr));
        };
        if hex.name() != super::hex().name() || comparison.op != datafusion::logical_expr::Operator::Eq {
            return Ok(Transformed::no(expr));
        }
        let bytes = match column.name() {
            honeycomb::column::TRACE_ID | honeycomb::column::LINK_TRACE_ID => {
                id::trace_id(text).map(|bytes| (16, bytes.to_vec()))
            }
            _ => id::span_id(text).map(|bytes| (8, bytes.to_vec())),
        };
        Ok(Transformed::yes(match bytes {
            Some((width, bytes)) => {
                Expr::Column(column.clone()).eq(lit(ScalarValue::FixedSizeBinary(width, Some(bytes))))
            }
            // No id is written like this.
            None => lit(false),
        }))
    })?;
    Ok(rewritten.data)
}

/// The columns that hold ids as bytes.
pub(crate) fn is_id(data_type: &datafusion::arrow::datatypes::DataType) -> bool {
    let ids = [columns::Kind::TraceId, columns::Kind::SpanId];
    ids.iter().any(|kind| kind.data_type() == *data_type)
}
