//! The structure of the pictures: well formed, complete, and nothing outside the frame.

use jumok_viz::{AttentionGrid, BarChart, ColorMap, Curve, HeatMap};
use proptest::prelude::*;

/// The value of an attribute in a tag's text.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[start..].split('"').next()
}

fn number(tag: &str, name: &str) -> f64 {
    attribute(tag, name).unwrap_or_else(|| panic!("no {name} in {tag}")).parse().unwrap()
}

/// The text between `<` and `>` of each opening tag of a name.
fn tags<'a>(svg: &'a str, name: &str) -> Vec<&'a str> {
    let mark = format!("<{name} ");
    svg.match_indices(&mark).map(|(at, _)| svg[at..].split('>').next().unwrap()).collect()
}

/// Checks that tags are closed in order, that attributes are quoted, and that nothing is left unescaped.
fn assert_well_formed(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = svg;
    while let Some(start) = rest.find('<') {
        assert!(!rest[..start].contains('>'), "a stray > before {}", &rest[start..]);
        let end = start + rest[start..].find('>').expect("a tag ends");
        let tag = &rest[start + 1..end];
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed));
        } else {
            assert_eq!(tag.matches('"').count() % 2, 0, "quotes of {tag}");
            if !tag.ends_with('/') {
                open.push(tag.split_whitespace().next().unwrap());
            }
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "not closed: {open:?}");
    for (at, _) in svg.match_indices('&') {
        let entities = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&apos;"];
        assert!(entities.iter().any(|entity| svg[at..].starts_with(entity)), "a stray & in {svg}");
    }
}

/// Checks that rectangles and the anchors of texts are inside the picture.
fn assert_inside(svg: &str) {
    let frame = tags(svg, "svg")[0];
    let (width, height) = (number(frame, "width"), number(frame, "height"));
    for tag in tags(svg, "rect") {
        if attribute(tag, "class") == Some("page") {
            continue;
        }
        let (right, bottom) = (number(tag, "x") + number(tag, "width"), number(tag, "y") + number(tag, "height"));
        assert!(
            number(tag, "x") >= 0.0 && number(tag, "y") >= 0.0 && right <= width && bottom <= height,
            "{tag} in {frame}"
        );
    }
    for tag in tags(svg, "text") {
        let (x, y) = (number(tag, "x"), number(tag, "y"));
        assert!((0.0..=width).contains(&x) && (0.0..=height).contains(&y), "{tag} in {frame}");
    }
}

fn fills(svg: &str) -> Vec<&str> {
    svg.match_indices("<title>")
        .filter_map(|(at, _)| {
            let before = svg[..at].rfind('<')?;
            svg[before..].starts_with("<rect").then(|| attribute(&svg[before..at], "fill")).flatten()
        })
        .collect()
}

#[test]
fn a_cell_has_the_color_of_its_value() {
    let svg = HeatMap::new(&[0.0, 0.5, 1.0, 2.0], [2, 2]).range(0.0, 1.0).to_svg();
    let expected: Vec<String> = [0.0, 0.5, 1.0, 1.0].iter().map(|&t| ColorMap::Sequential.color(t).hex()).collect();
    assert_eq!(fills(&svg), expected);
    let svg = HeatMap::new(&[-2.0, 0.0, 1.0], [1, 3]).to_svg();
    let expected: Vec<String> = [0.0, 0.5, 0.75].iter().map(|&t| ColorMap::Diverging.color(t).hex()).collect();
    assert_eq!(fills(&svg), expected, "negative values choose the diverging map around zero");
    let svg = HeatMap::new(&[-2.0, 0.0], [1, 2]).color_map(ColorMap::Viridis).to_svg();
    assert_eq!(fills(&svg), ["#440154", "#fde725"]);
}

#[test]
fn cells_stand_in_rows_and_columns() {
    let svg = HeatMap::new(&[0.1; 6], [2, 3]).to_svg();
    let cells: Vec<&str> = tags(&svg, "rect")
        .into_iter()
        .filter(|tag| attribute(tag, "fill").is_some_and(|f| f.starts_with('#')))
        .collect();
    let place: Vec<(f64, f64)> = cells.iter().map(|tag| (number(tag, "x"), number(tag, "y"))).collect();
    assert!(place[0].1 == place[2].1 && place[3].1 > place[0].1 && place[0].0 == place[3].0 && place[1].0 > place[0].0);
}

