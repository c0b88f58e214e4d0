//! SQL over the rows: one table, `spans`, to be read.

use crate::columns::TIME;
use crate::engine::{self, Engine, Spans};
use crate::{StoreError, TraceStore};
use datafusion::arrow::array::types::TimestampNanosecondType;
use datafusion::arrow::array::{Array, ArrayRef, RecordBatch, cast::AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::Column;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::{Expr, ident};
use datafusion::prelude::{DataFrame, SessionContext};
use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::sqlparser::ast;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::Tokenizer;
use futures::StreamExt;
use honeycomb::{Value, rfc3339};
use std::sync::Arc;

/// So many rows of an answer are given, and no more.
pub const MAX_SQL_ROWS: usize = 10_000;
/// So many bytes of values are given, about.
const MAX_BYTES: usize = 16 << 20;
/// A statement is at most so many bytes long.
pub const MAX_SQL_BYTES: usize = 10_000;
/// And has at most so many words and signs: an expression may be as deep as it is long, and a stack is not.
const MAX_TOKENS: usize = 2_000;

/// An answer to a statement.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct SqlTable {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows, each with as many values as there are columns; nothing where SQL has `NULL`. Times are RFC 3339; what is
    /// neither a text, a number nor a truth is written as text.
    pub rows: Vec<Vec<Option<Value>>>,
    /// There are more rows than these: the first [`MAX_SQL_ROWS`], or as many as take 16 MB.
    pub cut: bool,
}

impl TraceStore {
    /// Answers one `SELECT` over the table `spans`, whose columns have Honeycomb's names (`"duration_ms"`; in double quotes
    /// where they have a dot), `time`, `samplerate`, and `meta.overflow`, a JSON object of what has no column of its own.
    /// `bucket_ms("meta.duration_bucket")` is the duration within 1 %, and
    /// `histogram_percentile(histogram("meta.duration_bucket"), 0.99)` a group's P99, within 1 % as well.
    ///
    /// Text is made within bounds: in eight places at most, and functions that make any amount of it, as `repeat`, are not there.
    ///
    /// # Errors
    /// [`StoreError::Statement`] for what is no `SELECT` or cannot be understood; [`StoreError::TooLarge`] for what takes
    /// longer than 10 s, or too much memory; [`StoreError::Read`].
    pub async fn sql(&self, text: &str) -> Result<SqlTable, StoreError> {
        let text = text.to_owned();
        let engine = self.core.engine()?;
        let core = Arc::clone(&self.core);
        let for_work = Arc::clone(&engine);
        engine
            .work(async move {
                // Here, because these threads have room for what is deep.
                let statement = select(&text)?;
                // A damaged segment is set aside, and the question asked once more.
                match answer(&for_work, &core.snapshot(), &statement).await {
                    Err(StoreError::Read(_)) if core.find_damaged().await => {
                        answer(&for_work, &core.snapshot(), &statement).await
                    }
                    answer => answer,
                }
            })
            .await
    }
}

/// The one statement of the text, if it is one that only reads.
fn select(text: &str) -> Result<Statement, StoreError> {
    let refused = |words: String| Err(StoreError::Statement(words));
    if text.len() > MAX_SQL_BYTES {
        return refused(format!("The statement is longer than {MAX_SQL_BYTES} bytes."));
    }
    let tokens = Tokenizer::new(&GenericDialect {}, text).tokenize();
    if tokens.is_ok_and(|tokens| tokens.len() > MAX_TOKENS) {
        return refused(format!("The statement has more than {MAX_TOKENS} words and signs."));
    }
    let mut statements = match DFParser::parse_sql(text) {
        Ok(statements) => statements,
        Err(error) => return refused(error.strip_backtrace()),
    };
    match (statements.pop_front(), statements.pop_front()) {
        (Some(Statement::Statement(statement)), None) if matches!(*statement, ast::Statement::Query(_)) => {
            Ok(Statement::Statement(statement))
        }
        (None, _) => refused("There is no statement. Try: SELECT name, count(*) FROM spans GROUP BY name".to_owned()),
        (_, Some(_)) => refused("One statement at a time.".to_owned()),
        _ => refused("Only SELECT is answered: the store is read-only.".to_owned()),
    }
}

