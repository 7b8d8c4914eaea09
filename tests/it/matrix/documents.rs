//! The documents under a prefix, as the fleet lists them.

use futures::TryStreamExt;
use inkseal::fleet::Listing;

use super::{Case, Route, Run, clients};
use crate::support::{SOURCE, emulator};

pub const ROUTE: Route = Route {
    heading: "The documents under a prefix",
    calls: &["ListObjectsV2"],
    special: Vec::new,
    run: |case| Box::pin(run(case)),
};

async fn run(case: Case) -> Run {
    let scans = (0..25).fold(emulator().list_page_size(10), |emulator, number| {
        emulator.object(SOURCE, format!("pile/{number:02}.pdf"), "%PDF-1.7")
    });
    let emulator = case.build(scans);
    let listing = Listing::new(SOURCE.parse().unwrap()).prefix("pile/");
    let mut documents = listing.documents(&clients(&emulator));
    let mut out = Vec::new();
    let result = loop {
        match documents.try_next().await {
            Ok(Some(document)) => out.push(document.object().key().to_owned()),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    Run::of(&emulator, case.call, out, result)
}
