//! Text that a statement makes, kept in bounds: what is in a batch belongs to no account of memory, and `repeat('x', 2000000000)`
//! would be two gigabytes of it.

use datafusion::arrow::array::cast::AsArray;
use datafusion::arrow::array::{Array, ArrayRef, StringViewBuilder};
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::FunctionRegistry;
use datafusion::functions::{datetime, regex, string};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{
    ColumnarValue, Expr, LogicalPlan, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility, cast,
};
use datafusion::prelude::SessionContext;
use datafusion::sql::sqlparser::ast::BinaryOperator;
use std::sync::Arc;

/// What one call may make of a batch.
const BYTES: usize = 4 << 20;
/// Rows of a batch of which text is made.
const ROWS: usize = 1024;
/// Calls of a statement.
const CALLS: usize = 8;

/// Without these one can live; each makes any amount of text of a few bytes.
const NOT_THERE: [&str; 5] = ["concat_ws", "lpad", "overlay", "repeat", "rpad"];

/// Puts the functions in place, before a statement is planned.
pub(crate) fn bound(session: &SessionContext) -> Result<()> {
    for name in NOT_THERE {
        session.deregister_udf(name);
    }
    for (inner, growth) in [
        (string::concat(), Growth::Joined),
        (string::replace(), Growth::Replaced),
        (regex::regexp_replace(), Growth::Replaced),
        (datetime::to_char(), Growth::Formatted),
    ] {
        session.register_udf(ScalarUDF::new_from_impl(Bounded { inner, growth }));
    }
    session.state_ref().write().register_expr_planner(Arc::new(Joins))
}

/// Looks at how much text a planned statement makes.
pub(crate) fn check(session: &SessionContext, plan: &LogicalPlan) -> Result<()> {
    let mut calls = 0;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                if let Expr::ScalarFunction(call) = expr {
                    let makes_text = call.func.inner().is::<Bounded>() || call.func.inner().is::<Join>();
                    calls += usize::from(makes_text);
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    if calls > CALLS {
        return Err(DataFusionError::Plan(format!(
            "The statement makes text in more than {CALLS} places. Join several with one concat(…)."
        )));
    }
    if calls > 0 {
        let state = session.state_ref();
        let mut state = state.write();
        let rows = state.config().batch_size().min(ROWS);
        let config = state.config_mut();
        *config = std::mem::take(config).with_batch_size(rows);
    }
    Ok(())
}

/// How much a call makes of its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Growth {
    /// All of them.
    Joined,
    /// The first, with the third in many places.
    Replaced,
    /// By a format, each of whose letters may be a few dozen bytes.
    Formatted,
}

/// A function of DataFusion's that first looks at how much it would make.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Bounded {
    inner: Arc<ScalarUDF>,
    growth: Growth,
}

impl ScalarUDFImpl for Bounded {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.inner.inner().return_type(types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(types)
    }

    // Not the function's own way to be simplified, which would put it itself in place of this one.

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = rows(&args);
        let all = |at: usize| args.args.get(at).map_or(0, |value| bytes(value, rows));
        let longest = |at: usize| args.args.get(at).map_or(0, longest);
        let made = match self.growth {
            Growth::Joined => args.args.iter().map(|value| bytes(value, rows)).sum(),
            Growth::Replaced => all(0).saturating_add(all(0).saturating_add(rows).saturating_mul(longest(2))),
            Growth::Formatted => rows.saturating_mul(longest(1)).saturating_mul(32),
        };
        within(made)?;
        self.inner.invoke_with_args(args)
    }
}

/// How many rows the answer is for: what is made of constants alone is made once, and stands in every row then.
fn rows(args: &ScalarFunctionArgs) -> usize {
    let is_constant = |value: &ColumnarValue| matches!(value, ColumnarValue::Scalar(_));
    match args.args.iter().all(is_constant) {
        true => ROWS,
        false => args.number_rows,
    }
}

fn within(made: usize) -> Result<()> {
    match made > BYTES {
        true => Err(DataFusionError::ResourcesExhausted("text".to_owned())),
        false => Ok(()),
    }
}

/// The bytes of a column's texts.
fn bytes(value: &ColumnarValue, rows: usize) -> usize {
    match value {
        ColumnarValue::Scalar(_) => longest(value).saturating_mul(rows),
        ColumnarValue::Array(array) => lengths(array).sum(),
    }
}

fn longest(value: &ColumnarValue) -> usize {
    match value {
        ColumnarValue::Scalar(scalar) => scalar.try_as_str().flatten().map_or(0, str::len),
        ColumnarValue::Array(array) => lengths(array).max().unwrap_or_default(),
    }
}

fn lengths(array: &ArrayRef) -> Box<dyn Iterator<Item = usize> + '_> {
    let length = |text: Option<&str>| text.map_or(0, str::len);
    match array.data_type() {
        DataType::Utf8View => Box::new(array.as_string_view().iter().map(length)),
        DataType::Utf8 => Box::new(array.as_string::<i32>().iter().map(length)),
        DataType::LargeUtf8 => Box::new(array.as_string::<i64>().iter().map(length)),
        _ => Box::new(std::iter::empty()),
    }
}

/// Plans `a || b` as a call of [`Join`].
#[derive(Debug)]
struct Joins;

impl ExprPlanner for Joins {
    fn plan_binary_op(&self, expr: RawBinaryExpr, _: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        if expr.op != BinaryOperator::StringConcat {
            return Ok(PlannerResult::Original(expr));
        }
        let join = ScalarUDF::new_from_impl(Join(Signature::exact(
            vec![DataType::Utf8View, DataType::Utf8View],
            Volatility::Immutable,
        )));
        let sides = [expr.left, expr.right].map(|side| cast(side, DataType::Utf8View));
        Ok(PlannerResult::Planned(join.call(sides.to_vec())))
    }
}

/// `a || b`: unlike `concat`, nothing where one of them is nothing.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Join(Signature);

impl ScalarUDFImpl for Join {
    fn name(&self) -> &'static str {
        "||"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        within(args.args.iter().map(|value| bytes(value, rows(&args))).sum())?;
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [left, right] = arrays.as_slice() else {
            return Err(DataFusionError::Internal("|| has two sides".to_owned()));
        };
        let mut joined = StringViewBuilder::with_capacity(left.len());
        for pair in left.as_string_view().iter().zip(right.as_string_view()) {
            joined.append_option(match pair {
                (Some(left), Some(right)) => Some([left, right].concat()),
                _ => None,
            });
        }
        Ok(ColumnarValue::Array(Arc::new(joined.finish())))
    }
}
