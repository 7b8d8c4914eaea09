//! What a listing tells to be there: the parts of expense and lending results, and the documents under a prefix.

use futures::TryStreamExt;
use inkseal::SecureJob;
use inkseal::emulator::{EmulatorBuilder, Fault};
use inkseal::fleet::Listing;

use super::get::{expenses, loans, read};
use super::{Case, Gone, Way};
use crate::support::{SOURCE, clients, complete, emulator, input, seal};

const LIST: &str = "ListObjectsV2";
const GET: &str = "GetObject";

pub const EXPENSE: Way = Way {
    heading: "Expense documents from the bucket",
    calls: &[LIST, GET],
    special: || {
        let list = |fault: Fault| Case::of(LIST, fault);
        // No page of an invoice has to have a record, and no number comes after that of the last part.
        let last = Case::silent(LIST, Fault::MissingPart(3));
        let mut cases = vec![
            ("first part missing", list(Fault::MissingPart(1))),
            ("part missing in the middle", list(Fault::MissingPart(2))),
            ("last part missing", last),
        ];
        cases.extend(of_parts());
        cases
    },
    go: |case| Box::pin(expense(case)),
};

pub const LENDING: Way = Way {
    heading: "Lending results and their summary from the bucket",
    calls: &[LIST, GET],
    special: || {
        let list = |fault: Fault| Case::of(LIST, fault);
        let mut cases = vec![
            ("first part missing", list(Fault::MissingPart(1))),
            ("last part missing", list(Fault::MissingPart(2))),
        ];
        cases.extend(of_parts());
        cases
    },
    go: |case| Box::pin(lending(case)),
};

/// What can be wrong with parts, of whatever family they are.
fn of_parts() -> [(&'static str, Case); 3] {
    [
        ("part too many", Case::of(LIST, Fault::ExtraPart)),
        ("wrong key on one part", Case::of(GET, Fault::WrongKey.key("/2"))),
        ("one part not under a KMS key", Case::of(GET, Fault::NotEncrypted.key("/2"))),
    ]
}

pub const DOCUMENTS: Way = Way {
    heading: "The documents under a prefix",
    calls: &[LIST],
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

async fn lending(case: Case) -> Gone {
    let emulator = case.fault.into_iter().fold(emulator().response(loans()), EmulatorBuilder::fault);
    let emulator = emulator.build().unwrap();
    let clients = clients(&emulator);
    let job = complete(seal(SecureJob::lending(input())), &clients).await;
    let (mut out, mut result) = read(job.results(&clients)).await;
    if result.is_ok() {
        match job.output(&clients).summary().await {
            Ok(summary) => out.push(serde_json::to_string(&summary).unwrap()),
            Err(error) => result = Err(error),
        }
    }
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
