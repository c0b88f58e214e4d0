//! `server-load`: what tracing costs the server, in requests a second.
//!
//! Four servers, alike but for what they do with spans, each with an empty database that is filled with the demo people.
//! They run all the time and are loaded one after the other, in turns, so that a machine that gets slower does so for
//! all. The load shares the machine with the server, which is the usual case here, and makes the server's share look
//! smaller than it is: so its CPU time for a request is printed beside.

mod load;
mod options;
mod receiver;
mod report;
mod requests;
mod variants;

use anyhow::Result;
use load::Until;
use options::Options;
use receiver::Receiver;
use requests::Request;
use std::process::ExitCode;
use variants::{Spans, Tracing, Variant};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("server-load: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let options = Options::parse(arguments)?;
    let mut receiver = Receiver::start()?;
    let variants = Tracing::ALL
        .into_iter()
        .map(|tracing| Variant::start(tracing, &options, &receiver))
        .collect::<Result<Vec<_>>>()?;
    println!(
        "{} connections, {} rounds in turns; the load and the server share the machine's cores\n\
         (medians; in brackets the middle half of the rounds, in square brackets what is to be reached)",
        options.connections, options.rounds
    );
    let mut seed = 0;
    for request in Request::ALL {
        let mut measure = |variant: &Variant, until| {
            seed += 1;
            load::run(variant, request, options.connections, until, seed)
        };
        // For warming up, and to know how many requests fill a round.
        let warm = variants
            .iter()
            .map(|variant| measure(variant, Until::Elapsed(options.time)))
            .collect::<Result<Vec<_>>>()?;
        let number = warm[0].requests.max(1);
        let spans_before = count_spans(&variants, &mut receiver)?;
        let mut rounds = vec![Vec::with_capacity(options.rounds); variants.len()];
        for round in 0..options.rounds {
            let mut order: Vec<usize> = (0..variants.len()).collect();
            if round % 2 == 1 {
                order.reverse();
            }
            for index in order {
                rounds[index].push(measure(&variants[index], Until::Requests(number))?);
            }
        }
        let spans_after = count_spans(&variants, &mut receiver)?;
        let spans: Vec<_> = spans_before
            .iter()
            .zip(&spans_after)
            .map(|(before, after)| after.since(*before))
            .collect();
        report::print(request, &rounds, &spans);
    }
    Ok(())
}

/// Of each server.
fn count_spans(variants: &[Variant], receiver: &mut Receiver) -> Result<Vec<Spans>> {
    variants.iter().map(|variant| variant.spans(receiver)).collect()
}
