//! Against pictures, and against a second way to know what is touched.

use proptest::prelude::*;

use super::*;
use crate::block::{BoundingBox, Point, Polygon};

fn boxed(left: f32, top: f32, width: f32, height: f32) -> Geometry {
    Geometry { bounding_box: Some(BoundingBox { left, top, width, height }), ..Geometry::default() }
}

fn outlined(points: &[(f32, f32)]) -> Geometry {
    let polygon: Polygon = points.iter().map(|(x, y)| Point::new(*x, *y)).collect();
    Geometry { polygon, ..Geometry::default() }
}

/// The page as a picture: `#` where it is covered.
fn picture(region: &Geometry, (width, height): (u32, u32), padding: f64, grid: Grid) -> Vec<String> {
    let area = Area::of(region, PageSize::new(width, height).unwrap(), padding).unwrap();
    let mut rows = vec![vec![b'.'; width as usize]; height as usize];
    for (covered, columns) in area.blocks(grid) {
        for row in covered {
            rows[row as usize][columns.start as usize..columns.end as usize].fill(b'#');
        }
    }
    rows.into_iter().map(|row| String::from_utf8(row).unwrap()).collect()
}

#[test]
fn edges_are_rounded_outwards() {
    let region = boxed(0.25, 0.5, 0.375, 0.25);
    assert_eq!(picture(&region, (8, 4), 0.0, Grid::PIXELS), ["........", "........", "..###...", "........"]);
    let region = boxed(0.26, 0.51, 0.37, 0.25);
    assert_eq!(picture(&region, (8, 4), 0.0, Grid::PIXELS), ["........", "........", "..####..", "..####.."]);
    // And the same box as a polygon, in either direction.
    let corners = [(0.26, 0.51), (0.63, 0.51), (0.63, 0.76), (0.26, 0.76)];
    let around = outlined(&corners);
    let back = outlined(&corners.iter().rev().copied().collect::<Vec<_>>());
    for region in [around, back] {
        assert_eq!(
            picture(&region, (8, 4), 0.0, Grid::PIXELS),
            ["........", "........", "..####..", "..####.."]
        );
    }
}

#[test]
fn what_is_turned_is_covered_along_its_edges() {
    let diamond = outlined(&[(0.5, 0.0), (1.0, 0.5), (0.5, 1.0), (0.0, 0.5)]);
    assert_eq!(
        picture(&diamond, (6, 6), 0.0, Grid::PIXELS),
        ["..##..", ".####.", "######", "######", ".####.", "..##.."]
    );
    // One that crosses itself covers what is between its points.
    let bow = outlined(&[(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)]);
    assert_eq!(picture(&bow, (3, 2), 0.0, Grid::PIXELS), ["###", "###"]);
}

#[test]
fn what_has_no_area_covers_a_pixel() {
    for at in [(0.0, 0.0), (0.99, 0.99), (1.0, 1.0)] {
        let dot = picture(&boxed(at.0, at.1, 0.0, 0.0), (4, 4), 0.0, Grid::PIXELS).concat();
        assert_eq!(dot.matches('#').count(), 1, "{at:?}");
    }
    let line = outlined(&[(0.5, 0.5), (0.9, 0.5), (0.5, 0.5)]);
    assert_eq!(picture(&line, (4, 4), 0.0, Grid::PIXELS), ["....", "....", "..##", "...."]);
    let padded = picture(&boxed(0.5, 0.5, 0.0, 0.0), (5, 5), 0.1, Grid::PIXELS);
    assert_eq!(padded, [".....", ".###.", ".###.", ".###.", "....."]);
}

#[test]
fn padding_goes_by_the_shorter_side() {
    // Columns 32 to 95, rows 48 to 63, and an eighth of 16 on each side.
    let region = boxed(0.25, 0.375, 0.5, 0.125);
    let picture = picture(&region, (128, 128), 0.125, Grid::PIXELS);
    let rows: Vec<_> = (0..128).filter(|row| picture[*row].contains('#')).collect();
    assert_eq!((rows[0], rows[rows.len() - 1]), (46, 65));
    assert_eq!((picture[50].find('#'), picture[50].rfind('#')), (Some(30), Some(97)));
}