#[test]
fn labels_values_and_tooltips_are_there() {
    let map = HeatMap::new(&[0.25_f32, 0.75], [1, 2]).row_labels(["나는"]).col_labels(["<b>", "go & \"x\""]);
    let svg = map.axes("query", "key").title("제목 'a'").show_values(1).to_svg();
    for part in [
        ">나는</text>",
        ">&lt;b&gt;</text>",
        ">go &amp; &quot;x&quot;</text>",
        ">query</text>",
        ">key</text>",
        ">제목 &#39;a&#39;</text>",
        ">0.2</text>",
        ">0.8</text>",
        "<title>query 나는 → key &lt;b&gt;: 0.2500</title>",
    ] {
        assert!(svg.contains(part), "{part} is missing in {svg}");
    }
    assert_well_formed(&svg);
    assert!(!svg.contains("<b>"));
}

#[test]
fn special_values_are_marked_and_explained() {
    let svg = HeatMap::new(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.0], [1, 4]).to_svg();
    for (class, name) in [("nan", "NaN"), ("plus-infinity", "∞"), ("minus-infinity", "−∞")] {
        assert_eq!(
            tags(&svg, "rect").iter().filter(|tag| attribute(tag, "class") == Some(class)).count(),
            2,
            "{class}"
        );
        assert!(svg.contains(&format!(">{name}</text>")), "{name} is explained beside the colours");
    }
    let plain = HeatMap::new(&[1.0], [1, 1]).to_svg();
    assert!(!plain.contains(">NaN</text>"));
}

