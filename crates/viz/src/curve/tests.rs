use super::series::{MOST_POINTS, thin};
use super::*;

fn polylines(svg: &str) -> Vec<Vec<(f64, f64)>> {
    svg.split("<polyline")
        .skip(1)
        .map(|tag| {
            let points = tag.split_once("points=\"").unwrap().1.split_once('"').unwrap().0;
            let number = |text: &str| text.parse::<f64>().unwrap();
            points
                .split_whitespace()
                .map(|pair| pair.split_once(',').unwrap())
                .map(|(x, y)| (number(x), number(y)))
                .collect()
        })
        .collect()
}

/// The lines of the series only: grid, axis and swatches have two points.
fn curves(svg: &str) -> Vec<Vec<(f64, f64)>> {
    polylines(svg).into_iter().filter(|points| points.len() > 2).collect()
}

#[test]
fn smoothing_is_a_corrected_moving_average() {
    // by hand: s_1 = 0.5·4 = 2, divided by 1 − 0.5; s_2 = 0.5·2 + 0.5·8 = 5, divided by 1 − 0.25
    let smoothed = smooth(&[4.0, f64::NAN, 8.0], 0.5);
    assert_eq!(smoothed[0], 4.0);
    assert!(smoothed[1].is_nan());
    approx::assert_relative_eq!(smoothed[2], 5.0 / 0.75);
    assert_eq!(smooth(&[3.0, -1.0], 0.0), [3.0, -1.0]);
    let constant = smooth(&[2.5; 50], 0.97);
    assert!(constant.iter().all(|v| (v - 2.5).abs() < 1e-12), "a constant stays itself from the first value on");
}

#[test]
fn points_are_mapped_linearly() {
    let svg = Curve::new("").series("", [(0.0, 0.0), (5.0, 10.0), (10.0, 5.0)]).to_svg().unwrap();
    let line = &curves(&svg)[0];
    assert_eq!(line.len(), 3);
    approx::assert_abs_diff_eq!(line[1].0 - line[0].0, line[2].0 - line[1].0, epsilon = 2.0);
    approx::assert_abs_diff_eq!(line[0].1 - line[2].1, line[2].1 - line[1].1, epsilon = 2.0);
    assert!(line[1].1 < line[0].1, "larger values are higher up");
}

#[test]
fn a_logarithmic_axis_makes_equal_ratios_equal_steps() {
    let svg = Curve::new("").log_scale().series("", [(0.0, 1.0), (1.0, 10.0), (2.0, 100.0)]).to_svg().unwrap();
    let line = &curves(&svg)[0];
    approx::assert_abs_diff_eq!(line[0].1 - line[1].1, line[1].1 - line[2].1, epsilon = 2.0);
    let with_zero = Curve::new("").log_scale().series("", [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]);
    assert_eq!(curves(&with_zero.to_svg().unwrap())[0].len(), 3, "zero has no place on it");
}

#[test]
fn missing_values_leave_gaps() {
    let nan = f64::NAN;
    let points =
        [(0.0, 1.0), (1.0, 2.0), (2.0, 1.0), (3.0, nan), (4.0, 1.0), (5.0, 3.0), (6.0, 2.0), (7.0, f64::INFINITY)];
    let svg = Curve::new("").series("", points).to_svg().unwrap();
    assert_eq!(curves(&svg).iter().map(Vec::len).collect::<Vec<_>>(), [3, 3]);
    let drawn = svg.split_once("</style>").unwrap().1;
    assert!(!drawn.contains("NaN") && !drawn.contains("inf"));
}

#[test]
fn nothing_one_point_and_nonsense_are_drawn() {
    let empty = Curve::new("손실").language(Language::Korean).to_svg().unwrap();
    assert!(empty.contains("아직 값이 없습니다"));
    let useless = Curve::new("loss").series("a", [(0.0, f64::NAN), (f64::NAN, 1.0)]).series("b", []).to_svg().unwrap();
    assert!(useless.contains("no values yet"));
    let one = Curve::new("").series("", [(3.0, 0.0)]).to_svg().unwrap();
    assert_eq!(one.matches("<circle").count(), 1);
    let level = Curve::new("").series("", [(0.0, 7.0), (1.0, 7.0), (2.0, 7.0)]).to_svg().unwrap();
    assert_eq!(curves(&level)[0].len(), 3);
    let largest = Curve::new("").series("", [(0.0, f64::MIN), (1.0, f64::MAX), (f64::MAX, 1.0)]).to_svg().unwrap();
    assert!(largest.contains("no values yet"), "the ends of the numbers have no place on an axis");
    let huge = Curve::new("").series("", [(0.0, -1e30), (1e18, 1e30), (2e18, 0.0)]).to_svg().unwrap();
    assert_eq!(curves(&huge)[0].len(), 3);
}