async fn answer(
    engine: &Engine,
    snapshot: &Arc<crate::core::Snapshot>,
    statement: &Statement,
) -> Result<SqlTable, StoreError> {
    let session = engine.session(snapshot.row_bytes());
    session.register_udf((*engine::bucket_ms()).clone());
    session.register_udf((*engine::percentile()).clone());
    session.register_udaf((*engine::histogram()).clone());
    engine::text::bound(&session)?;
    session.register_table("spans", spans(&session, snapshot)?.into_view())?;
    let plan = session.state().statement_to_plan(statement.clone()).await?;
    let only_read = SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false);
    only_read.verify_plan(&plan)?;
    engine::text::check(&session, &plan)?;
    // One more, to know whether there are more.
    let frame = session
        .execute_logical_plan(plan)
        .await?
        .limit(0, Some(MAX_SQL_ROWS + 1))?;
    let names = frame.schema().fields().iter().map(|field| field.name().clone());
    let mut table = SqlTable {
        columns: names.collect(),
        rows: Vec::new(),
        cut: false,
    };
    let mut stream = frame.execute_stream().await?;
    let mut bytes = 0;
    while let Some(batch) = stream.next().await {
        for row in values(&batch?)? {
            bytes += row.iter().map(size).sum::<usize>();
            if table.rows.len() == MAX_SQL_ROWS || bytes > MAX_BYTES {
                table.cut = true;
                return Ok(table);
            }
            table.rows.push(row);
        }
    }
    Ok(table)
}

/// All columns, ids as the text that people know.
fn spans(session: &SessionContext, snapshot: &Arc<crate::core::Snapshot>) -> Result<DataFrame, StoreError> {
    let table = session.read_table(Arc::new(Spans::new(Arc::clone(snapshot))))?;
    let fields = table.schema().fields().clone();
    let columns = fields.iter().map(|field| match engine::is_id(field.data_type()) {
        true => engine::hex().call(vec![ident_of(field.name())]).alias(field.name()),
        false => ident_of(field.name()),
    });
    let columns: Vec<Expr> = columns.collect();
    Ok(table.select(columns)?)
}

/// The column of this very name, dots and all.
pub(crate) fn ident_of(name: &str) -> Expr {
    match name {
        TIME => ident(name),
        _ => Expr::Column(Column::new_unqualified(name)),
    }
}

fn size(value: &Option<Value>) -> usize {
    size_of::<Option<Value>>() + value.as_ref().and_then(Value::as_str).map_or(0, str::len)
}

fn values(batch: &RecordBatch) -> Result<Vec<Vec<Option<Value>>>, StoreError> {
    let read = |error: datafusion::arrow::error::ArrowError| StoreError::Read(error.to_string());
    let mut rows: Vec<Vec<Option<Value>>> = vec![Vec::with_capacity(batch.num_columns()); batch.num_rows()];
    for array in batch.columns() {
        let plain = plain(array).map_err(read)?;
        let formatter = ArrayFormatter::try_new(&plain, &FormatOptions::default()).map_err(read)?;
        for (row, values) in rows.iter_mut().enumerate() {
            values.push(match plain.data_type() {
                _ if plain.is_null(row) => None,
                DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                    let time = plain.as_primitive::<TimestampNanosecondType>().value(row);
                    Some(Value::String(rfc3339(time).into()))
                }
                _ => match crate::rows::decode::value(&plain, row) {
                    Some(value) => Some(value),
                    None => Some(Value::String(formatter.value(row).to_string().into())),
                },
            });
        }
    }
    Ok(rows)
}

/// The array as one of the types that a [`Value`] is made of, where it is like one.
fn plain(array: &ArrayRef) -> Result<ArrayRef, datafusion::arrow::error::ArrowError> {
    let to = match array.data_type() {
        DataType::Timestamp(TimeUnit::Nanosecond, _) => return Ok(Arc::clone(array)),
        DataType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Nanosecond, zone.clone()),
        DataType::UInt64 | DataType::Decimal128(..) | DataType::Decimal256(..) => DataType::Float64,
        integer if integer.is_integer() => DataType::Int64,
        DataType::Float16 | DataType::Float32 => DataType::Float64,
        _ => return Ok(Arc::clone(array)),
    };
    cast(array, &to)
}
