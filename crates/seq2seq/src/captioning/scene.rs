//! Pictures of two coloured shapes, and what is to be said of them.
//!
//! A picture is a grid of cells, each of some pixels; an object lies in one cell, moved about in it, lighter or darker, on a
//! ground of some grey, and everything is noisy. Two objects stand clearly one above the other, or clearly one to the left of
//! the other, and what is said names the upper or the left one first: a picture has one caption.

use jumok_nn::{Init, Tensor};
use jumok_tensor::Elem;
use jumok_text::Language;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use jumok_nn::keyed_rng;

/// What shape an object has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A filled square.
    Square,
    /// A disc.
    Circle,
    /// A triangle that stands on its base.
    Triangle,
    /// A square on its corner.
    Diamond,
}

impl Shape {
    /// All shapes.
    pub const ALL: [Shape; 4] = [Shape::Square, Shape::Circle, Shape::Triangle, Shape::Diamond];

    /// Its pixels, row by row: `#` belongs to it.
    fn pixels(self) -> [&'static [u8; Object::SIZE]; Object::SIZE] {
        match self {
            Shape::Square => [b"#####", b"#####", b"#####", b"#####", b"#####"],
            Shape::Circle => [b".###.", b"#####", b"#####", b"#####", b".###."],
            Shape::Triangle => [b"..#..", b"..#..", b".###.", b".###.", b"#####"],
            Shape::Diamond => [b"..#..", b".###.", b"#####", b".###.", b"..#.."],
        }
    }

    fn english(self) -> &'static str {
        match self {
            Shape::Square => "square",
            Shape::Circle => "circle",
            Shape::Triangle => "triangle",
            Shape::Diamond => "diamond",
        }
    }

    /// Its name, and its name as the subject of a sentence: the particle follows the last syllable.
    fn korean(self) -> (&'static str, &'static str) {
        match self {
            Shape::Square => ("사각형", "사각형이"),
            Shape::Circle => ("원", "원이"),
            Shape::Triangle => ("삼각형", "삼각형이"),
            Shape::Diamond => ("마름모", "마름모가"),
        }
    }
}

/// What colour an object has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// Red.
    Red,
    /// Green.
    Green,
    /// Blue.
    Blue,
    /// Yellow.
    Yellow,
}

impl Color {
    /// All colours.
    pub const ALL: [Color; 4] = [Color::Red, Color::Green, Color::Blue, Color::Yellow];

    /// Red, green and blue, from 0 to 1.
    fn rgb(self) -> [f64; 3] {
        match self {
            Color::Red => [0.90, 0.20, 0.15],
            Color::Green => [0.20, 0.75, 0.30],
            Color::Blue => [0.20, 0.40, 0.95],
            Color::Yellow => [0.95, 0.85, 0.20],
        }
    }

    fn word(self, language: Language) -> &'static str {
        match (self, language) {
            (Color::Red, Language::English) => "red",
            (Color::Green, Language::English) => "green",
            (Color::Blue, Language::English) => "blue",
            (Color::Yellow, Language::English) => "yellow",
            (Color::Red, Language::Korean) => "빨간",
            (Color::Green, Language::Korean) => "초록",
            (Color::Blue, Language::Korean) => "파란",
            (Color::Yellow, Language::Korean) => "노란",
        }
    }
}

/// How the first object of a caption stands to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// Higher up.
    Above,
    /// Further to the left.
    LeftOf,
}

/// A coloured shape and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Object {
    /// Its colour.
    pub color: Color,
    /// Its shape.
    pub shape: Shape,
    /// The row of its cell, from the top.
    pub row: usize,
    /// The column of its cell, from the left.
    pub column: usize,
}

impl Object {
    /// Pixels of an object's side.
    const SIZE: usize = 5;

    /// The cell it lies in, counted row by row.
    pub fn cell(&self) -> usize {
        self.row * Scene::GRID + self.column
    }

    /// Colour and shape as one number below 16.
    fn kind(&self) -> usize {
        self.color as usize * Shape::ALL.len() + self.shape as usize
    }
}

