//! A chart as SVG. Its texts are HTML beside it, because the sheet is stretched to the page's width; its values are the
//! titles of what is drawn, a table that opens, and with the script what the arrow keys and the pointer name.

use crate::chart::{Chart, HEIGHT, LEVELS, Mark, Shape, WIDTH};
use crate::format;
use leptos::prelude::*;

/// So many values are in the table; the JSON has all.
const MOST_ROWS: usize = 500;

pub(super) fn view(chart: &Chart, number: usize) -> impl IntoView + use<> {
    let heading = format!("chart-{number}");
    let class = if chart.most.is_some() { "chart heatmap" } else { "chart" };
    let grid: Vec<_> = chart
        .y_ticks
        .iter()
        .map(|(percent, _)| {
            let y = percent / 100.0 * HEIGHT;
            view! { <path class="grid" d=format!("M0 {y:.1}H{WIDTH}")></path> }
        })
        .collect();
    let lines: Vec<_> = chart
        .lines
        .iter()
        .map(|(group, path)| view! { <path class=format!("line line-{group}") d=path.clone()></path> })
        .collect();
    let marks: Vec<_> = chart.marks.iter().map(mark).collect();
    let y_ticks: Vec<_> = chart
        .y_ticks
        .iter()
        .map(|(percent, words)| view! { <span style=format!("top:{percent:.2}%")>{words.clone()}</span> })
        .collect();
    let x_ticks: Vec<_> = chart
        .x_ticks
        .iter()
        .map(|(percent, words)| view! { <span style=format!("left:{percent:.2}%")>{words.clone()}</span> })
        .collect();
    view! {
        <figure class=class aria-labelledby=heading>
            <figcaption>
                <h2 id=heading.clone()>{chart.key.clone()}</h2>
                {chart.most.map(legend)}
                <output class="reading"></output>
            </figcaption>
            <div class="sheet" data-keys="Use the arrow keys to read values.">
                <div class="y-ticks" aria-hidden="true">{y_ticks}</div>
                <svg
                    viewBox=format!("0 0 {WIDTH} {HEIGHT}")
                    preserveAspectRatio="none"
                    role="img"
                    aria-label=chart.summary.clone()
                >
                    {grid}
                    {lines}
                    <g>{marks}</g>
                </svg>
                <div class="x-ticks" aria-hidden="true">{x_ticks}<span class="zone">"UTC"</span></div>
            </div>
            {values(chart)}
        </figure>
    }
}

fn mark(mark: &Mark) -> AnyView {
    let words = format!("{} · {} · {}", mark.time, mark.what, mark.value);
    match mark.shape {
        Shape::Cell {
            x,
            y,
            width,
            height,
            level,
        } => view! {
            <rect
                class=format!("value level-{level}")
                x=format!("{x:.1}")
                y=format!("{y:.1}")
                width=format!("{width:.1}")
                height=format!("{height:.1}")
            >
                <title>{words}</title>
            </rect>
        }
        .into_any(),
        Shape::Point { x, y, line } => {
            let class = line.map_or("value point".to_owned(), |line| format!("value point line-{line}"));
            view! {
                <path class=class d=format!("M{x:.1} {y:.1}h0") data-href=mark.href.clone()>
                    <title>{words}</title>
                </path>
            }
            .into_any()
        }
    }
}

fn legend(most: u64) -> AnyView {
    if most <= 1 {
        return view! { <span class="meta">"one row in each cell"</span> }.into_any();
    }
    let levels: Vec<_> = (1..=LEVELS)
        .map(|level| view! { <i class=format!("level-{level}")></i> })
        .collect();
    view! {
        <span class="strength meta" aria-hidden="true">"1 "{levels}" "{format::counted(most, "row")}</span>
    }
    .into_any()
}

fn values(chart: &Chart) -> impl IntoView + use<> {
    let rows: Vec<_> = chart
        .marks
        .iter()
        .take(MOST_ROWS)
        .map(|mark| {
            view! {
                <tr>
                    <th scope="row">{mark.time.clone()}</th>
                    <td>{mark.what.clone()}</td>
                    <td class="number">{mark.value.clone()}</td>
                </tr>
            }
        })
        .collect();
    let more = (chart.marks.len() > MOST_ROWS).then(|| {
        let words = format!(
            "The first {MOST_ROWS} of {} values.",
            format::count(chart.marks.len() as u64)
        );
        view! { <p class="meta">{words}</p> }
    });
    let caption = format!("Values of {}", chart.key);
    view! {
        <details class="values">
            <summary>"Values"</summary>
            <div class="wide" tabindex="0" role="region" aria-label=caption>
                <table class="results">
                    <caption class="hidden">{caption.clone()}</caption>
                    <thead>
                        <tr>
                            <th scope="col">"From, UTC"</th>
                            <th scope="col">{chart.what}</th>
                            <th scope="col" class="number">{if chart.most.is_some() { "Rows" } else { "Value" }}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {more}
        </details>
    }
}