#[test]
fn labels_turn_and_are_cut_when_there_is_no_room() {
    let rotations = |labels: &[String]| {
        let svg = HeatMap::new(&vec![0.5; labels.len()], [1, labels.len()]).col_labels(labels).to_svg();
        assert_well_formed(&svg);
        assert_inside(&svg);
        tags(&svg, "text")
            .iter()
            .filter_map(|tag| attribute(tag, "transform"))
            .map(|t| t.split(' ').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let short = rotations(&["a".to_owned(), "b".to_owned()]);
    assert!(short.is_empty(), "{short:?}");
    assert!(rotations(&vec!["drinking".to_owned(); 8]).iter().all(|r| r == "rotate(-45"));
    assert!(rotations(&vec!["drinking".to_owned(); 46]).iter().all(|r| r == "rotate(-90"));
    let many = rotations(&vec!["drinking".to_owned(); 100]);
    assert!((20..100).contains(&many.len()), "labels are thinned out: {}", many.len());
    let svg = HeatMap::new(&[0.5], [1, 1]).row_labels(["가".repeat(300)]).title(&"긴 제목 ".repeat(200)).to_svg();
    assert!(number(tags(&svg, "svg")[0], "width") < 1000.0);
    assert!(svg.contains("…"));
}

#[test]
fn empty_and_single_matrices_are_drawn() {
    let none: [f32; 0] = [];
    for shape in [[0, 0], [0, 3], [3, 0]] {
        let svg = HeatMap::new(&none, shape).title("empty").axes("query", "key").show_values(2).to_svg();
        assert_well_formed(&svg);
        assert_inside(&svg);
        assert_well_formed(&AttentionGrid::new(shape).map("head", &none).to_svg());
    }
    assert_well_formed(&AttentionGrid::new([2, 2]).title("no maps").to_svg());
    for value in [0.0, -1.0, 1e300, 1e-300, f64::NAN] {
        let svg = HeatMap::new(&[value], [1, 1]).show_values(2).to_svg();
        assert_well_formed(&svg);
        assert_inside(&svg);
        assert!(number(tags(&svg, "svg")[0], "width") < 200.0, "{value} is written briefly");
    }
}

#[test]
fn a_grid_shares_colors_and_labels() {
    let labels = ["나는", "간다"];
    let mut grid =
        AttentionGrid::new([2, 2]).title("heads").row_labels(labels).col_labels(labels).axes("query", "key").columns(2);
    for head in 0..4 {
        grid = grid.map(&format!("head {head}"), &[f64::from(head) / 3.0, 0.0, 0.0, 0.0]);
    }
    let svg = grid.to_svg();
    assert_well_formed(&svg);
    assert_inside(&svg);
    assert_eq!(svg.matches("<linearGradient").count(), 1, "one colour bar");
    assert_eq!(
        svg.matches(">나는</text>").count(),
        4,
        "rows' labels in both lines, columns' labels above both columns"
    );
    let fills = fills(&svg);
    assert_eq!(fills.len(), 16);
    for head in 0..4 {
        let t = f64::from(head as u8) / 3.0;
        assert_eq!(fills[4 * head], ColorMap::Sequential.color(t).hex(), "the range is that of all heads");
    }
    assert!(svg.contains(">head 3</text>"));
}

#[test]
#[should_panic(expected = "HeatMap: 3 values do not fit the shape [2, 2], which needs 4")]
fn a_wrong_number_of_values_is_refused() {
    let _ = HeatMap::new(&[0.0; 3], [2, 2]);
}

#[test]
#[should_panic(expected = "HeatMap: 1 labels for 2 rows")]
fn a_wrong_number_of_labels_is_refused() {
    let _ = HeatMap::new(&[0.0; 4], [2, 2]).row_labels(["a"]);
}

#[test]
fn curves_are_well_formed() {
    let svg =
        Curve::new("a<b").axes("x&y", "\"").series("'", [(0.0, 1.0), (1.0, 2.0)]).baseline("<", 1.5).to_svg().unwrap();
    assert_well_formed(&svg);
}

#[test]
fn bars_start_at_zero_and_carry_their_numbers() {
    let chart = BarChart::new(["나는", "<b>"]).series("dot", &[2.0, -1.0]).series("cosine", &[1.0, f64::NAN]);
    let svg = chart.title("점수").axes("key", "score").decimals(1).to_svg();
    assert_well_formed(&svg);
    assert_inside(&svg);
    let bars: Vec<(f64, f64)> = tags(&svg, "rect")
        .iter()
        .filter(|tag| attribute(tag, "class").is_some_and(|c| c.starts_with("bar")) && number(tag, "height") == 14.0)
        .map(|tag| (number(tag, "x"), number(tag, "width")))
        .collect();
    // The axis goes from −1 to 2 and is 380 long.
    let zero = bars[0].0;
    let near = |a: f64, b: f64| (a - b).abs() < 0.02;
    assert!(near(bars[0].1, 380.0 * 2.0 / 3.0) && near(bars[1].1, 380.0 / 3.0), "{bars:?}");
    assert!(near(bars[1].0, zero) && near(bars[2].0 + bars[2].1, zero), "{bars:?}");
    assert_eq!(bars.len(), 3, "NaN has no bar");
    for part in [">나는</text>", ">&lt;b&gt;</text>", ">2.0</text>", ">-1.0</text>", ">NaN</text>", ">key</text>"] {
        assert!(svg.contains(part), "{part} is missing in {svg}");
    }
}

#[test]
fn bars_of_any_size_and_label_are_drawn() {
    for value in [0.0, -0.0, f64::MAX, f64::MIN, 1e-300, f64::INFINITY] {
        let chart = BarChart::new(["가".repeat(99)]).series(&"이름 ".repeat(99), &[value]).series("b", &[1.0]);
        let svg = chart.title(&"긴 제목 ".repeat(200)).axes(&"x".repeat(99), &"y".repeat(40)).to_svg();
        assert_well_formed(&svg);
        assert_inside(&svg);
    }
    let none: [&str; 0] = [];
    assert_well_formed(&BarChart::new(none).to_svg());
}

#[test]
#[should_panic(expected = "BarChart: 1 values for 2 labels")]
fn a_bar_for_every_label() {
    let _ = BarChart::new(["a", "b"]).series("", &[1.0]);
}

proptest! {
    #[test]
    fn any_matrix_and_label_is_drawn(
        values in prop::collection::vec(prop_oneof![any::<f64>(), 0.0..1.0f64], 6),
        labels in prop::collection::vec(any::<String>(), 5),
        title in any::<String>(),
        show in any::<bool>(),
    ) {
        let mut map = HeatMap::new(&values, [2, 3]).row_labels(&labels[..2]).col_labels(&labels[2..]).title(&title).axes(&labels[0], &title);
        if show {
            map = map.show_values(2);
        }
        let svg = map.to_svg();
        assert_well_formed(&svg);
        prop_assert!(!svg.chars().any(|c| c.is_control() && c != '\n'));
        let style = jumok_viz::TerminalStyle { unicode: true, ..jumok_viz::TerminalStyle::plain() };
        let lines = map.to_terminal(&style).lines().count();
        prop_assert!(lines <= 40);
    }
}
