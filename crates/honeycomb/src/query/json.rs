//! A query as the JSON that it was read from, with what is as it is by default left out.

use super::result::Number;
use super::{Calculation, DEFAULT_LIMIT, Filter, FilterCombination, FilterOp, Order, OrderBy, Query, TimeRange};
use serde::ser::{Serialize, SerializeMap, Serializer};

impl Serialize for Query {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.time {
            TimeRange::Last(seconds) => map.serialize_entry("time_range", &seconds)?,
            TimeRange::From { start, seconds } => {
                map.serialize_entry("time_range", &seconds)?;
                map.serialize_entry("start_time", &start)?;
            }
            TimeRange::Until { end, seconds } => {
                map.serialize_entry("time_range", &seconds)?;
                map.serialize_entry("end_time", &end)?;
            }
            TimeRange::Between { start, end } => {
                map.serialize_entry("start_time", &start)?;
                map.serialize_entry("end_time", &end)?;
            }
        }
        if let Some(seconds) = self.granularity {
            map.serialize_entry("granularity", &seconds)?;
        }
        if !self.breakdowns.is_empty() {
            map.serialize_entry("breakdowns", &self.breakdowns)?;
        }
        map.serialize_entry("calculations", &self.calculations)?;
        if !self.filters.is_empty() {
            map.serialize_entry("filters", &self.filters)?;
        }
        if self.filter_combination == FilterCombination::Or {
            map.serialize_entry("filter_combination", "OR")?;
        }
        if !self.orders.is_empty() {
            let orders: Vec<_> = self
                .orders
                .iter()
                .map(|order| OrderJson { query: self, order })
                .collect();
            map.serialize_entry("orders", &orders)?;
        }
        if !self.havings.is_empty() {
            let havings: Vec<_> = (0..self.havings.len())
                .map(|at| HavingJson { query: self, at })
                .collect();
            map.serialize_entry("havings", &havings)?;
        }
        if self.limit != DEFAULT_LIMIT {
            map.serialize_entry("limit", &self.limit)?;
        }
        map.end()
    }
}

impl Serialize for Calculation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("op", &self.op.to_string())?;
        if let Some(column) = &self.column {
            map.serialize_entry("column", column)?;
        }
        if let Some(name) = &self.name {
            map.serialize_entry("name", name)?;
        }
        map.end()
    }
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("column", &self.column)?;
        map.serialize_entry("op", &self.op.to_string())?;
        match (self.op, self.values.first()) {
            (FilterOp::In { .. }, _) => map.serialize_entry("value", &self.values)?,
            (_, Some(value)) => map.serialize_entry("value", value)?,
            (_, None) => {}
        }
        map.end()
    }
}

struct OrderJson<'a> {
    query: &'a Query,
    order: &'a Order,
}

impl Serialize for OrderJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.order.by {
            OrderBy::Breakdown(at) => map.serialize_entry("column", &self.query.breakdowns[at])?,
            OrderBy::Calculation(at) => {
                let calculation = &self.query.calculations[at];
                map.serialize_entry("op", &calculation.op.to_string())?;
                if let Some(column) = &calculation.column {
                    map.serialize_entry("column", column)?;
                }
            }
        }
        if self.order.descending {
            map.serialize_entry("order", "descending")?;
        }
        map.end()
    }
}

struct HavingJson<'a> {
    query: &'a Query,
    at: usize,
}

impl Serialize for HavingJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let having = &self.query.havings[self.at];
        let calculation = &self.query.calculations[having.calculation];
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("calculate_op", &calculation.op.to_string())?;
        if let Some(column) = &calculation.column {
            map.serialize_entry("column", column)?;
        }
        map.serialize_entry("op", &having.op.to_string())?;
        map.serialize_entry("value", &Number(having.value))?;
        map.end()
    }
}
