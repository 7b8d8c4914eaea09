//! What only a listing tells to be there: the parts of expense documents, which no page number misses, and the documents under a
//! prefix.

use futures::TryStreamExt;
use inkseal::SecureJob;
use inkseal::emulator::EmulatorBuilder;
use inkseal::fleet::Listing;

use super::get::{expenses, read};
use super::{Case, Gone, Way};
use crate::support::{SOURCE, clients, complete, emulator, input, seal};

pub const EXPENSE: Way = Way {
    heading: "Expense documents from the bucket",
    calls: &["ListObjectsV2", "GetObject"],
    special: Vec::new,
    go: |case| Box::pin(expense(case)),
};

pub const DOCUMENTS: Way = Way {
    heading: "The documents under a prefix",
    calls: &["ListObjectsV2"],
    special: Vec::new,
    go: |case| Box::pin(documents(case)),
};

async fn expense(case: Case) -> Gone {
    let emulator = case.fault.into_iter().fold(emulator().response(expenses()), EmulatorBuilder::fault);
    let emulator = emulator.build().unwrap();
    let clients = clients(&emulator);
    let job = complete(seal(SecureJob::expense(input())), &clients).await;
    let (out, result) = read(job.documents(&clients)).await;
    Gone::of(&emulator, case.call, out, result)
}

async fn documents(case: Case) -> Gone {
    let scans = (0..25).fold(emulator().list_page_size(10), |emulator, number| {
        emulator.object(SOURCE, format!("pile/{number:02}.pdf"), "%PDF-1.7")
    });
    let emulator = case.fault.into_iter().fold(scans, EmulatorBuilder::fault).build().unwrap();
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
    Gone::of(&emulator, case.call, out, result)
}
