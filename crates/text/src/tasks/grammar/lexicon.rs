//! The words, each in three languages.

use super::Class::{self, Animal, Food, Person, Reading, Thing};
use super::Tense;

pub(super) struct Noun {
    pub(super) class: Class,
    /// Singular and plural.
    pub(super) english: [&'static str; 2],
    /// Singular and plural.
    pub(super) french: [&'static str; 2],
    pub(super) feminine: bool,
    pub(super) korean: &'static str,
}

pub(super) struct Adjective {
    pub(super) classes: &'static [Class],
    pub(super) english: &'static str,
    /// Masculine and feminine singular, masculine and feminine plural.
    pub(super) french: [&'static str; 4],
    /// Whether it stands before the noun in French.
    pub(super) before_noun: bool,
    /// As it stands before a noun.
    pub(super) korean: &'static str,
}

pub(super) struct Verb {
    pub(super) subjects: &'static [Class],
    pub(super) objects: &'static [Class],
    /// Infinitive, third person, past.
    pub(super) english: [&'static str; 3],
    pub(super) french: French,
    /// Stem, present, past, future.
    pub(super) korean: [&'static str; 4],
}

pub(super) struct French {
    /// je, vous, il, nous, ils.
    pub(super) present: [&'static str; 5],
    pub(super) participle: &'static str,
    /// What the endings of the future are put behind.
    pub(super) future: &'static str,
}

pub(super) struct Place {
    pub(super) english: &'static str,
    pub(super) french: &'static str,
    pub(super) korean: &'static str,
}

pub(super) struct Time {
    pub(super) tense: Tense,
    pub(super) english: &'static str,
    pub(super) french: &'static str,
    pub(super) korean: &'static str,
}

const fn masculine(class: Class, english: [&'static str; 2], french: [&'static str; 2], korean: &'static str) -> Noun {
    Noun { class, english, french, feminine: false, korean }
}

const fn feminine(class: Class, english: [&'static str; 2], french: [&'static str; 2], korean: &'static str) -> Noun {
    Noun { class, english, french, feminine: true, korean }
}

pub(super) const NOUNS: &[Noun] = &[
    masculine(Person, ["boy", "boys"], ["garçon", "garçons"], "소년"),
    feminine(Person, ["girl", "girls"], ["fille", "filles"], "소녀"),
    masculine(Person, ["man", "men"], ["homme", "hommes"], "남자"),
    feminine(Person, ["woman", "women"], ["femme", "femmes"], "여자"),
    masculine(Person, ["child", "children"], ["enfant", "enfants"], "아이"),
    masculine(Person, ["friend", "friends"], ["ami", "amis"], "친구"),
    masculine(Person, ["teacher", "teachers"], ["professeur", "professeurs"], "선생님"),
    masculine(Person, ["doctor", "doctors"], ["médecin", "médecins"], "의사"),
    feminine(Person, ["neighbour", "neighbours"], ["voisine", "voisines"], "이웃"),
    feminine(Person, ["singer", "singers"], ["chanteuse", "chanteuses"], "가수"),
    masculine(Animal, ["dog", "dogs"], ["chien", "chiens"], "개"),
    masculine(Animal, ["cat", "cats"], ["chat", "chats"], "고양이"),
    masculine(Animal, ["bird", "birds"], ["oiseau", "oiseaux"], "새"),
    masculine(Animal, ["horse", "horses"], ["cheval", "chevaux"], "말"),
    feminine(Animal, ["cow", "cows"], ["vache", "vaches"], "소"),
    masculine(Animal, ["rabbit", "rabbits"], ["lapin", "lapins"], "토끼"),
    feminine(Food, ["apple", "apples"], ["pomme", "pommes"], "사과"),
    feminine(Food, ["orange", "oranges"], ["orange", "oranges"], "오렌지"),
    masculine(Food, ["egg", "eggs"], ["œuf", "œufs"], "달걀"),
    masculine(Food, ["cake", "cakes"], ["gâteau", "gâteaux"], "케이크"),
    feminine(Food, ["soup", "soups"], ["soupe", "soupes"], "수프"),
    masculine(Food, ["fish", "fish"], ["poisson", "poissons"], "생선"),
    feminine(Food, ["potato", "potatoes"], ["patate", "patates"], "감자"),
    masculine(Food, ["cheese", "cheeses"], ["fromage", "fromages"], "치즈"),
    feminine(Food, ["pear", "pears"], ["poire", "poires"], "배"),
    feminine(Thing, ["car", "cars"], ["voiture", "voitures"], "자동차"),
    masculine(Thing, ["hat", "hats"], ["chapeau", "chapeaux"], "모자"),
    masculine(Thing, ["bag", "bags"], ["sac", "sacs"], "가방"),
    feminine(Thing, ["chair", "chairs"], ["chaise", "chaises"], "의자"),
    feminine(Thing, ["table", "tables"], ["table", "tables"], "탁자"),
    feminine(Thing, ["plate", "plates"], ["assiette", "assiettes"], "접시"),
    masculine(Thing, ["umbrella", "umbrellas"], ["parapluie", "parapluies"], "우산"),
    feminine(Thing, ["ball", "balls"], ["balle", "balles"], "공"),
    masculine(Thing, ["coat", "coats"], ["manteau", "manteaux"], "외투"),
    masculine(Thing, ["glass", "glasses"], ["verre", "verres"], "유리잔"),
    masculine(Reading, ["book", "books"], ["livre", "livres"], "책"),
    feminine(Reading, ["letter", "letters"], ["lettre", "lettres"], "편지"),
    masculine(Reading, ["newspaper", "newspapers"], ["journal", "journaux"], "신문"),
    feminine(Reading, ["story", "stories"], ["histoire", "histoires"], "이야기"),
    masculine(Reading, ["poem", "poems"], ["poème", "poèmes"], "시"),
];

const ALIVE: &[Class] = &[Person, Animal];
const SEEN: &[Class] = &[Person, Animal, Food, Thing];
const DEAD: &[Class] = &[Food, Thing];

const fn adjective(
    classes: &'static [Class],
    english: &'static str,
    french: [&'static str; 4],
    before_noun: bool,
    korean: &'static str,
) -> Adjective {
    Adjective { classes, english, french, before_noun, korean }
}

pub(super) const ADJECTIVES: &[Adjective] = &[
    adjective(SEEN, "small", ["petit", "petite", "petits", "petites"], true, "작은"),
    adjective(SEEN, "big", ["grand", "grande", "grands", "grandes"], true, "큰"),
    adjective(ALIVE, "young", ["jeune", "jeune", "jeunes", "jeunes"], true, "젊은"),
    adjective(&[Food, Reading], "good", ["bon", "bonne", "bons", "bonnes"], true, "좋은"),
    adjective(ALIVE, "happy", ["heureux", "heureuse", "heureux", "heureuses"], false, "행복한"),
    adjective(ALIVE, "tired", ["fatigué", "fatiguée", "fatigués", "fatiguées"], false, "지친"),
    adjective(&[Person], "kind", ["gentil", "gentille", "gentils", "gentilles"], false, "친절한"),
    adjective(DEAD, "red", ["rouge", "rouge", "rouges", "rouges"], false, "빨간"),
    adjective(DEAD, "green", ["vert", "verte", "verts", "vertes"], false, "초록색"),
    adjective(&[Thing, Animal], "white", ["blanc", "blanche", "blancs", "blanches"], false, "하얀"),
    adjective(&[Thing, Animal], "black", ["noir", "noire", "noirs", "noires"], false, "검은"),
    adjective(&[Food], "cold", ["froid", "froide", "froids", "froides"], false, "차가운"),
    adjective(&[Thing], "heavy", ["lourd", "lourde", "lourds", "lourdes"], false, "무거운"),
    adjective(&[Reading], "long", ["long", "longue", "longs", "longues"], true, "긴"),
    adjective(&[Reading], "sad", ["triste", "triste", "tristes", "tristes"], false, "슬픈"),
];

const fn verb(
    subjects: &'static [Class],
    objects: &'static [Class],
    english: [&'static str; 3],
    french: French,
    korean: [&'static str; 4],
) -> Verb {
    Verb { subjects, objects, english, french, korean }
}

const fn french(present: [&'static str; 5], participle: &'static str, future: &'static str) -> French {
    French { present, participle, future }
}

const PEOPLE: &[Class] = &[Person];
const ANYTHING: &[Class] = &[Person, Animal, Food, Thing, Reading];

pub(super) const VERBS: &[Verb] = &[
    verb(
        ALIVE,
        ANYTHING,
        ["see", "sees", "saw"],
        french(["vois", "voyez", "voit", "voyons", "voient"], "vu", "verr"),
        ["보", "본다", "보았다", "볼 것이다"],
    ),
    verb(
        ALIVE,
        &[Food],
        ["eat", "eats", "ate"],
        french(["mange", "mangez", "mange", "mangeons", "mangent"], "mangé", "manger"),
        ["먹", "먹는다", "먹었다", "먹을 것이다"],
    ),
    verb(
        ALIVE,
        ANYTHING,
        ["like", "likes", "liked"],
        french(["aime", "aimez", "aime", "aimons", "aiment"], "aimé", "aimer"),
        ["좋아하", "좋아한다", "좋아했다", "좋아할 것이다"],
    ),
    verb(
        PEOPLE,
        &[Food, Thing, Reading, Animal],
        ["buy", "buys", "bought"],
        french(["achète", "achetez", "achète", "achetons", "achètent"], "acheté", "achèter"),
        ["사", "산다", "샀다", "살 것이다"],
    ),
    verb(
        ALIVE,
        ANYTHING,
        ["look for", "looks for", "looked for"],
        french(["cherche", "cherchez", "cherche", "cherchons", "cherchent"], "cherché", "chercher"),
        ["찾", "찾는다", "찾았다", "찾을 것이다"],
    ),
    verb(
        PEOPLE,
        &[Reading],
        ["read", "reads", "read"],
        french(["lis", "lisez", "lit", "lisons", "lisent"], "lu", "lir"),
        ["읽", "읽는다", "읽었다", "읽을 것이다"],
    ),
    verb(
        PEOPLE,
        &[Reading],
        ["write", "writes", "wrote"],
        french(["écris", "écrivez", "écrit", "écrivons", "écrivent"], "écrit", "écrir"),
        ["쓰", "쓴다", "썼다", "쓸 것이다"],
    ),
    verb(
        PEOPLE,
        &[Thing, Animal, Food],
        ["wash", "washes", "washed"],
        french(["lave", "lavez", "lave", "lavons", "lavent"], "lavé", "laver"),
        ["씻", "씻는다", "씻었다", "씻을 것이다"],
    ),
    verb(
        PEOPLE,
        &[Thing, Food],
        ["carry", "carries", "carried"],
        french(["porte", "portez", "porte", "portons", "portent"], "porté", "porter"),
        ["나르", "나른다", "날랐다", "나를 것이다"],
    ),
    verb(
        PEOPLE,
        ANYTHING,
        ["draw", "draws", "drew"],
        french(["dessine", "dessinez", "dessine", "dessinons", "dessinent"], "dessiné", "dessiner"),
        ["그리", "그린다", "그렸다", "그릴 것이다"],
    ),
    verb(
        PEOPLE,
        &[Food, Thing, Reading],
        ["sell", "sells", "sold"],
        french(["vends", "vendez", "vend", "vendons", "vendent"], "vendu", "vendr"),
        ["팔", "판다", "팔았다", "팔 것이다"],
    ),
    verb(
        PEOPLE,
        &[Person, Animal],
        ["help", "helps", "helped"],
        french(["aide", "aidez", "aide", "aidons", "aident"], "aidé", "aider"),
        ["돕", "돕는다", "도왔다", "도울 것이다"],
    ),
];

pub(super) const PLACES: &[Place] = &[
    Place { english: "in the garden", french: "dans le jardin", korean: "정원에서" },
    Place { english: "in the kitchen", french: "dans la cuisine", korean: "부엌에서" },
    Place { english: "at the market", french: "au marché", korean: "시장에서" },
    Place { english: "at school", french: "à l'école", korean: "학교에서" },
    Place { english: "at home", french: "à la maison", korean: "집에서" },
];

pub(super) const TIMES: &[Time] = &[
    Time { tense: Tense::Present, english: "today", french: "aujourd'hui", korean: "오늘" },
    Time { tense: Tense::Present, english: "every day", french: "tous les jours", korean: "매일" },
    Time { tense: Tense::Past, english: "yesterday", french: "hier", korean: "어제" },
    Time { tense: Tense::Past, english: "last night", french: "hier soir", korean: "어젯밤에" },
    Time { tense: Tense::Future, english: "tomorrow", french: "demain", korean: "내일" },
    Time { tense: Tense::Future, english: "next week", french: "la semaine prochaine", korean: "다음 주에" },
];
