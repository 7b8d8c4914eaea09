//! Tables, even some that Textract never sends, and those that continue on the next page.

use inkseal::document::{Document, Merged, Slot, Table};
use serde_json::json;

use super::build::{Place, Response, links};

fn only(document: &Document) -> Table<'_> {
    let mut tables = document.tables();
    let table = tables.next().unwrap();
    assert!(tables.next().is_none());
    table
}

/// A table of single cells and merged ones: row, column, how many rows and columns, and their words.
fn table_of(single: &[(u32, u32, &str)], merged: &[(u32, u32, u32, u32)]) -> Document {
    let mut response = Response::new().page(1);
    let cells: Vec<_> = single.iter().map(|(row, column, text)| response.cell(*row, *column, text)).collect();
    let merged: Vec<_> = merged
        .iter()
        .map(|(row, column, rows, columns)| {
            let inside = |cell: &(u32, u32, &str)| {
                (*row..row.saturating_add(*rows)).contains(&cell.0)
                    && (*column..column.saturating_add(*columns)).contains(&cell.1)
            };
            let parts = single
                .iter()
                .zip(&cells)
                .filter(|(cell, _)| inside(cell))
                .map(|(_, id)| id.clone())
                .collect();
            response.add(
                "MERGED_CELL",
                json!({"RowIndex": row, "ColumnIndex": column, "RowSpan": rows, "ColumnSpan": columns,
                       "Relationships": links([("CHILD", parts)])}),
            )
        })
        .collect();
    response.add("TABLE", json!({"Relationships": links([("CHILD", cells), ("MERGED_CELL", merged)])}));
    response.document()
}

#[test]
fn a_merged_cell_takes_the_place_of_its_parts() {
    let single = [(1, 1, "Sums"), (1, 2, "of"), (2, 1, "2020"), (2, 2, "7"), (3, 1, ""), (3, 2, "8")];
    let document = table_of(&single, &[(1, 1, 1, 2), (2, 1, 2, 1)]);
    let table = only(&document);
    assert_eq!((table.row_count(), table.column_count()), (3, 2));
    assert_eq!(table.texts(Merged::Once), [["Sums of", ""], ["2020", "7"], ["", "8"]]);
    assert_eq!(table.texts(Merged::Repeated), [["Sums of", "Sums of"], ["2020", "7"], ["2020", "8"]]);
    assert_eq!(
        (table.cells().count(), table.merged_cells().count(), table.unplaced_cells().count()),
        (6, 2, 0)
    );
    let corner = table.cell(1, 2).unwrap();
    assert!(corner.is_merged() && corner.parts().count() == 2 && corner.tokens().count() == 2);
    assert!(matches!(table.slot(3, 1), Slot::Covered(cell) if cell.row() == 2 && cell.row_span() == 2));
    assert!(table.slot(3, 1).start().is_none() && table.slot(2, 2).start().is_some());
    for (row, column) in [(0, 1), (1, 0), (4, 1), (1, 3), (u32::MAX, u32::MAX)] {
        assert_eq!(table.slot(row, column), Slot::Empty);
    }
    assert_eq!((table.row(0).len(), table.row(4).len()), (0, 0));
}

#[test]
fn overlapping_spans_leave_every_place_with_one_cell() {
    let single = [(1, 1, "a"), (1, 2, "b"), (1, 3, "c")];
    let document = table_of(&single, &[(1, 1, 1, 2), (1, 2, 1, 2)]);
    let table = only(&document);
    assert_eq!(table.texts(Merged::Repeated), [["a b", "b c", "b c"]]);

    let document = table_of(&[(1, 1, "a"), (1, 1, "again"), (1, 2, "b")], &[]);
    assert_eq!(only(&document).texts(Merged::Once), [["again", "b"]]);
    assert_eq!(only(&document).cells().count(), 3);
}

#[test]
fn a_single_cell_may_span_places_that_no_other_has() {
    let mut response = Response::new().page(1);
    let wide = response.cell_with(1, 1, "wide", json!({"ColumnSpan": 3, "RowSpan": null}));
    let narrow = response.cell(1, 3, "narrow");
    response.table(vec![wide, narrow]);
    let document = response.document();
    assert_eq!(only(&document).texts(Merged::Repeated), [["wide", "wide", "narrow"]]);
}

