//! Which span is under which.
//!
//! Spans come from anybody: parents may be missing, ids may be there twice, parents may form a circle, and a chain may
//! be a hundred thousand deep. Each span gets exactly one row, and nothing here recurses.

use honeycomb::{Event, column};
use std::collections::HashMap;

/// More levels than this are not indented further.
pub(crate) const MAX_GUIDES: usize = 12;

/// Where a span is in the tree.
pub(crate) struct Place {
    /// Which of the spans.
    pub(crate) span: usize,
    /// The place of which span this is a child, if that span is there.
    pub(crate) parent: Option<usize>,
    /// 0 for roots.
    pub(crate) depth: usize,
    /// The lines at the left, outermost first; none for roots, at most [`MAX_GUIDES`].
    pub(crate) guides: Vec<Guide>,
    /// The span names a parent that is not there (or that is below it): a root for want of a better one.
    pub(crate) parent_missing: bool,
    /// The first span of its id: others can lead to it.
    pub(crate) first_of_id: bool,
}

/// One line at the left of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guide {
    /// Nothing more comes at this level.
    Space,
    /// A later sibling of an ancestor.
    Line,
    /// The row itself, with siblings below.
    Tee,
    /// The row itself, the last of its siblings.
    Corner,
}

/// The places of all spans from top to bottom. Spans are sorted by time, and so are roots and siblings.
pub(crate) fn places(spans: &[Event]) -> Vec<Place> {
    let mut by_id: HashMap<&str, usize> = HashMap::with_capacity(spans.len());
    for (index, span) in spans.iter().enumerate() {
        by_id.entry(id(span)).or_insert(index);
    }
    let parents: Vec<Option<usize>> = spans
        .iter()
        .map(|span| by_id.get(span.str(column::PARENT_ID)?).copied())
        .collect();
    let mut children = vec![Vec::new(); spans.len()];
    for (index, parent) in parents.iter().enumerate() {
        if let Some(parent) = parent {
            children[*parent].push(index);
        }
    }

    let mut walk = Walk {
        children,
        seen: vec![false; spans.len()],
        places: Vec::with_capacity(spans.len()),
    };
    for index in (0..spans.len()).filter(|index| parents[*index].is_none()) {
        walk.from(index);
    }
    // What no root leads to is a circle, entered at its earliest span.
    for index in 0..spans.len() {
        walk.from(index);
    }
    for place in &mut walk.places {
        let span = &spans[place.span];
        place.parent_missing = place.depth == 0 && span.get(column::PARENT_ID).is_some();
        place.parent = parents[place.span].filter(|_| place.depth > 0);
        place.first_of_id = by_id.get(id(span)) == Some(&place.span);
    }
    walk.places
}

fn id(span: &Event) -> &str {
    span.str(column::SPAN_ID).unwrap_or_default()
}

struct Walk {
    children: Vec<Vec<usize>>,
    seen: Vec<bool>,
    places: Vec<Place>,
}

impl Walk {
    fn from(&mut self, root: usize) {
        if self.seen[root] {
            return;
        }
        self.seen[root] = true;
        // For the row at hand: per level, whether it or its ancestor is the last of its siblings.
        let mut last: Vec<bool> = Vec::new();
        let mut stack = vec![(root, 0, true)];
        while let Some((span, depth, is_last)) = stack.pop() {
            last.truncate(depth);
            last.push(is_last);
            self.places.push(Place {
                span,
                parent: None,
                depth,
                guides: guides(&last),
                parent_missing: false,
                first_of_id: false,
            });
            let below: Vec<usize> = std::mem::take(&mut self.children[span])
                .into_iter()
                .filter(|child| !std::mem::replace(&mut self.seen[*child], true))
                .collect();
            let count = below.len();
            stack.extend(
                below
                    .into_iter()
                    .enumerate()
                    .rev()
                    .map(|(index, child)| (child, depth + 1, index + 1 == count)),
            );
        }
    }
}

fn guides(last: &[bool]) -> Vec<Guide> {
    // The root itself has no line.
    let levels = &last[1..];
    let Some((own, above)) = levels.split_last() else {
        return Vec::new();
    };
    let above = &above[above.len().saturating_sub(MAX_GUIDES - 1)..];
    let line = |last: &bool| if *last { Guide::Space } else { Guide::Line };
    let own = if *own { Guide::Corner } else { Guide::Tee };
    above.iter().map(line).chain([own]).collect()
}

/// Per span, the nanoseconds in which none of its children ran.
pub(crate) fn self_times(spans: &[Event], places: &[Place]) -> Vec<i64> {
    let interval = |index: usize| {
        let start = spans[index].time_unix_nano;
        (start, start.saturating_add(super::duration(&spans[index])))
    };
    let mut covered: Vec<Vec<(i64, i64)>> = vec![Vec::new(); spans.len()];
    for place in places {
        if let Some(parent) = place.parent {
            let (start, end) = interval(parent);
            let (child_start, child_end) = interval(place.span);
            covered[parent].push((child_start.max(start), child_end.min(end)));
        }
    }
    covered
        .into_iter()
        .enumerate()
        .map(|(index, children)| {
            let (start, end) = interval(index);
            end - start - super::split::covered(&super::split::union(children), (start, end))
        })
        .collect()
}
