//! The rows as a table: those of the segments and those in memory, each read only as far as it is asked for.

use super::reader::SegmentReaders;
use super::services;
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
use datafusion::datasource::physical_plan::parquet::{CachedParquetFileReaderFactory, ParquetRowSelection};
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
use honeycomb::{Event, column};
use std::collections::BTreeSet;
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

    /// The rows in memory, with these columns; if services are named, theirs alone.
    fn memory(
        &self,
        projected: &SchemaRef,
        services: Option<&BTreeSet<&str>>,
        threads: usize,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let is_asked_for = |event: &&Event| {
            services.is_none_or(|services| {
                let service = event.str(column::SERVICE_NAME);
                service.is_some_and(|service| services.contains(service))
            })
        };
        let rows: Vec<&Event> = self.snapshot.rows.iter().filter(is_asked_for).collect();
        let mut partitions: Vec<Vec<RecordBatch>> = vec![Vec::new(); threads.max(1)];
        for (index, chunk) in rows.chunks(BATCH).enumerate() {
            let fields = projected.fields().iter();
            let arrays = fields
                .map(|field| rows::one(&self.snapshot.columns, field.name(), chunk))
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
        services: Option<&BTreeSet<&str>>,
        limit: Option<usize>,
        threads: usize,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let mut files = Vec::new();
        for segment in self.snapshot.segments.iter() {
            let location =
                Path::from_absolute_path(&segment.data).map_err(|error| DataFusionError::External(error.into()))?;
            let mut file = PartitionedFile::new_from_meta(ObjectMeta {
                location,
                last_modified: SystemTime::UNIX_EPOCH.into(),
                size: segment.data_bytes,
                e_tag: None,
                version: None,
            })
            .with_extension(Arc::clone(segment));
            if let (Some(services), Some(runs)) = (services, &segment.runs) {
                let Some(rows) = runs.of(services) else { continue };
                file = file.with_extension(ParquetRowSelection::new(rows));
            }
            files.push(file);
        }
        if files.is_empty() {
            return Ok(None);
        }
        let mut groups: Vec<FileGroup> = vec![FileGroup::default(); threads.clamp(1, files.len())];
        let count = groups.len();
        for (index, file) in files.into_iter().enumerate() {
            groups[index % count].push(file);
        }
        let environment = state.runtime_env();
        let url = ObjectStoreUrl::local_filesystem();
        let readers = SegmentReaders {
            cached: CachedParquetFileReaderFactory::new(
                environment.object_store(&url)?,
                environment.cache_manager.get_file_metadata_cache(),
            ),
            is_filtered: !filters.is_empty(),
        };
        let mut source = ParquetSource::new(TableSchema::from(&self.schema))
            .with_table_parquet_options(state.table_options().parquet.clone())
            .with_parquet_file_reader_factory(Arc::new(readers))
            .with_pushdown_filters(true)
            .with_reorder_filters(true)
            .with_enable_page_index(true)
            .with_bloom_filter_on_read(filters.iter().any(asks_for_trace));
        // The filters themselves come by `FilterPushdown`, an optimizer rule.
        let mut of_ids = Vec::new();
        for filter in filters {
            of_ids.extend(by_bytes(filter)?);
        }
        if let Some(filter) = conjunction(of_ids) {
            let schema = DFSchema::try_from(Arc::clone(&self.schema))?;
            source = source.with_predicate(state.create_physical_expr(filter, &schema)?);
        }
        let config = FileScanConfigBuilder::new(url, Arc::new(source))
            .with_file_groups(groups)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(Some(DataSourceExec::from_data_source(config)))
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
        let knows_services = self.snapshot.segments.iter().all(|segment| segment.runs.is_some());
        let supports = |filter: &&Expr| match knows_services && services::is_all_of(filter) {
            true => TableProviderFilterPushDown::Exact,
            // Asked again of what comes out: rows in memory are not filtered, pages come whole.
            false => TableProviderFilterPushDown::Inexact,
        };
        Ok(filters.iter().map(supports).collect())
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
        let services = services::asked_for(filters);
        let services = services.as_ref();
        let memory = self.memory(&projected, services, threads)?;
        match self.segments(state, projection, filters, services, limit, threads)? {
            None => Ok(memory),
            Some(segments) if self.snapshot.rows.is_empty() => Ok(segments),
            Some(segments) => UnionExec::try_new(vec![segments, memory]),
        }
    }
}

/// The filter with ids, which are compared as text, as the bytes that they are, so that bloom filters know them; nothing where
/// it compares none.
fn by_bytes(filter: &Expr) -> Result<Option<Expr>> {
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
    Ok(rewritten.transformed.then_some(rewritten.data))
}

/// Whether a bloom filter may answer: trace ids have one, and to look for others in every file takes time.
fn asks_for_trace(filter: &Expr) -> bool {
    let mut columns = filter.column_refs().into_iter();
    columns.any(|column| column.name() == column::TRACE_ID)
}

/// The columns that hold ids as bytes.
pub(crate) fn is_id(data_type: &datafusion::arrow::datatypes::DataType) -> bool {
    let ids = [columns::Kind::TraceId, columns::Kind::SpanId];
    ids.iter().any(|kind| kind.data_type() == *data_type)
}