#[test]
fn a_table_that_claims_to_be_enormous_is_a_list_of_its_cells() {
    for (row, column, rows, columns) in [
        (4_000_000_000, 1, 1, 1),
        (4_000_000_000, 4_000_000_000, 1, 1),
        (1, 2, u32::MAX, u32::MAX),
        (7, u32::MAX, 1, 9),
    ] {
        let mut response = Response::new().page(1);
        let one = response.cell(1, 1, "one");
        let span = json!({"RowSpan": rows, "ColumnSpan": columns});
        let far = response.cell_with(row, column, "far", span);
        response.table(vec![one, far]);
        let document = response.document();
        let table = only(&document);
        assert_eq!(table.texts(Merged::Repeated), [["one"], ["far"]], "{row} {column} {rows} {columns}");
        assert_eq!((table.row_count(), table.column_count(), table.cells().count()), (2, 1, 2));
        assert!(table.is_scattered(), "{row} {column}");
    }
    // A merged cell can claim no more than there is.
    let document = table_of(&[(1, 1, "a"), (1, 2, "b")], &[(1, 1, 60, 60)]);
    assert_eq!(only(&document).texts(Merged::Repeated), [["a b", "a b"]]);
}

#[test]
fn a_cell_without_a_row_stands_nowhere() {
    let mut response = Response::new().page(1);
    let placed = response.cell(1, 1, "placed");
    let zero = response.cell(0, 1, "zero");
    let none = response.cell_with(1, 1, "none", json!({}));
    let word = links([("CHILD", response.words("absent"))]);
    let absent = response.add("CELL", json!({"ColumnIndex": 1, "Relationships": word}));
    response.table(vec![none, zero, placed, absent]);
    let document = response.document();
    let table = only(&document);
    assert_eq!(table.texts(Merged::Once), [["placed"]]);
    assert_eq!(table.unplaced_cells().map(|cell| cell.text()).collect::<Vec<_>>(), ["zero", "absent"]);
    assert_eq!(table.cells().count(), 4);
}

#[test]
fn a_table_may_have_no_cells() {
    let mut response = Response::new().page(1);
    response.add("TABLE", json!({}));
    let document = response.document();
    let table = only(&document);
    assert_eq!((table.row_count(), table.column_count(), table.header_rows()), (0, 0, 1..1));
    assert!(table.texts(Merged::Once).is_empty() && table.header(1).is_none() && !table.is_scattered());
    assert_eq!(document.joined_tables()[0].texts(Merged::Once), Vec::<Vec<String>>::new());
}

/// A table of two rows, of whose first this many cells are a header.
fn headed(columns: u32, header: u32) -> Document {
    let mut response = Response::new().page(1);
    let mut cells = Vec::new();
    for column in 1..=columns {
        let role = if column <= header { json!({"EntityTypes": ["COLUMN_HEADER"]}) } else { json!({}) };
        cells.push(response.cell_with(1, column, &format!("Head {column}"), role));
        cells.push(response.cell(2, column, &column.to_string()));
    }
    response.table(cells);
    response.document()
}

#[test]
fn a_header_has_nine_of_ten_columns() {
    for (columns, header, rows) in
        [(10, 10, 1..2), (10, 9, 1..2), (10, 8, 1..1), (1, 1, 1..2), (2, 1, 1..1), (3, 0, 1..1)]
    {
        assert_eq!(only(&headed(columns, header)).header_rows(), rows, "{header} of {columns}");
    }
}

#[test]
fn columns_by_their_header() {
    let document = headed(3, 3);
    let table = only(&document);
    assert_eq!(table.header(2).as_deref(), Some("Head 2"));
    assert_eq!(table.column_named(" HEAD  \u{ff13} "), Some(3));
    let column: Vec<_> = table.column("head 2").unwrap().iter().filter_map(|slot| slot.start()).collect();
    assert_eq!(column.iter().map(|cell| cell.text()).collect::<Vec<_>>(), ["2"]);
    assert!(table.column("head").is_none() && table.header(0).is_none() && table.header(4).is_none());
    assert_eq!(document.tables_with_column("HEAD 1").count(), 1);
}

