//! Geometry of the recorded responses: boxes, outlines and pixels agree with each other.

use inkseal::block::{BlockKind, Orientation, PageSize, parse_part, text_angle_of};

use crate::recorded::responses;

#[test]
#[ignore = "needs INKSEAL_CORPUS"]
fn recorded_geometry_agrees_with_itself() {
    let page = PageSize::new(1700, 2200).unwrap();
    let mut words = 0;
    for (file, bytes) in responses("blocks") {
        let part = parse_part(&bytes).unwrap();
        for block in &part.records {
            let Some(geometry) = block.geometry() else { continue };
            let (Some(bounds), Some(around)) = (geometry.bounding_box, geometry.polygon.bounding_box())
            else {
                continue;
            };
            if *block.kind() == BlockKind::Word {
                words += 1;
                assert!(bounds.intersection_over_union(&around) > 0.999, "{file}: {:?}", block.id());
                assert!(geometry.polygon.area() <= bounds.area() * 1.001, "{file}: {:?}", block.id());
                assert!(bounds.contains(geometry.polygon.center().unwrap()), "{file}: {:?}", block.id());
            }
            let pixels = bounds.to_pixels(page);
            assert!(!pixels.is_empty() && pixels.right() <= 1700 && pixels.bottom() <= 2200);
        }
        // All of them were scanned upright, the most skewed one by about 2 degrees.
        if let Some(angle) = text_angle_of(&part.records, page) {
            assert!(!(3.0..=357.0).contains(&angle), "{file}: {angle}");
            assert_eq!(Orientation::of_words(&part.records), Some(Orientation::Upright), "{file}");
        }
    }
    assert!(words > 10_000);
}