#[test]
fn everything_stays_inside_the_picture() {
    let svg = Curve::new("t")
        .axes("step", "loss")
        .smoothing(0.9)
        .baseline("b", -4.0)
        .include(9.0)
        .series("a", (0..500).map(|n| (f64::from(n), f64::from(n % 17) - 3.0)))
        .to_svg()
        .unwrap();
    for (x, y) in polylines(&svg).concat() {
        assert!((0.0..=760.0 * FINE).contains(&x) && (0.0..=420.0 * FINE).contains(&y), "{x} {y}");
    }
}

#[test]
fn a_dotted_series_is_not_smoothed() {
    let points = [(0.0, 1.0), (1.0, 2.0), (2.0, 0.0)];
    let dotted = Curve::new("").dotted_series("", points).smoothing(0.9).to_svg().unwrap();
    assert_eq!(dotted.matches("<circle").count(), 3);
    assert_eq!(curves(&dotted).len(), 1);
    let smoothed = Curve::new("").series("", points).smoothing(0.9).to_svg().unwrap();
    assert_eq!(curves(&smoothed).len(), 2, "the values and the smoothed curve");
}

#[test]
fn labels_are_escaped_and_shown() {
    let svg = Curve::new("<b>&</b>")
        .axes("걸음", "loss \"x\"")
        .series("a<b", [(0.0, 1.0), (1.0, 2.0)])
        .smoothing(0.5)
        .baseline("동전 던지기", 0.5)
        .to_svg()
        .unwrap();
    assert!(svg.contains("<title>&lt;b&gt;&amp;&lt;/b&gt;</title>") && !svg.contains("<b>"));
    for text in ["걸음", "loss &quot;x&quot;", "a&lt;b", "동전 던지기", "pale: before smoothing"] {
        assert!(svg.contains(text), "{text} is missing");
    }
    let long = Curve::new(&"가".repeat(500)).series(&"나".repeat(500), [(0.0, 1.0)]).to_svg().unwrap();
    assert!(long.contains("…"), "what does not fit is cut");
}

#[test]
fn long_series_keep_their_extremes() {
    let spike = 12_345;
    let points = (0..50_000).map(|n| (f64::from(n), if n == spike { 9.0 } else { f64::from(n % 3) * 0.1 }));
    let thinned = thin(points.collect());
    assert!(thinned.len() <= MOST_POINTS + 2);
    assert!(thinned.contains(&(f64::from(spike), 9.0)));
    assert!(thinned.windows(2).all(|pair| pair[0].0 < pair[1].0), "in the order of steps");
}

#[test]
#[should_panic(expected = "smoothing weight 1 is not in")]
fn a_weight_of_one_is_refused() {
    let _ = Curve::new("").smoothing(1.0);
}

/// The corners of all filled polygons.
fn polygons(svg: &str) -> Vec<Vec<(f64, f64)>> {
    polylines(&svg.replace("<polyline", "<other").replace("<polygon", "<polyline"))
}

#[test]
fn a_band_reaches_a_deviation_to_either_side() {
    let points = [(1.0, 2.0, 1.0), (2.0, 4.0, 0.0), (3.0, 3.0, 2.0)];
    let svg = Curve::new("").banded_series("mean", points).to_svg().unwrap();
    let (band, line) = (&polygons(&svg)[0], &curves(&svg)[0]);
    assert_eq!((band.len(), line.len()), (6, 3));
    // Lower bounds from left to right, then upper bounds back.
    for (n, unit) in [(0, 1.0), (1, 0.0), (2, 2.0)] {
        let (low, high, mean) = (band[n].1, band[5 - n].1, line[n].1);
        approx::assert_abs_diff_eq!(low - mean, mean - high, epsilon = 2.0);
        approx::assert_abs_diff_eq!((low - high) * 2.0, (line[0].1 - line[1].1) * unit * 2.0, epsilon = 4.0);
    }
    assert_eq!(svg.matches("<circle").count(), 3);
    let gap =
        Curve::new("").banded_series("", [(1.0, 1.0, 0.1), (2.0, 1.0, f64::NAN), (3.0, 1.0, 0.1), (4.0, 1.0, 0.1)]);
    assert_eq!(polygons(&gap.to_svg().unwrap()).len(), 2, "a deviation that is missing leaves a gap in the band alone");
}

#[test]
fn a_logarithmic_axis_of_steps_has_its_ticks_where_the_values_are() {
    let points = [(20.0, 0.1, 0.0), (50.0, 0.2, 0.0), (100.0, 0.3, 0.0), (200.0, 0.4, 0.0)];
    let svg = Curve::new("").log_steps().banded_series("", points).to_svg().unwrap();
    let line = &curves(&svg)[0];
    approx::assert_abs_diff_eq!(line[3].0 - line[2].0, (line[2].0 - line[1].0), epsilon = 4.0); // both times 2
    for label in [">\n20\n<", ">\n50\n<", ">\n100\n<", ">\n200\n<"] {
        assert!(svg.contains(label), "{label:?} is missing: {svg}");
    }
    let many = Curve::new("").log_steps().series("", (0..500).map(|n| (f64::from(n), 1.0)));
    let svg = many.to_svg().unwrap();
    assert!(
        svg.contains(">\n100\n<") && !svg.contains(">\n37\n<"),
        "round numbers where there are many; 0 has no place"
    );
}