#[test]
fn headers_of_two_rows_and_a_title_above_them() {
    let mut response = Response::new().page(1);
    let role = |name: &str| json!({"EntityTypes": [name]});
    let mut cells = vec![response.cell_with(1, 1, "All about it", role("TABLE_TITLE"))];
    cells.push(response.cell_with(1, 2, "", role("TABLE_TITLE")));
    for (row, column, text) in [(2, 1, "Year"), (2, 2, "Amount"), (3, 1, ""), (3, 2, "in $")] {
        cells.push(response.cell_with(row, column, text, role("COLUMN_HEADER")));
    }
    cells.push(response.cell_with(4, 1, "Part one", role("TABLE_SECTION_TITLE")));
    cells.push(response.cell(4, 2, ""));
    cells.push(response.cell_with(5, 1, "Sum", role("TABLE_SUMMARY")));
    cells.push(response.cell_with(5, 2, "7", role("TABLE_FOOTER")));
    let year = vec![cells[2].clone(), cells[4].clone()];
    let year =
        json!({"RowIndex": 2, "ColumnIndex": 1, "RowSpan": 2, "Relationships": links([("CHILD", year)])});
    let year = response.add("MERGED_CELL", year);
    let relationships = links([("CHILD", cells), ("MERGED_CELL", vec![year])]);
    response.add("TABLE", json!({"Relationships": relationships, "EntityTypes": ["STRUCTURED_TABLE"]}));
    let document = response.document();
    let table = only(&document);
    assert_eq!(table.header_rows(), 2..4);
    assert_eq!(table.header(1).as_deref(), Some("Year"), "a header that spans rows counts once");
    assert_eq!(table.header(2).as_deref(), Some("Amount in $"));
    assert!(table.cell(3, 1).unwrap().is_column_header() && table.cell(3, 1).unwrap().is_merged());
    assert!(table.cell(1, 1).unwrap().is_title() && table.cell(4, 1).unwrap().is_section_title());
    assert!(table.cell(5, 1).unwrap().is_summary() && table.cell(5, 2).unwrap().is_footer());
    assert!(table.is_structured() && !table.is_semi_structured());
}

#[test]
fn titles_and_footers_within_the_table_and_outside() {
    let mut response = Response::new().page(1);
    let inside = response.words("Inside");
    let outside = response.words("Out side");
    let within =
        json!({"RowIndex": 1, "ColumnIndex": 1, "Relationships": links([("CHILD", inside.clone())])});
    let cell = response.add("CELL", within);
    let title = response.add("TABLE_TITLE", json!({"Relationships": links([("CHILD", inside)])}));
    let footer = response.add("TABLE_FOOTER", json!({"Relationships": links([("CHILD", outside)])}));
    let all = links([("CHILD", vec![cell]), ("TABLE_TITLE", vec![title]), ("TABLE_FOOTER", vec![footer])]);
    response.add("TABLE", json!({"Relationships": all, "EntityTypes": ["SEMI_STRUCTURED_TABLE"]}));
    let document = response.document();
    let table = only(&document);
    let title = table.titles().next().unwrap();
    assert_eq!((title.text().as_str(), title.is_floating(&table)), ("Inside", false));
    let footer = table.footers().next().unwrap();
    assert_eq!((footer.text().as_str(), footer.is_floating(&table)), ("Out side", true));
    assert!(table.is_semi_structured() && !table.is_structured());
}

const END: Place = [0.1, 0.6, 0.8, 0.3];
const START: Place = [0.105, 0.1, 0.8, 0.2];