#[test]
fn whole_blocks() {
    let region = boxed(0.3, 0.55, 0.01, 0.01);
    let plain = picture(&region, (20, 20), 0.0, Grid::blocks((0, 0)));
    let rows: Vec<_> = (0..20).filter(|row| plain[*row].contains('#')).collect();
    assert_eq!((rows[0], rows.len(), plain[8].find('#'), plain[8].rfind('#')), (8, 8, Some(0), Some(7)));
    // At the far edges blocks are cut off.
    let corner = picture(&boxed(0.99, 0.99, 0.0, 0.0), (20, 20), 0.0, Grid::blocks((0, 0)));
    assert_eq!(corner.concat().matches('#').count(), 4 * 4);
    // Mirrored, the source's blocks begin at the far edge: 0..4, 4..12, 12..20. The pixel 6 lies in 4..12.
    let mirrored = picture(&region, (20, 20), 0.0, Grid::blocks((20, 0)));
    assert_eq!((mirrored[8].find('#'), mirrored[8].rfind('#')), (Some(0), Some(15)));
}

#[test]
fn regions_that_cover_nothing_known() {
    let page = PageSize::new(100, 100).unwrap();
    let nan = f32::NAN;
    for (region, reason) in [
        (Geometry::default(), "neither a polygon"),
        (outlined(&[(0.1, 0.1), (0.2, 0.2)]), "neither a polygon"),
        (boxed(nan, 0.1, 0.1, 0.1), "not a finite number"),
        (boxed(0.1, 0.1, 0.1, f32::INFINITY), "not a finite number"),
        (outlined(&[(0.1, 0.1), (0.2, nan), (0.3, 0.3)]), "not a finite number"),
        (boxed(10.0, 10.0, 30.0, 8.0), "far off the page"),
        (outlined(&[(10.0, 10.0), (40.0, 10.0), (40.0, 18.0)]), "far off the page"),
        (boxed(1.1, 0.1, 0.1, 0.1), "beside the page"),
        (boxed(0.1, -0.2, 0.1, 0.1), "beside the page"),
        (outlined(&[(-0.6, 0.1), (0.1, -0.6), (-0.5, -0.5)]), "beside the page"),
    ] {
        let refused = Area::of(&region, page, 0.1).expect_err(reason);
        assert!(refused.contains(reason), "{region:?}: {refused}");
    }
    assert!(Area::of(&boxed(-0.1, -0.1, 1.2, 1.2), page, 0.1).is_ok());
}

#[test]
fn an_outline_of_very_many_corners_is_covered_by_its_box() {
    let round = (0..10_000).map(|i| (i as f32 / 10_000.0 * std::f32::consts::TAU).sin_cos());
    let points: Vec<_> = round.map(|(x, y)| (0.5 + x / 4.0, 0.5 + y / 4.0)).collect();
    let picture = picture(&outlined(&points), (8, 8), 0.0, Grid::PIXELS);
    assert_eq!(picture.concat().matches('#').count(), 16);
}

fn regions() -> impl Strategy<Value = Geometry> {
    let place = -0.3..1.3_f32;
    let points = prop::collection::vec((place.clone(), place), 3..9);
    let boxes = (-0.2..1.2_f32, -0.2..1.2_f32, -0.5..0.5_f32, -0.5..0.5_f32);
    prop_oneof![
        points.prop_map(|points| outlined(&points)),
        boxes.prop_map(|(left, top, width, height)| boxed(left, top, width, height)),
    ]
}

