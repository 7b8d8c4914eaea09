use super::*;

#[test]
fn is_small_and_travels() {
    fn travels<T: Send + Sync + 'static>() {}
    travels::<Block>();
    #[cfg(target_pointer_width = "64")]
    assert_eq!(size_of::<Block>(), 176);
}