/// Which scenes are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// Scenes to learn from.
    Training,
    /// Scenes of two objects that never stand together in training, in neither order.
    HeldOut,
}

/// A picture of two objects.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// The object that is named first, and the other.
    pub objects: [Object; 2],
    /// How the first stands to the second.
    pub relation: Relation,
    /// Red, green and blue of every pixel, row by row, from 0 to 1: `[SIDE, SIDE, 3]`.
    pub image: Vec<Elem>,
}

/// A word of a caption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaptionWord {
    /// The word.
    pub word: &'static str,
    /// Which of the two objects it names, its colour or its shape; `None` for words such as *a* and *above*.
    pub names: Option<usize>,
}

impl Scene {
    /// Cells of the grid in a row, and rows of it.
    pub const GRID: usize = 8;
    /// N, cells in all.
    pub const CELLS: usize = Self::GRID * Self::GRID;
    /// Pixels of a cell's side.
    pub const CELL: usize = 6;
    /// Pixels of the picture's side.
    pub const SIDE: usize = Self::GRID * Self::CELL;
    /// P, numbers of a cell: three a pixel.
    pub const PATCH: usize = 3 * Self::CELL * Self::CELL;

    /// A scene of the split, drawn at random.
    pub fn draw(split: Split, rng: &mut ChaCha8Rng) -> Scene {
        loop {
            let [a, b] = [(); 2].map(|()| Object {
                color: Color::ALL[rng.random_range(0..Color::ALL.len())],
                shape: Shape::ALL[rng.random_range(0..Shape::ALL.len())],
                row: rng.random_range(0..Self::GRID),
                column: rng.random_range(0..Self::GRID),
            });
            // Two objects of one kind could not be told apart.
            if a.kind() == b.kind() || Self::split_of(&a, &b) != split {
                continue;
            }
            let Some(relation) = Self::relation(&a, &b) else { continue };
            let objects = [a, b];
            return Scene { objects, relation, image: paint(&objects, rng) };
        }
    }

    /// How a stands to b, if that is clear: at least two cells apart in one direction and at most one in the other.
    fn relation(a: &Object, b: &Object) -> Option<Relation> {
        let (rows, columns) = (a.row.abs_diff(b.row), a.column.abs_diff(b.column));
        match (rows, columns) {
            (2.., 0..=1) if a.row < b.row => Some(Relation::Above),
            (0..=1, 2..) if a.column < b.column => Some(Relation::LeftOf),
            _ => None,
        }
    }

    /// About one pair of kinds in seven is held out, whatever stands where. Seven has no factor in common with the numbers of
    /// colours and shapes, so that pairs of all sorts are among them.
    fn split_of(a: &Object, b: &Object) -> Split {
        let (low, high) = (a.kind().min(b.kind()), a.kind().max(b.kind()));
        if (3 * low + high).is_multiple_of(7) { Split::HeldOut } else { Split::Training }
    }

    /// What is to be said, word by word.
    ///
    /// *a red square above a blue circle*; 빨간 사각형이 파란 원 위에 있습니다.
    pub fn words(&self, language: Language) -> Vec<CaptionWord> {
        let [first, second] = &self.objects;
        let other = |word| CaptionWord { word, names: None };
        let of = |object, word| CaptionWord { word, names: Some(object) };
        let color = |object: usize| of(object, self.objects[object].color.word(language));
        match language {
            Language::English => {
                let relation: &[&str] = match self.relation {
                    Relation::Above => &["above"],
                    Relation::LeftOf => &["left", "of"],
                };
                let mut words = vec![other("a"), color(0), of(0, first.shape.english())];
                words.extend(relation.iter().map(|&word| other(word)));
                words.extend([other("a"), color(1), of(1, second.shape.english())]);
                words
            }
            Language::Korean => {
                let relation = if self.relation == Relation::Above { "위에" } else { "왼쪽에" };
                let (subject, place) = (of(0, first.shape.korean().1), of(1, second.shape.korean().0));
                vec![color(0), subject, color(1), place, other(relation), other("있습니다")]
            }
        }
    }

    /// What is to be said.
    pub fn caption(&self, language: Language) -> String {
        self.words(language).iter().map(|word| word.word).collect::<Vec<_>>().join(" ")
    }