/// A table at the end of page 1 and one at the beginning of page 2, and more on both.
fn two_pages(
    first: (&[&[&str]], bool, Place),
    second: (&[&[&str]], bool, Place),
    more: impl Fn(u32, &mut Response),
) -> Vec<Vec<Vec<String>>> {
    let mut response = Response::new();
    for (page, (rows, header, place)) in [(1, first), (2, second)] {
        response = response.page(page);
        response.table_at(rows, header, place);
        more(page, &mut response);
    }
    let document = response.document();
    let joined = document.joined_tables();
    for table in &joined {
        assert_eq!(table.rows().count(), table.row_count() as usize);
        assert!(table.rows().all(|row| row.len() <= table.column_count() as usize));
    }
    joined.iter().map(|table| table.texts(Merged::Once)).collect()
}

const HEADED: &[&[&str]] = &[&["Date", "Sum"], &["1/1", "7"]];
const PLAIN: &[&[&str]] = &[&["2/1", "8"]];
const REPEATED: &[&[&str]] = &[&["Date", "Sum"], &["2/1", "8"]];

fn nothing(_: u32, _: &mut Response) {}

#[test]
fn a_table_goes_on_on_the_next_page() {
    let whole: Vec<Vec<String>> =
        [["Date", "Sum"], ["1/1", "7"], ["2/1", "8"]].map(|row| row.map(String::from).to_vec()).to_vec();
    assert_eq!(two_pages((HEADED, true, END), (PLAIN, false, START), nothing), std::slice::from_ref(&whole));
    assert_eq!(
        two_pages((HEADED, true, END), (REPEATED, true, START), nothing),
        std::slice::from_ref(&whole)
    );
    // If the header is the same, the place may be another.
    let elsewhere = [0.3, 0.1, 0.5, 0.2];
    assert_eq!(
        two_pages((HEADED, true, END), (REPEATED, true, elsewhere), nothing),
        std::slice::from_ref(&whole)
    );
    // Running headers and footers are not lines between them.
    let running = |page: u32, response: &mut Response| {
        response.line_at(&format!("Page {page}"), [0.4, 0.95, 0.1, 0.02]);
        response.line_at("Annual report", [0.4, 0.02, 0.1, 0.02]);
    };
    assert_eq!(two_pages((HEADED, true, END), (PLAIN, false, START), running), [whole]);
}

#[test]
fn a_table_does_not_go_on_where_something_is_in_between() {
    let below = |page: u32, response: &mut Response| {
        if page == 1 {
            response.line_at("The next table:", [0.1, 0.915, 0.2, 0.02]);
        }
    };
    assert_eq!(two_pages((HEADED, true, END), (PLAIN, false, START), below).len(), 2);
    let above = |page: u32, response: &mut Response| {
        if page == 2 {
            response.line_at("The next table:", [0.1, 0.07, 0.2, 0.02]);
        }
    };
    assert_eq!(two_pages((HEADED, true, END), (PLAIN, false, START), above).len(), 2);
    let layout = |page: u32, response: &mut Response| {
        if page == 1 {
            let line = response.line_at("A running footer, by the layout", [0.1, 0.915, 0.2, 0.02]);
            response.add("LAYOUT_FOOTER", json!({"Relationships": links([("CHILD", vec![line])])}));
        }
    };
    assert_eq!(two_pages((HEADED, true, END), (PLAIN, false, START), layout).len(), 1);
}

#[test]
fn another_table_is_not_the_rest_of_one() {
    let other: &[&[&str]] = &[&["Name", "Sum"], &["2/1", "8"]];
    assert_eq!(two_pages((HEADED, true, END), (other, true, START), nothing).len(), 2);
    let wider: &[&[&str]] = &[&["2/1", "8", "9"]];
    assert_eq!(two_pages((HEADED, true, END), (wider, false, START), nothing).len(), 2);
    for place in [[0.13, 0.1, 0.8, 0.2], [0.1, 0.1, 0.77, 0.2]] {
        assert_eq!(two_pages((HEADED, true, END), (PLAIN, false, place), nothing).len(), 2);
    }
}

