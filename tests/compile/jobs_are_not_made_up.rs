use inkseal::{Analysis, SecureJob};

fn unbuilt(job: &SecureJob<Analysis>) -> SecureJob<Analysis> {
    SecureJob { ..job.clone() }
}

fn main() {}