    /// The cells of some pictures, row by row, each as one vector: `[B, N, P]`.
    ///
    /// Every picture is standardised, as is usual for networks that see: its mean is taken off and its spread made 1, so that
    /// the ground is near 0 however bright it is, and the objects stand out.
    pub fn patches(scenes: &[Scene]) -> Tensor {
        let mut cells = Vec::with_capacity(scenes.len() * Self::CELLS * Self::PATCH);
        for scene in scenes {
            let count = scene.image.len() as Elem;
            let mean = scene.image.iter().sum::<Elem>() / count;
            let variance = scene.image.iter().map(|x| (x - mean).powi(2)).sum::<Elem>() / count;
            for (row, column) in (0..Self::CELLS).map(|cell| (cell / Self::GRID, cell % Self::GRID)) {
                for y in row * Self::CELL..(row + 1) * Self::CELL {
                    let start = 3 * (y * Self::SIDE + column * Self::CELL);
                    let line = &scene.image[start..start + 3 * Self::CELL];
                    cells.extend(line.iter().map(|&x| (x - mean) / variance.sqrt()));
                }
            }
        }
        Tensor::from_vec(cells, &[scenes.len(), Self::CELLS, Self::PATCH])
    }
}

/// `[SIDE, SIDE, 3]`: the objects on a grey ground, with noise over everything.
#[allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]
fn paint(objects: &[Object; 2], rng: &mut ChaCha8Rng) -> Vec<Elem> {
    const NOISE: f64 = 0.06;
    let ground = rng.random_range(0.05..0.25);
    let noise = Init::Normal { mean: ground, std: NOISE }.array(&[Scene::SIDE, Scene::SIDE, 3], rng);
    let mut image = noise.to_vec();
    for object in objects {
        let light = rng.random_range(0.75..1.0);
        let room = Scene::CELL - Object::SIZE;
        let (top, left) = (rng.random_range(0..=room), rng.random_range(0..=room));
        for (dy, line) in object.shape.pixels().into_iter().enumerate() {
            for dx in (0..Object::SIZE).filter(|&dx| line[dx] == b'#') {
                let y = object.row * Scene::CELL + top + dy;
                let x = object.column * Scene::CELL + left + dx;
                for (channel, level) in object.color.rgb().into_iter().enumerate() {
                    image[3 * (y * Scene::SIDE + x) + channel] += (light * level - ground) as Elem;
                }
            }
        }
    }
    image.iter().map(|level| level.clamp(0.0, 1.0)).collect()
}

