//! Korean sentences of the tasks.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use super::super::TextExample;
use super::lexicon::{Fact, Lexicon, Turn, pick};
use crate::Language;
use crate::toy::with_particle;

pub(super) static LEXICON: Lexicon = Lexicon {
    language: Language::Korean,
    verbs: &[
        ("찾는다", "찾는가"),
        ("그린다", "그리는가"),
        ("가져간다", "가져가는가"),
        ("본다", "보는가"),
        ("산다", "사는가"),
    ],
    kinds: [
        ("동물", ["붉은 여우", "갈색 사슴", "작은 다람쥐", "청개구리", "작은 게", "겁 많은 토끼"]),
        ("장난감", ["장난감 로봇", "곰 인형", "종이 연", "나무 기차", "테니스공", "그림 맞추기"]),
        ("음식", ["사과 파이", "김치찌개", "부침개", "된장국", "초콜릿 케이크", "야채 볶음"]),
        ("도구", ["나무 숟가락", "작은 칼", "낡은 갈퀴", "무거운 삽", "오래된 냄비", "긴 주걱"]),
    ],
    places: [
        ["부엌에서", "도서관에서", "병원에서", "교실에서", "식당에서"],
        ["해변에서", "정원에서", "숲에서", "공원에서", "강에서"],
    ],
    friends: &["동생", "할머니", "할아버지", "어머니", "아버지", "삼촌"],
    times: &["아침에", "오후에", "점심을 먹고", "저녁에", "일요일에", "오늘"],
    opposites: &[
        ["뜨겁", "차갑"],
        ["깨끗하", "더럽"],
        ["무겁", "가볍"],
        ["비싸", "싸"],
        ["시끄럽", "조용하"],
        ["크", "작"],
    ],
    things: &["바구니", "그림", "기차", "양동이", "자전거", "정원", "병", "배", "천막", "컵"],
    fact,
    finds_kind: |fact, kind| {
        format!("{} {} {}.", with_particle(fact.person.name, "은"), with_particle(kind, "을"), fact.verb.0)
    },
    is_inside: |person, side| format!("{} {} 있다.", with_particle(person.name, "은"), ["실내에", "야외에"][side]),
    says: |person, thing, stem, denied, other_words| {
        let judged = if denied { format!("{stem}지 않다") } else { format!("{stem}다") };
        match other_words {
            false => format!("{} {} {judged}고 말한다.", with_particle(person.name, "은"), with_particle(thing, "이")),
            true => format!("{}의 {} {judged}.", person.name, with_particle(thing, "은")),
        }
    },
    question,
    sentiment,
    tagged_sentences: &[
        "{PER}은 {TIME} 기차로 {LOC}에 간다 .",
        "{TIME} {PER}과 {PER}은 {ORG}과 축구를 한다 .",
        "{ORG}이 {TIME} {LOC}에서 경기를 한다 .",
        "{PER}은 역에서 {LOC}으로 가는 기차를 기다린다 .",
        "{TIME} {ORG}은 {PER}과 함께 {LOC}에 간다 .",
        "부엌에서 {PER}은 {PER}에게 {ORG} 이야기를 한다 .",
        "경기가 끝나고 {ORG}은 정원에서 {PER}과 점심을 먹는다 .",
        "{PER}은 {LOC}으로 가는 기차에서 {ORG}을 본다 .",
        "{LOC}에서 {ORG}과 {PER}은 우승컵을 들고 걷는다 .",
        "{ORG} 주장은 {TIME} {LOC}에서 {PER}에게 편지를 쓴다 .",
        "{LOC} 해변에서 {PER}은 {ORG}과 논다 .",
    ],
    cities: &["부산", "대구", "광주", "강릉", "전주", "경주"],
    team: "팀",
};

fn fact(fact: &Fact) -> String {
    let Fact { person, verb, object, place, friend } = fact;
    let object = object.unwrap_or("무언가");
    let place = place.map(|place| format!("{place} ")).unwrap_or_default();
    let friend = friend.map(|friend| format!("{} 함께 ", with_particle(friend, "과"))).unwrap_or_default();
    format!("{} {friend}{place}{} {}.", with_particle(person.name, "은"), with_particle(object, "을"), verb.0)
}

fn question(fact: &Fact, kind: &str, which: usize) -> (String, String) {
    let asked = format!("{} {}", with_particle(kind, "을"), fact.verb.1);
    match which {
        0 => (format!("어디에서 {asked}?"), fact.place.unwrap_or_default().to_owned()),
        1 => (format!("{kind}에 드는 것은 무엇인가?"), with_particle(fact.object.unwrap_or_default(), "을")),
        _ => (format!("누가 {asked}?"), with_particle(fact.person.name, "은")),
    }
}

const GOOD: [&str; 8] = ["맛있", "멋지", "좋", "훌륭하", "아름답", "깨끗하", "즐겁", "예쁘"];
const BAD: [&str; 8] = ["나쁘", "시끄럽", "지루하", "더럽", "어렵", "무겁", "비싸", "슬프"];
const THINGS: [&str; 12] =
    ["수프", "케이크", "노래", "그림", "이야기", "기차", "정원", "잔치", "외투", "바구니", "음악", "해변"];

fn sentiment(lexicon: &Lexicon, rng: &mut ChaCha8Rng) -> TextExample<usize> {
    let label = usize::from(rng.random_bool(0.5));
    let (said, opposite) = if label == 1 { (GOOD, BAD) } else { (BAD, GOOD) };
    let (said, opposite) = (pick(&said, rng), pick(&opposite, rng));
    let judged = match Turn::draw(rng) {
        Turn::Plain => format!("{said}다"),
        Turn::Denied => format!("안 {opposite}다"),
        Turn::Both => format!("안 {opposite}고 {said}다"),
    };
    let [person, other] = lexicon.people(rng);
    let (thing, place) = (pick(&THINGS, rng), pick(&lexicon.all_places(), rng));
    let text = match rng.random_range(0..4u32) {
        0 => format!("{}의 {} {judged}.", person.name, with_particle(thing, "은")),
        1 => {
            format!("{} {place} 본 {} {judged}고 말한다.", with_particle(person.name, "은"), with_particle(thing, "이"))
        }
        2 => format!(
            "{} {judged}고 {} {}에게 말한다.",
            with_particle(thing, "이"),
            with_particle(person.name, "은"),
            other.name
        ),
        _ => format!("{place} {} {} {judged}고 느낀다.", with_particle(person.name, "은"), with_particle(thing, "이")),
    };
    TextExample { text, pair: None, label }
}