/// Whether an outline and a square are apart, by the separating axes of both: a second way to know, with room to spare.
fn apart(corners: &[At], (left, top): At, side: f64, room: f64) -> bool {
    let square = [(left, top), (left + side, top), (left + side, top + side), (left, top + side)];
    let edges = corners.iter().zip(corners.iter().cycle().skip(1));
    let normals = edges.map(|(a, b)| (b.1 - a.1, a.0 - b.0)).chain([(1.0, 0.0), (0.0, 1.0)]);
    normals.filter(|(x, y)| x.hypot(*y) > 0.0).any(|(x, y)| {
        let along = |points: &[At]| {
            let on = points.iter().map(|point| (point.0 * x + point.1 * y) / x.hypot(y));
            on.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)))
        };
        let (mine, other) = (along(corners), along(&square));
        mine.1 <= other.0 + room || other.1 <= mine.0 + room
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_pixel_that_is_touched_and_none_beyond(
        region in regions(),
        width in 1..40_u32,
        height in 1..40_u32,
        padding in prop_oneof![Just(0.0), 0.0..1.0_f64],
    ) {
        let page = PageSize::new(width, height).unwrap();
        let Ok(area) = Area::of(&region, page, padding) else { return Ok(()) };
        let picture = picture(&region, (width, height), padding, Grid::PIXELS);
        let points: Vec<_> = ratios(&region).unwrap();
        let plain = around_all(points.iter().map(|(x, y)| (x * f64::from(width), y * f64::from(height))).collect());
        for (y, row) in picture.iter().enumerate() {
            for (x, pixel) in row.bytes().enumerate() {
                let at = (x as f64, y as f64);
                if !apart(&area.corners, at, 1.0, 1e-9) || !apart(&plain, at, 1.0, 1e-9) {
                    prop_assert_eq!(pixel, b'#', "{} {} is touched", x, y);
                }
                if pixel == b'#' {
                    // No farther than the pixel next to one that the padded outline touches.
                    prop_assert!(!apart(&area.corners, (at.0 - 1.0, at.1 - 1.0), 3.0, -1e-6));
                }
            }
        }
        let by = if padding > 0.0 { (thickness(&plain) * padding).max(1.0) } else { 0.0 };
        for (x, y) in &plain {
            for (dx, dy) in [(-by, 0.0), (by, 0.0), (0.0, -by), (0.0, by)] {
                let (x, y) = (x + dx, y + dy);
                if (0.0..f64::from(width)).contains(&x) && (0.0..f64::from(height)).contains(&y) {
                    let covered = picture[y as usize].as_bytes()[x as usize];
                    let on_line = x.fract() == 0.0 || y.fract() == 0.0;
                    prop_assert!(covered == b'#' || on_line);
                }
            }
        }
    }

    #[test]
    fn blocks_hold_the_pixels(
        region in regions(),
        width in 1..60_u32,
        height in 1..60_u32,
        beginning in (0..60_u32, 0..60_u32),
    ) {
        let page = PageSize::new(width, height).unwrap();
        let Ok(_) = Area::of(&region, page, 0.1) else { return Ok(()) };
        let pixels = picture(&region, (width, height), 0.1, Grid::PIXELS).concat();
        let blocks = picture(&region, (width, height), 0.1, Grid::blocks(beginning)).concat();
        for (pixel, block) in pixels.bytes().zip(blocks.bytes()) {
            prop_assert!(pixel == b'.' || block == b'#');
        }
        // What is covered is whole blocks of the new image, cut off at its edges only.
        for (at, block) in blocks.bytes().enumerate() {
            let (x, y) = (at % width as usize, at / width as usize);
            let first = blocks.as_bytes()[y / 8 * 8 * width as usize + x / 8 * 8];
            prop_assert_eq!(block, first);
        }
        // And whole blocks of the source: a neighbour in the same block is covered too.
        let source = |at: usize, begin: u32| (at + 64 - begin as usize % 8) / 8;
        for (at, _) in pixels.bytes().enumerate().filter(|(_, pixel)| *pixel == b'#') {
            let (x, y) = (at % width as usize, at / width as usize);
            for (nx, ny) in [(x.wrapping_sub(7), y), (x + 7, y), (x, y.wrapping_sub(7)), (x, y + 7)] {
                let same = nx < width as usize && ny < height as usize
                    && source(nx, beginning.0) == source(x, beginning.0)
                    && source(ny, beginning.1) == source(y, beginning.1);
                if same {
                    prop_assert_eq!(blocks.as_bytes()[ny * width as usize + nx], b'#');
                }
            }
        }
    }
}