/// So many scenes of a split: those of training step `step`, or of any other number; (seed, split, step) alone decide what is
/// drawn.
pub fn scenes(count: usize, split: Split, seed: u64, step: u64) -> Vec<Scene> {
    let mut rng = keyed_rng([seed, split as u64, step]);
    (0..count).map(|_| Scene::draw(split, &mut rng)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn kinds(scenes: &[Scene]) -> HashSet<[usize; 2]> {
        let pair = |scene: &Scene| {
            let mut pair = scene.objects.map(|object| object.kind());
            pair.sort_unstable();
            pair
        };
        scenes.iter().map(pair).collect()
    }

    #[test]
    fn no_held_out_pair_of_objects_is_trained_on_and_every_object_is() {
        let (training, held_out) = (scenes(3000, Split::Training, 1, 0), scenes(400, Split::HeldOut, 1, 0));
        let (trained, new) = (kinds(&training), kinds(&held_out));
        assert!(trained.is_disjoint(&new));
        // 16 · 15 / 2 pairs in all.
        assert_eq!(trained.len() + new.len(), 120, "{} {}", trained.len(), new.len());
        assert!((10..=20).contains(&new.len()), "{}", new.len());
        for pairs in [&trained, &new] {
            let kinds: HashSet<usize> = pairs.iter().flatten().copied().collect();
            assert!(kinds.len() >= 14, "{kinds:?}");
        }
        let same_shape = |pairs: &HashSet<[usize; 2]>| pairs.iter().filter(|[a, b]| (b - a).is_multiple_of(4)).count();
        assert!(same_shape(&new) < new.len() / 2 && same_shape(&trained) > 0, "{new:?}");
        assert_eq!(trained.iter().flatten().collect::<HashSet<_>>().len(), 16);
    }

    #[test]
    fn the_caption_says_what_is_there() {
        for scene in scenes(200, Split::Training, 2, 0) {
            let [first, second] = scene.objects;
            let (rows, columns) = (first.row.abs_diff(second.row), first.column.abs_diff(second.column));
            match scene.relation {
                Relation::Above => assert!(first.row < second.row && rows >= 2 && columns <= 1),
                Relation::LeftOf => assert!(first.column < second.column && columns >= 2 && rows <= 1),
            }
        }
        let object = |color, shape, row| Object { color, shape, row, column: 3 };
        let objects = [object(Color::Red, Shape::Square, 1), object(Color::Blue, Shape::Diamond, 5)];
        let scene = Scene { objects, relation: Relation::Above, image: vec![] };
        assert_eq!(scene.caption(Language::English), "a red square above a blue diamond");
        assert_eq!(scene.caption(Language::Korean), "빨간 사각형이 파란 마름모 위에 있습니다");
        let left = Scene { relation: Relation::LeftOf, objects: [objects[1], objects[0]], ..scene };
        assert_eq!(left.caption(Language::English), "a blue diamond left of a red square");
        assert_eq!(left.caption(Language::Korean), "파란 마름모가 빨간 사각형 왼쪽에 있습니다");
        let named: Vec<Option<usize>> = left.words(Language::English).iter().map(|word| word.names).collect();
        assert_eq!(named, [None, Some(0), Some(0), None, None, None, Some(1), Some(1)]);
    }

    #[test]
    fn a_cell_holds_the_pixels_of_its_place() {
        let scene = &scenes(1, Split::Training, 3, 0)[0];
        let patches = Scene::patches(std::slice::from_ref(scene));
        assert_eq!(patches.shape(), [1, Scene::CELLS, Scene::PATCH]);
        let patches = patches.to_vec();
        for (row, column, y, x, channel) in [(0, 0, 0, 0, 0), (2, 5, 3, 1, 2), (7, 7, 5, 5, 1)] {
            let of_cell = patches[(row * 8 + column) * Scene::PATCH + 3 * (y * Scene::CELL + x) + channel];
            let of_image = scene.image[3 * ((row * 6 + y) * Scene::SIDE + column * 6 + x) + channel];
            let numbers = &scene.image;
            let mean = numbers.iter().sum::<Elem>() / numbers.len() as Elem;
            let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<Elem>() / numbers.len() as Elem;
            assert!((of_cell - (of_image - mean) / variance.sqrt()).abs() < 1e-5);
        }
        // The cells of the objects are the ones that differ from the ground.
        let spread = |cell: usize| {
            let numbers = &patches[cell * Scene::PATCH..(cell + 1) * Scene::PATCH];
            let mean = numbers.iter().sum::<Elem>() / Scene::PATCH as Elem;
            numbers.iter().map(|x| (x - mean).powi(2)).sum::<Elem>()
        };
        let mut cells: Vec<usize> = (0..Scene::CELLS).collect();
        cells.sort_by(|&a, &b| spread(b).total_cmp(&spread(a)));
        let objects = scene.objects.map(|object| object.cell());
        assert!(objects.contains(&cells[0]) && objects.contains(&cells[1]), "{objects:?} {:?}", &cells[..3]);
    }

    #[test]
    fn the_seed_and_the_split_decide_what_is_drawn() {
        assert_eq!(scenes(3, Split::HeldOut, 5, 0), scenes(3, Split::HeldOut, 5, 0));
        assert_ne!(scenes(3, Split::HeldOut, 5, 0), scenes(3, Split::HeldOut, 6, 0));
        assert_ne!(scenes(3, Split::HeldOut, 5, 0), scenes(3, Split::HeldOut, 5, 1));
        assert_eq!(scenes(2, Split::HeldOut, 5, 0), scenes(3, Split::HeldOut, 5, 0)[..2]);
    }
}
