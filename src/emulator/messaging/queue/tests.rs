use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn queue() -> Queue {
    Queue::new(Settings { visibility: 30 * SECOND, ..Settings::default() })
}

fn send(queue: &mut Queue, body: &str, now: Instant) {
    let message = Message::new(body.into(), body.into(), now);
    assert!(!queue.send(message, now, Turn::Last, now), "it is the last");
}

fn receive(queue: &mut Queue, now: Instant, most: usize) -> Vec<(Receipt, String)> {
    let received = queue.receive(now, most, queue.settings.visibility, true);
    received.taken.into_iter().map(|(receipt, message)| (receipt, message.body.to_string())).collect()
}

fn bodies(received: &[(Receipt, String)]) -> Vec<&str> {
    received.iter().map(|(_, body)| body.as_str()).collect()
}

fn counts(queue: &mut Queue, now: Instant) -> [usize; 3] {
    let Counts { visible, in_flight, delayed } = queue.counts(now);
    [visible, in_flight, delayed]
}

#[test]
fn a_message_is_invisible_while_it_is_in_flight_and_comes_back() {
    let (mut queue, start) = (queue(), Instant::now());
    for body in ["a", "b", "c"] {
        send(&mut queue, body, start);
    }
    let first = receive(&mut queue, start, 2);
    assert_eq!(bodies(&first), ["a", "b"]);
    assert_eq!(counts(&mut queue, start), [1, 2, 0]);
    assert_eq!(queue.next_visible(), Some(start + 30 * SECOND));
    assert_eq!(bodies(&receive(&mut queue, start + 29 * SECOND, 10)), ["c"]);
    let again = queue.receive(start + 30 * SECOND, 10, 30 * SECOND, true);
    let again: Vec<_> = again.taken.iter().map(|(_, message)| (&*message.body, message.receives)).collect();
    assert_eq!(again, [("a", 2), ("b", 2)]);
    queue.delete(first[0].0);
    assert_eq!(counts(&mut queue, start + 30 * SECOND), [0, 3, 0], "a stale receipt deletes nothing");
}

#[test]
fn a_receipt_is_good_until_the_message_is_received_again() {
    let (mut queue, start) = (queue(), Instant::now());
    send(&mut queue, "a", start);
    let old = receive(&mut queue, start, 1)[0].0;
    let over = start + 31 * SECOND;
    assert_eq!(queue.change_visibility(old, SECOND, over), Err(NotChanged::NotInFlight));
    let new = receive(&mut queue, over, 1)[0].0;
    assert_eq!(queue.change_visibility(old, SECOND, over), Err(NotChanged::Gone));
    assert_eq!(queue.change_visibility(new, 60 * SECOND, over), Ok(()));
    assert_eq!(counts(&mut queue, over + 59 * SECOND), [0, 1, 0]);
    assert_eq!(counts(&mut queue, over + 60 * SECOND), [1, 0, 0]);
    queue.delete(new);
    assert_eq!(counts(&mut queue, over + 60 * SECOND), [0, 0, 0], "visible, and not received again since");
    assert_eq!(queue.change_visibility(new, SECOND, over), Err(NotChanged::Gone));
}

#[test]
fn visibility_of_zero_is_now_and_twelve_hours_are_the_most() {
    let (mut queue, start) = (queue(), Instant::now());
    send(&mut queue, "a", start);
    let receipt = receive(&mut queue, start, 1)[0].0;
    let hour = 3600 * SECOND;
    assert_eq!(queue.change_visibility(receipt, 12 * hour, start), Ok(()));
    assert_eq!(queue.change_visibility(receipt, 12 * hour, start + SECOND), Err(NotChanged::TooLong));
    assert_eq!(queue.change_visibility(receipt, 11 * hour, start + hour), Ok(()));
    assert_eq!(queue.change_visibility(receipt, Duration::ZERO, start + hour), Ok(()));
    assert_eq!(counts(&mut queue, start + hour), [1, 0, 0]);
}

#[test]
fn what_was_received_too_often_leaves() {
    let (mut queue, start) = (queue(), Instant::now());
    queue.settings.redrive = Some(Redrive { target: "dead".to_owned(), max_receives: 2 });
    send(&mut queue, "a", start);
    assert_eq!(receive(&mut queue, start, 10).len(), 1);
    assert_eq!(receive(&mut queue, start + 30 * SECOND, 10).len(), 1);
    let kept = queue.receive(start + 60 * SECOND, 10, Duration::ZERO, false);
    assert_eq!((kept.taken.len(), kept.dead.len()), (1, 0), "there is nowhere to leave to");
    let given_up = queue.receive(start + 60 * SECOND, 10, 30 * SECOND, true);
    assert_eq!((given_up.taken.len(), given_up.dead.len()), (0, 1));
    assert_eq!(counts(&mut queue, start + 60 * SECOND), [0, 0, 0]);
}

#[test]
fn old_messages_go_and_delayed_ones_wait() {
    let (mut queue, start) = (queue(), Instant::now());
    queue.settings.retention = 100 * SECOND;
    send(&mut queue, "old", start);
    let late = Message::new("late".into(), "late".into(), start + 50 * SECOND);
    queue.send(late, start + 70 * SECOND, Turn::Last, start + 50 * SECOND);
    assert_eq!(counts(&mut queue, start + 69 * SECOND), [1, 0, 1]);
    assert_eq!(queue.next_visible(), Some(start + 70 * SECOND));
    assert_eq!(counts(&mut queue, start + 70 * SECOND), [2, 0, 0]);
    assert_eq!(bodies(&receive(&mut queue, start + 100 * SECOND, 10)), ["late"]);
    assert_eq!(counts(&mut queue, start + 150 * SECOND), [0, 0, 0], "in flight or not");
}

#[test]
fn a_message_can_overtake_others() {
    let (mut queue, start) = (queue(), Instant::now());
    for body in ["a", "b", "c", "d"] {
        send(&mut queue, body, start);
    }
    assert!(queue.send(Message::new("x".into(), "x".into(), start), start, Turn::At(0.5), start));
    send(&mut queue, "e", start);
    assert_eq!(bodies(&receive(&mut queue, start, 10)), ["a", "b", "c", "x", "d", "e"]);
}

/// If a receive looked at every message, this would take hours.
#[test]
fn a_hundred_thousand_messages_are_no_matter() {
    let (mut queue, start) = (queue(), Instant::now());
    for number in 0..100_000 {
        send(&mut queue, &number.to_string(), start);
    }
    let mut receipts = Vec::new();
    for _ in 0..10_000 {
        receipts.extend(receive(&mut queue, start, 10).into_iter().map(|(receipt, _)| receipt));
    }
    assert_eq!(counts(&mut queue, start), [0, 100_000, 0]);
    for receipt in receipts.iter().step_by(2) {
        queue.delete(*receipt);
    }
    assert_eq!(counts(&mut queue, start + 30 * SECOND), [50_000, 0, 0]);
}
