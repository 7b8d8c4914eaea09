//! Many streams at once, slow consumers, and futures that are dropped wherever they can be.

mod comprehend;
mod dropped;
mod fleet;
mod jobs;
mod queue;
mod redact;
mod stated;
mod streams;

use std::fmt;
use std::future::{Future, poll_fn};
use std::task::Poll;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use inkseal::Clients;
use inkseal::emulator::Emulator;
use tokio::runtime::Handle;
use tokio::task::yield_now;
use tokio::time::sleep;

const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

/// When a future is dropped: after this many polls.
#[derive(Clone, Copy, Debug)]
struct Drop {
    polls: usize,
    /// Whether it is dropped only when it would be polled once more; otherwise at once, with what it has just begun.
    is_woken: bool,
}

/// Drives a future until it is dropped; gives its output, if it ended before.
async fn up_to<F: Future>(end: Drop, future: F) -> Option<F::Output> {
    let mut future = Some(Box::pin(future));
    let mut left = end.polls;
    poll_fn(move |context| {
        if left == 0 {
            future = None;
        }
        let Some(running) = &mut future else { return Poll::Ready(None) };
        left -= 1;
        match running.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 && !end.is_woken => {
                future = None;
                Poll::Ready(None)
            }
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// The surroundings of a future, and the requests that it makes there.
trait Scene {
    fn emulator(&self) -> &Emulator;

    /// The operation that something else in the scene requests all the time.
    fn background(&self) -> Option<&'static str> {
        None
    }
}

impl Scene for (Emulator, Clients) {
    fn emulator(&self) -> &Emulator {
        &self.0
    }
}

impl<T> Scene for (Emulator, Clients, T) {
    fn emulator(&self) -> &Emulator {
        &self.0
    }
}

/// The number of requests so far, except those of the background.
fn requests(scene: &impl Scene) -> usize {
    let requests = scene.emulator().requests().into_iter();
    requests.filter(|request| Some(request.operation.as_str()) != scene.background()).count()
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

/// Longer than any pause, any request and any visibility in a scene.
const LONG: Duration = Duration::from_secs(90);

/// Drops `work` at every poll, each time in a new scene, until it ends: at once, and if it has tasks also after they have run
/// for a while. After each drop no task is left and no request comes any more; then `check` inspects the scene, and does the
/// work again.
///
/// Returns how many polls the work took.
async fn cancelled<S: Scene, T>(
    scene: impl AsyncFn() -> S,
    work: impl AsyncFn(&S) -> T,
    check: impl AsyncFn(S, Option<T>),
) -> usize {
    let once = async |end: Drop| {
        let scene = scene().await;
        settle(&scene).await;
        let before = tasks();
        let ended = up_to(end, work(&scene)).await;
        let has_tasks = tasks() > before;
        // A task that is woken at the same time may run before it is aborted.
        for _ in 0..3 {
            yield_now().await;
        }
        let sent = requests(&scene);
        settle(&scene).await;
        assert_eq!(tasks(), before, "tasks are left, {end:?}");
        assert_eq!(requests(&scene), sent, "requests come, {end:?}");
        let is_ended = ended.is_some();
        check(scene, ended).await;
        (is_ended, has_tasks)
    };
    let mut polls = 0;
    loop {
        let (is_ended, has_tasks) = once(Drop { polls, is_woken: false }).await;
        if has_tasks {
            once(Drop { polls, is_woken: true }).await;
        }
        if is_ended {
            return polls;
        }
        polls += 1;
        assert!(polls < 1000, "the work ends");
    }
}

/// Lets everything that is still on its way end.
async fn settle(scene: &impl Scene) {
    sleep(LONG).await;
    drop(scene.emulator().object_keys(""));
}

/// The emulator behind a line on which every request and every answer takes some time, so that a future can be dropped before
/// a request has arrived and before its answer has.
#[derive(Clone, Debug)]
struct Line(Emulator);

impl HttpClient for Line {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(LineConnector(self.0.http_connector(settings, components)))
    }
}

struct LineConnector(SharedHttpConnector);

impl fmt::Debug for LineConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LineConnector")
    }
}

impl HttpConnector for LineConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = self.0.clone();
        HttpConnectorFuture::new(async move {
            sleep(MILLISECOND).await;
            let answer = connector.call(request).await;
            sleep(MILLISECOND).await;
            answer
        })
    }
}

/// Clients whose requests and answers take some time.
fn on_a_line(emulator: &Emulator) -> Clients {
    let line = SharedHttpClient::new(Line(emulator.clone()));
    let config = emulator.sdk_config().into_builder().http_client(line).build();
    Clients::builder().get_rate(1000.0).connect(&config).unwrap()
}