#[test]
fn a_title_of_its_own_begins_another_table() {
    let tables = |titles: [Option<&str>; 2]| {
        let mut response = Response::new();
        for (page, (place, title)) in (1..).zip([END, START].into_iter().zip(titles)) {
            response = response.page(page);
            response.table_at(REPEATED, true, place);
            let Some(title) = title else { continue };
            let [left, top, width, _] = place;
            response.line_at(title, [left, top - 0.03, width, 0.02]);
            response.add_title();
        }
        response.document().joined_tables().len()
    };
    assert_eq!(tables([None, None]), 1);
    assert_eq!(tables([Some("Payments"), None]), 1);
    assert_eq!(tables([Some("Payments"), Some("Payments")]), 1, "it is repeated, as a header is");
    assert_eq!(tables([Some("January"), Some("February")]), 2);
    assert_eq!(tables([None, Some("February")]), 2);
}

/// Each header cell is asked for its role, and each column for its header, once: in time that grows with the square of
/// the number of columns, this would not end.
#[test]
fn a_table_may_be_very_wide() {
    let columns = 60_000;
    let mut response = Response::new().page(1);
    let role = || json!({"EntityTypes": ["COLUMN_HEADER"]});
    let cells: Vec<_> = (1..=columns).map(|column| response.cell_with(1, column, "", role())).collect();
    let merged = json!({"RowIndex": 1, "ColumnIndex": 1, "ColumnSpan": columns,
                        "Relationships": links([("CHILD", cells.clone())])});
    let merged = response.add("MERGED_CELL", merged);
    response.table(cells.clone());
    response.add("TABLE", json!({"Relationships": links([("CHILD", cells), ("MERGED_CELL", vec![merged])])}));
    let document = response.document();
    for table in document.tables() {
        assert_eq!((table.column_count(), table.header_rows()), (columns, 1..2));
    }
    let plain = document.tables().next().unwrap();
    assert_eq!(plain.column_named("nothing"), None);
}

/// A page without the header between two that have it.
#[test]
fn a_header_is_kept_through_pages_without_one() {
    let pages = |rows: &[(&[&[&str]], bool)]| {
        let mut response = Response::new();
        for (page, (rows, header)) in (1..).zip(rows) {
            response = response.page(page);
            response.table_at(rows, *header, [0.1, 0.1, 0.8, 0.8]);
        }
        response.document()
    };
    let document = pages(&[(HEADED, true), (PLAIN, false), (REPEATED, true), (PLAIN, false)]);
    let joined = document.joined_tables();
    assert_eq!(joined.iter().map(|table| table.parts().len()).collect::<Vec<_>>(), [4]);
    let table = &joined[0];
    assert_eq!((table.row_count(), table.header_rows(), table.column_named("SUM")), (5, 1..2, Some(2)));
    let column = table.column("sum").unwrap();
    let texts: Vec<_> = column.iter().filter_map(|slot| slot.start()).map(|cell| cell.text()).collect();
    assert_eq!(texts, ["7", "8", "8", "8"], "without the header that is repeated");
    assert!(table.column("no such header").is_none());

    let other: &[&[&str]] = &[&["Name", "Sum"], &["2/1", "8"]];
    let document = pages(&[(HEADED, true), (PLAIN, false), (other, true)]);
    assert_eq!(document.joined_tables().len(), 2);
}

#[test]
fn tables_are_joined_over_many_pages_and_not_over_a_gap() {
    let pages = |numbers: &[u32]| {
        let mut response = Response::new();
        for page in numbers {
            response = response.page(*page);
            response.table_at(if *page == 1 { HEADED } else { PLAIN }, *page == 1, [0.1, 0.1, 0.8, 0.8]);
        }
        let document = response.document();
        let rows: Vec<_> =
            document.joined_tables().iter().map(|table| (table.parts().len(), table.row_count())).collect();
        rows
    };
    assert_eq!(pages(&[1, 2, 3, 4]), [(4, 5)]);
    assert_eq!(pages(&[1, 2, 4]), [(2, 3), (1, 1)]);
    assert_eq!(pages(&[1]), [(1, 2)]);
}

#[test]
fn no_text_of_a_table_shows() {
    let document = table_of(&[(1, 1, "Canary")], &[(1, 1, 1, 1)]);
    let table = only(&document);
    let shown = format!("{table:?} {:?} {:?}", table.row(1).collect::<Vec<_>>(), document.joined_tables());
    assert!(!shown.contains("Canary") && shown.contains("Table"));
}
