//! The Korean stories. How to read the notation: see [`super::template`].

use super::template::{Cast, Scene, World};

pub(super) const WORLD: World = World {
    male_names: "민수, 서준, 도윤, 지호, 현우, 지훈, 우진, 민재, 동현, 영수, 철수, 하준",
    female_names: "지영, 서연, 하은, 민지, 수빈, 유나, 예린, 소희, 영희, 미영, 보라, 나래",
    pair: "{first:과} {second}",
    male: Cast { child: "소년", subject: "그", object: "그", possessive: "그의" },
    female: Cast { child: "소녀", subject: "그녀", object: "그녀", possessive: "그녀의" },
    plural: Cast { child: "아이들", subject: "두 사람", object: "두 사람", possessive: "두 사람의" },
    lists: &[
        ("friend", "동생, 할머니, 할아버지, 어머니, 아버지, 삼촌"),
        ("time", "아침에, 오후에, 점심을 먹고, 저녁에, 일요일에, 오늘"),
        ("feeling", "기뻐한다, 행복하다, 뿌듯하다, 피곤하다, 신이 난다, 즐거워한다"),
        ("color", "빨간, 파란, 초록, 노란, 하얀, 갈색"),
        ("number", "두, 세, 네, 다섯, 여섯, 일곱"),
    ],
};

pub(super) const SCENES: &[Scene] = &[
    Scene {
        lists: &[
            ("dish", "초콜릿 케이크, 사과 파이, 김치찌개, 닭고기 수프, 야채 볶음, 부침개, 잡채, 된장국"),
            ("tool", "나무 숟가락, 큰 그릇, 작은 칼, 오래된 냄비, 깨끗한 접시, 긴 주걱"),
            ("drink", "찬 우유, 뜨거운 차, 오렌지 주스, 시원한 물, 따뜻한 코코아, 보리차"),
            ("extra", "설탕, 버터, 소금, 밀가루, 꿀, 달걀, 간장"),
        ],
        opening: &[
            "{time} {name:은} 부엌에서 {dish:을} 만든다.",
            "{name:은} {friend:과} 함께 부엌에서 {dish:을} 요리한다.",
            "{name:은} {time} 부엌에서 {friend}에게 줄 {dish:을} 준비한다.",
        ],
        beats: &[
            "먼저 {who:은} 부엌 찬장에서 {tool:과} {extra:을} 꺼낸다.",
            "{who:은} 그릇에 {extra:과} {extra2:을} 넣고 {tool:으로} 섞는다.",
            "불이 너무 세서 {dish*:이} 타기 시작한다. / {who:은} 얼른 불을 줄이고 {tool:으로} {dish*:을} 젓는다.",
            "부엌에 {extra:이} 하나도 없다. / 그래서 {friend:이} 찬장에서 {extra:과} {extra2:을} 가져온다.",
            "{dish*:이} 익는 동안 {who:은} 부엌에서 {drink:을} 마신다.",
            "{who:은} 부엌 식탁에서 {friend:과} {drink:을} 마신다.",
            "{friend:은} {tool:을} 씻고 식탁에 {dish2:을} 차린다.",
        ],
        ending: &[
            "{dish*:이} 아주 맛있어서 {friend:은} {number} 그릇을 먹는다.",
            "{who:은} 식탁에서 {friend:과} {dish*:을} 먹고 {drink2:을} 마신다.",
            "부엌에서 {dish*} 냄새가 나서 {name:은} {feeling}.",
        ],
    },
    Scene {
        lists: &[
            ("find", "하얀 조개, 분홍 소라, 빨간 불가사리, 작은 게, 매끈한 조약돌, 낡은 병"),
            ("build", "높은 모래성, 긴 모래 담, 깊은 모래 구덩이, 둥근 모래 탑"),
            ("game", "공을 던지고, 파도를 뛰어넘고, 해변을 달리고, 바다에서 헤엄치고"),
            ("cold", "아이스크림, 달콤한 수박, 시원한 레모네이드, 복숭아"),
        ],
        opening: &[
            "{time} {name:은} {friend:과} 함께 해변에 있다.",
            "{name:은} {time} {friend:과} 차를 타고 바다로 간다.",
            "{time} 해가 나서 {name:은} 해변에서 {friend:과} 논다.",
        ],
        beats: &[
            "{who:은} 파도 가까이에 {color} 깃발을 꽂고 {build:을} 쌓는다.",
            "{who:은} 젖은 모래에서 {find:을} 주워 {friend}에게 보여 준다.",
            "큰 파도가 밀려와 해변의 {build*:을} 무너뜨린다. / {who:은} 웃으며 모래로 {build*:을} 다시 쌓는다.",
            "{friend:은} {game} {who:은} 바다에 뜬 배 {number} 척을 본다.",
            "{who:은} 모래가 든 {color} 양동이에 {find*:을} 넣는다.",
            "모래가 너무 뜨거워서 {who:은} {color} 신발을 신는다. / 그다음 {who:은} {friend:과} 바다에서 헤엄친다.",
            "{who:은} {color} 수건에 앉아 {cold:을} 먹으며 파도를 본다.",
        ],
        ending: &[
            "저녁에 {who:은} 해변에서 주운 {find*:을} 집으로 가져간다.",
            "바다에서 {number} 시간을 놀고 {name:은} {feeling}.",
            "해가 바다로 지자 {friend:은} {color} 수건을 챙긴다.",
        ],
    },
    Scene {
        lists: &[
            ("subject", "수학, 국사, 영어, 과학, 지리, 국어"),
            ("item", "긴 연필, 두꺼운 교과서, 새 공책, 작은 자, 말랑한 지우개, 책가방"),
            ("task", "어려운 낱말을 쓰고, 큰 지도를 그리고, 백까지 세고, 짧은 시를 읽고, 새 규칙을 설명하고"),
        ],
        opening: &[
            "{time} {name:은} 교실에 앉아 {subject:을} 배운다.",
            "{name:은} {time} 학교에서 {subject} 수업을 듣는다.",
            "{name:은} {subject} 수업에 쓸 {color} {item*:을} 들고 학교에 간다.",
        ],
        beats: &[
            "선생님이 칠판에 {task} 반 아이들은 {subject} 수업을 듣는다.",
            "{who:은} {item*:을} 집에 두고 왔다. / 선생님이 {subject} 수업에 쓸 {color} {item*:을} 빌려 준다.",
            "{who:은} 손을 들고 {subject} 선생님의 질문 {number} 개에 대답한다.",
            "{subject} 시험은 {number} 문제이고 아주 어렵다. / 하지만 {who:은} {friend:과} {subject:을} 공부해서 답을 모두 안다.",
            "쉬는 시간에 {who:은} 학생 {number} 명과 운동장에서 논다.",
            "{who:은} {color} 공책에 {subject} 낱말 {number} 개를 적는다.",
            "짝이 책상 밑에 {color} {item*:을} 떨어뜨린다.",
        ],
        ending: &[
            "종이 울리자 {who:은} {friend:과} {subject} 숙제를 한다.",
            "{name:이} {subject} 시험을 잘 봐서 선생님은 {feeling}.",
            "학교가 끝나고 {who:은} {friend}에게 {subject} 수업 이야기를 한다.",
        ],
    },
    Scene {
        lists: &[
            ("fruit", "빨간 사과, 신 레몬, 달콤한 포도, 노란 바나나, 시원한 배, 잘 익은 자두"),
            ("vegetable", "싱싱한 당근, 작은 양파, 굵은 감자, 긴 오이, 둥근 배추"),
            ("seller", "늙은 농부, 친절한 아주머니, 목소리가 큰 아저씨, 젊은 아가씨"),
            ("price", "천 원, 이천 원, 삼천 원, 오천 원, 만 원"),
        ],
        opening: &[
            "{time} {name:은} {fruit:을} 사러 시장에 간다.",
            "{name:은} {time} {friend:과} 함께 시장에서 {vegetable:을} 산다.",
            "{name:은} {color} 바구니를 들고 시장에서 {fruit:을} 찾는다.",
        ],
        beats: &[
            "시장에서 {seller:이} {fruit:을} {price}에 판다.",
            "{fruit*:이} 너무 비싸서 {who:은} 다른 가게를 찾는다. / 그곳에서는 {seller:이} {fruit*:을} {price}에 판다.",
            "{who:은} {color} 바구니에 {fruit*} {number} 개와 {vegetable*} {number2} 개를 담는다.",
            "{who:은} {vegetable} 값으로 {price:을} 내고 인사를 한다.",
            "{vegetable*} 때문에 바구니가 너무 무겁다. / 그래서 {friend:이} 시장에서 {fruit*:을} 들어 준다.",
            "{seller:은} {color} 천막에서 {him}에게 {fruit*:을} 맛보게 한다.",
            "{friend:은} 가게에서 {vegetable:과} {fruit*} {number} 개를 달라고 한다.",
        ],
        ending: &[
            "{who:은} 시장에서 산 {fruit*:을} 바구니에 담아 집으로 간다.",
            "{vegetable*:을} {price}에 사서 {name:은} {feeling}.",
            "마지막 가게에서 {friend:은} {fruit:과} {vegetable:을} 산다.",
        ],
    },
    Scene {
        lists: &[
            ("flower", "장미, 튤립, 국화, 해바라기, 제비꽃, 백합"),
            ("tool", "낡은 갈퀴, 작은 가위, 긴 호스, 물뿌리개, 무거운 삽, 작은 호미"),
            ("guest", "작은 벌, 통통한 달팽이, 예쁜 나비, 긴 지렁이, 청개구리, 바쁜 개미"),
        ],
        opening: &[
            "{time} {name:은} 정원에 {color} {flower:을} 심는다.",
            "{name:은} {time} {tool:을} 들고 {friend:과} 정원에서 일한다.",
            "{name:은} 정원에서 {friend:이} 심은 {color} {flower}에 물을 준다.",
        ],
        beats: &[
            "{who:은} {tool:으로} {flower:을} 심을 구덩이를 {number} 개 판다.",
            "{guest:이} {color} {flower} 잎에 앉아 있다.",
            "정원에 비가 오지 않아 {flower:이} 말랐다. / {who:은} {tool*:을} 가져와 {color} {flower}에 물을 준다.",
            "{guest:이} 정원의 {flower:을} 갉아 먹는다. / {who:은} {guest*:을} {flower} 뒤의 풀밭으로 조심히 옮긴다.",
            "{friend:은} 정원에서 잡초 {number} 포기를 뽑고 {tool:을} 가져온다.",
            "{who:은} {color} {flower} 향기를 맡으며 {guest:을} 바라본다.",
            "{who:은} {flower} 사이에 씨앗을 {number} 줄 뿌린다.",
        ],
        ending: &[
            "{who:은} {flower} {number} 송이를 잘라 {friend}에게 준다.",
            "곧 {name}의 정원에 {color} {flower:이} 핀다.",
            "{name:은} 창고에 {tool*:을} 두고 {flower:을} 본다.",
        ],
    },
    Scene {
        lists: &[
            ("beast", "갈색 사슴, 붉은 여우, 회색 부엉이, 작은 다람쥐, 커다란 멧돼지, 겁 많은 토끼"),
            ("plant", "버섯, 산딸기, 도토리, 솔방울, 밤, 고사리"),
            ("where", "나무 뒤에서, 덤불 밑에서, 가지 위에서, 오솔길 옆에서, 시냇가에서"),
        ],
        opening: &[
            "{time} {name:은} {friend:과} 함께 숲을 걷는다.",
            "{name:은} {time} 어두운 숲에서 {plant:을} 찾는다.",
            "{name:은} 좁은 오솔길을 따라 숲으로 들어가 {plant:을} 줍는다.",
        ],
        beats: &[
            "{who:은} {where} {beast:을} 보고 걸음을 멈춘다.",
            "{who:은} 숲의 {where} {plant:을} {number} 개 찾는다.",
            "{who:은} 나무 사이에서 길을 잃는다. / 그때 나무 {number} 그루 너머에서 {friend:이} 불러 숲을 빠져나온다.",
            "{where} 부스럭 소리가 난다. / {who:이} 돌아보니 {beast:이} {plant:을} 먹고 있다.",
            "{who:이} 나뭇가지를 밟자 {beast*:은} 나무 사이로 달아난다.",
            "{friend:은} {where} 숨어서 {beast*:을} 지켜본다.",
            "{who:은} {where} 쉬면서 숲에서 주운 {plant:을} 먹는다.",
        ],
        ending: &[
            "{who:은} 바구니에 {plant:을} 가득 담아 숲에서 나온다.",
            "집에서 {name:은} 숲에 사는 {beast*:을} 그린다.",
            "{friend}에게 {beast*} 이야기를 하며 {name:은} {feeling}.",
        ],
    },
    Scene {
        lists: &[
            ("wear", "따뜻한 목도리, 털모자, 두꺼운 외투, 장갑, 털장화"),
            ("make", "커다란 눈사람, 눈 집, 눈 요새, 작은 눈 곰"),
            ("ride", "나무 썰매, 낡은 썰매, 새 스키, 스케이트"),
        ],
        opening: &[
            "{time} 눈이 와서 {name:은} {color} {wear*:을} 챙긴다.",
            "{name:은} {time} {friend:과} 함께 눈밭에서 논다.",
            "겨울이라 춥지만 {name:은} {ride:을} 들고 눈밭으로 나간다.",
        ],
        beats: &[
            "{who:은} {friend:과} 하얀 눈으로 {make:을} 만든다.",
            "{who:은} 언덕 뒤의 {make*}에 눈덩이 {number} 개를 던진다.",
            "{who:은} 깊은 눈에 빠져 손이 시리다. / 그래서 {friend:이} {him}에게 {color} {wear*:을} 준다.",
            "언덕이 얼어서 {who:은} {ride*:을} 타고 미끄러져 내려간다.",
            "{ride*:이} 부러져서 {who:은} 언덕을 내려갈 수 없다. / {friend:이} 눈밭에서 {ride*:을} 고친다.",
            "{who:은} {make*}에 당근 코와 {color} {wear*:을} 달아 준다.",
            "{friend:은} {color} {wear*} 차림으로 {ride*:을} 끌고 눈 덮인 언덕을 오른다.",
        ],
        ending: &[
            "{who:은} 언 발을 녹이며 {color} {wear*:을} 벗는다.",
            "다음 날 눈이 녹아 {make*:이} 사라진다.",
            "눈 덮인 언덕을 {number} 번 내려와서 {name:은} {feeling}.",
        ],
    },
    Scene {
        lists: &[
            ("pain", "높은 열, 심한 기침, 부러진 팔, 부러진 다리, 깊은 상처, 심한 두통"),
            ("cure", "쓴 가루약, 하얀 붕대, 작은 알약, 따뜻한 찜질, 단 시럽"),
            ("helper", "간호사, 의사, 젊은 의사, 늙은 의사"),
        ],
        opening: &[
            "{time} {name:은} {pain} 때문에 병원에 간다.",
            "{name:은} {time} 병원에 입원한 {friend:을} 찾아간다.",
            "{pain} 때문에 {friend:이} {name:을} 병원에 데려간다.",
        ],
        beats: &[
            "{helper:은} {pain*:을} 살펴보고 {number} 가지를 묻는다.",
            "{helper*:이} {pain*}에 좋은 {cure:을} 가져온다.",
            "{pain*} 때문에 너무 아파서 {who:은} 운다. / {helper*:이} {cure:을} 주자 아픔이 줄어든다.",
            "{pain*} 때문에 {who:은} {number} 밤을 병원 침대에서 지낸다.",
            "의사의 말대로 {who:은} {cure*:을} 하루에 {number} 번 쓴다.",
            "옆 침대의 환자는 {pain2} 때문에 입원했다. / 그 환자도 {helper*}에게 {cure:을} 받는다.",
            "{friend:은} 병원에 {color} 꽃을 가져와 {helper*}에게 {pain*}에 대해 묻는다.",
        ],
        ending: &[
            "{number} 밤이 지나 {pain*:이} 낫자 {who:은} 병원을 나온다.",
            "{name:은} 다 나아서 {cure*:을} 준 {helper*}에게 인사한다.",
            "환자 {name:이} 집에 가게 되어 {helper*:은} {feeling}.",
        ],
    },
    Scene {
        lists: &[
            ("city", "부산, 대구, 광주, 강릉, 전주, 경주"),
            ("luggage", "무거운 가방, 작은 배낭, 큰 보따리, 가죽 가방"),
            ("view", "푸른 언덕, 긴 다리, 넓은 들판, 어두운 굴, 작은 마을"),
        ],
        opening: &[
            "{time} {name:은} 역에서 {city:으로} 가는 기차를 기다린다.",
            "{name:은} {time} {friend:과} 함께 기차로 {city}에 간다.",
            "{name:은} {city:으로} 가는 기차표를 {number} 장 산다.",
        ],
        beats: &[
            "{who:은} {luggage:을} 들고 역의 승강장으로 간다.",
            "{city:으로} 가는 기차가 {number} 시간 늦는다. / 그래서 {who:은} 승강장에서 {luggage*}에 앉아 기다린다.",
            "기차 창밖으로 {who:은} {view:과} {view2:을} 본다.",
            "차장이 {city:으로} 가는 기차표 {number} 장을 확인한다.",
            "{who:은} 승강장에 {color} {luggage*:을} 두고 왔다. / 하지만 차장이 기차 안으로 {luggage*:을} 가져다준다.",
            "기차가 {view} 옆을 지나는 동안 {friend:은} 잔다.",
            "{who:은} 기차 의자 밑에 {color} {luggage*:을} 넣는다.",
        ],
        ending: &[
            "{number} 시간 뒤에 기차가 {city}에 도착한다.",
            "{city} 역 승강장에서 {friend:이} {luggage*:을} 받아 준다.",
            "기차가 {city} 역에 서자 {name:은} {feeling}.",
        ],
    },
    Scene {
        lists: &[
            ("stock", "누런 소, 하얀 양, 뚱뚱한 돼지, 회색 염소, 힘센 말, 늙은 당나귀"),
            ("young", "어린 송아지, 작은 새끼 양, 아기 돼지, 노란 병아리"),
            ("feed", "마른 건초, 옥수수, 볏짚, 귀리, 콩깍지"),
        ],
        opening: &[
            "{time} {name:은} 농부를 도와 {stock}에게 먹이를 준다.",
            "{name:은} {time} {friend}의 농장에서 {stock:을} 본다.",
            "{name:은} 농장의 외양간으로 {feed:을} 나른다.",
        ],
        beats: &[
            "{who:은} 외양간에서 {stock*:과} {young}에게 {feed:을} 준다.",
            "배고픈 {stock*:이} 외양간에서 운다. / {who:은} {stock*}에게 {feed} {number} 통을 가져다준다.",
            "{stock*:이} 울타리를 부수고 들판으로 달아난다. / 농부와 {name:은} {stock*:을} 외양간으로 데려온다.",
            "{young:이} 농장 마당에서 {him:을} 따라다닌다.",
            "{friend:은} 소 {number} 마리의 젖을 짜고 농부는 달걀 {number2} 개를 모은다.",
            "농부는 {color} 경운기로 {stock*}에게 {feed:을} 실어 나른다.",
            "{who:은} 외양간을 치우고 {young} 옆에 {feed:을} 놓는다.",
        ],
        ending: &[
            "저녁에 {stock*:은} 외양간의 {feed} 위에서 잔다.",
            "농부는 고마워서 {name}에게 농장의 달걀 {number} 개를 준다.",
            "{stock*:과} {young*}에게 인사하고 {name:은} {feeling}.",
        ],
    },
    Scene {
        lists: &[
            ("animal", "잠자는 사자, 키 큰 기린, 시끄러운 원숭이, 회색 코끼리, 줄무늬 호랑이, 게으른 곰, 귀여운 펭귄"),
            ("act", "밧줄을 탄다, 공을 굴린다, 목욕을 한다, 크게 하품한다, 빙글빙글 돈다, 큰 이빨을 보인다"),
            ("snack", "바나나, 땅콩, 고기, 생선"),
        ],
        opening: &[
            "{time} {name:은} {friend:과} {animal:을} 보러 동물원에 간다.",
            "{name:은} {time} 동물원 입장권을 {number} 장 산다.",
            "{name:은} 동물원 우리 앞에 서서 {animal:을} 본다.",
        ],
        beats: &[
            "{who:이} 사진을 {number} 장 찍자 우리에서 {animal:이} {act}.",
            "사육사가 {animal}에게 {snack:을} 준다.",
            "{animal*:이} 우리 틈으로 {name}의 {color} 모자를 빼앗는다. / 사육사가 {animal*}에게 {snack:을} 주고 모자를 되찾는다.",
            "{animal} 옆의 우리에서는 {animal2:이} {act}.",
            "{animal*:이} 우리 안에 숨어 보이지 않는다. / {who:이} {number} 시간을 기다리자 {animal*:이} {act}.",
            "{friend:이} 웃는 동안 우리에서 {animal*:이} {act}.",
            "{who:은} 사육사에게 {animal*:이} 왜 {snack:을} 먹는지 묻는다.",
        ],
        ending: &[
            "{name:은} 동물원에서 {animal2*}보다 {animal*:을} 더 좋아한다.",
            "동물원 문 앞에서 {friend:이} {him}에게 {color} {animal*} 인형을 사 준다.",
            "사육사가 되고 싶은 {name:은} {animal*:을} 보고 {feeling}.",
        ],
    },
    Scene {
        lists: &[
            ("kind", "옛날이야기, 귀신 이야기, 탐정 소설, 동시집, 만화책, 우주 이야기"),
            ("shelf", "맨 위 책꽂이, 맨 아래 책꽂이, 왼쪽 책꽂이, 오른쪽 책꽂이, 먼지 쌓인 책꽂이"),
            ("hero", "용감한 기사, 똑똑한 공주, 늙은 마법사, 길 잃은 해적, 착한 거인"),
        ],
        opening: &[
            "{time} {name:은} 도서관에서 {kind:을} 읽는다.",
            "{name:은} {time} 도서관에서 {kind:을} 빌린다.",
            "{name:은} 도서관의 {shelf}에서 {kind:을} 찾는다.",
        ],
        beats: &[
            "{kind}에는 {hero:과} {hero2:이} 나온다.",
            "{who:은} {shelf}에서 {kind:을} 찾지 못한다. / 사서가 {shelf2}에서 {kind:을} 꺼내 준다.",
            "{who:은} 쉬지 않고 {hero} 이야기를 {number} 장 읽는다.",
            "{friend:이} {hero} 이야기를 너무 크게 한다. / {shelf} 옆의 사서가 도서관에서는 조용히 하라고 한다.",
            "사서는 {shelf}에 소설 {number} 권을 꽂는다.",
            "{friend:은} {kind2:을} 펴고 {hero} 이야기를 {number} 쪽 읽는다.",
            "{who:은} {kind}의 {color} 표지에서 {hero:을} 본다.",
        ],
        ending: &[
            "{who:은} 도서관에서 빌린 {kind:을} {number} 주 동안 읽는다.",
            "{kind:이} 끝날 때 {hero:은} {feeling}.",
            "{name:은} {hero:이} 나오는 {kind:을} 사서에게 돌려준다.",
        ],
    },
    Scene {
        lists: &[
            ("instrument", "피아노, 바이올린, 기타, 북, 나팔, 가야금"),
            ("song", "느린 노래, 즐거운 노래, 슬픈 가락, 조용한 가락, 유명한 왈츠, 오래된 행진곡"),
            ("hall", "연주회장, 음악실, 오페라 극장, 공연장"),
        ],
        opening: &[
            "{time} {name:은} {instrument:으로} {song:을} 연습한다.",
            "{name:은} {time} {hall}에서 {instrument:을} 연주한다.",
            "{name:은} {friend}에게 {instrument:으로} 연주하는 {song:을} 배운다.",
        ],
        beats: &[
            "음악 선생님은 {instrument2:으로} {song:을} 연주하고 {who:은} {instrument:을} 연주한다.",
            "줄이 느슨해서 {instrument} 소리가 이상하다. / 음악 선생님이 {instrument:을} 고치자 {who:은} {song:을} 연주한다.",
            "{who:은} {hall}에서 청중 {number} 명 앞에서 {song:을} 연주한다.",
            "{who:은} {instrument:으로} {song*:을} {number} 번 되풀이한다.",
            "{who:은} {hall}에서 연주를 앞두고 떨린다. / 하지만 {instrument} 소리가 맑고 {song*:이} 아름답다.",
            "{friend:이} {song:을} 부르고 {name:은} {instrument:을} 연주한다.",
            "{hall}의 악단에는 {instrument} 연주자가 {number} 명 있다.",
        ],
        ending: &[
            "연주가 끝나자 {hall}의 청중이 {name}의 {instrument} 소리에 손뼉을 친다.",
            "{instrument:으로} 연주한 {song*:이} 완벽해서 {name:은} {feeling}.",
            "{friend:은} {instrument:으로} 연주하는 {song*:을} 또 듣고 싶다.",
        ],
    },
    Scene {
        lists: &[
            ("place", "공격수, 골키퍼, 수비수, 주장"),
            ("side", "왼쪽 구석, 오른쪽 구석, 골대 한가운데, 경기장 끝"),
            ("rival", "도시 팀, 시골 팀, 나이 많은 팀, 더 강한 팀"),
        ],
        opening: &[
            "{time} {name:은} {rival:과} 축구를 한다.",
            "{name:은} {time} {color} 셔츠를 입고 축구팀의 {place:으로} 뛴다.",
            "{name:은} 축구장에서 {rival:과} 경기를 한다.",
        ],
        beats: &[
            "{who:은} {side:으로} 공을 차서 골을 넣는다.",
            "{rival}의 {place:이} {side:으로} 공을 찬다.",
            "{rival:이} 반칙을 해서 심판이 호루라기를 분다. / {who:은} {side:으로} 자유차기를 찬다.",
            "{who:은} {color} 셔츠를 입은 {place}에게 공을 넘긴다.",
            "전반전에 {rival:이} 한 골을 앞선다. / 그러자 {who:이} {side:으로} 공을 차 넣어 동점이 된다.",
            "감독이 소리치자 선수 {number} 명이 {side:으로} 달린다.",
            "{place:이} 공을 막자 {friend:이} 응원한다.",
        ],
        ending: &[
            "{color} 팀이 {rival:을} {number} 골 차이로 이긴다.",
            "{name:이} {rival:과} 잘 싸워서 감독은 {feeling}.",
            "경기가 끝나고 {name:과} {place:은} {color} 우승컵을 든다.",
        ],
    },
    Scene {
        lists: &[
            ("gift", "장난감 로봇, 나무 기차, 그림 맞추기, 물감 상자, 종이 연, 곰 인형"),
            ("party", "풍선, 고깔모자, 촛불, 꽃 장식"),
            ("guest", "광대, 마술사, 가수, 무용수"),
        ],
        opening: &[
            "{time} {name:은} 손님 {number} 명과 생일잔치를 한다.",
            "{name:은} {time} {color} {party:을} 달고 {friend}의 생일을 축하한다.",
            "{name:은} 생일잔치를 하려고 방을 {color} {party:으로} 꾸민다.",
        ],
        beats: &[
            "{friend:이} {color} 끈을 묶은 생일 선물을 가져온다. / {who:이} 선물을 열어 보니 {gift:이} 들어 있다.",
            "{guest:이} {color} {party:을} 들고 생일잔치에 온다.",
            "생일 케이크 둘레에 {party:이} {number} 개 있다.",
            "{guest:은} 생일잔치에서 {gift:으로} {number} 번 웃긴다.",
            "{color} {party} 하나가 터져서 손님이 운다. / 그래서 {who:은} 그 손님에게 {gift:을} 선물한다.",
            "{who:은} 촛불 {number} 개를 끄고 {gift:을} 갖고 싶다고 빈다.",
            "손님들이 {name}에게 노래를 불러 주고 {guest:은} {gift:을} 들고 춤춘다.",
        ],
        ending: &[
            "{name:은} {gift:을} 준 {friend}에게 생일잔치가 좋았다고 말한다.",
            "생일잔치가 끝나고 {gift:을} 갖고 놀며 {who:은} {feeling}.",
            "손님들은 집에 갈 때 {name}에게 {color} {party} {number} 개를 받는다.",
        ],
    },
    Scene {
        lists: &[
            ("dog", "작은 강아지, 늙은 개, 검은 개, 갈색 강아지, 얼룩 개"),
            ("toy", "테니스공, 긴 막대기, 고무 뼈다귀, 밧줄 장난감"),
            ("spot", "분수, 긴 의자, 놀이터, 오리 연못"),
        ],
        opening: &[
            "{time} {name:은} 공원에서 {dog:을} 산책시킨다.",
            "{name:은} {time} 공원의 {spot} 옆에서 {dog:과} 논다.",
            "{name:은} {dog:과} {toy:을} 데리고 공원에 간다.",
        ],
        beats: &[
            "{who:이} {toy:을} 던지면 {dog*:은} {spot} 옆으로 물어 온다.",
            "{dog*:이} {spot} 옆에서 오리 {number} 마리를 보고 짖는다.",
            "{dog*:이} 고양이를 보고 목줄을 당긴다. / {who:은} 목줄을 잡고 {toy:으로} {dog*:을} 달랜다.",
            "{toy:이} 공원의 {spot} 너머로 떨어진다. / {dog*:은} 따라 뛰어가 {toy:을} 입으로 물어 온다.",
            "{friend:은} {spot} 옆에서 {dog*}에게 과자 {number} 개를 준다.",
            "{dog*:은} 꼬리를 흔들며 {toy:을} 문다.",
            "{who:은} {spot} 옆에 {dog*}의 {color} 목줄을 묶는다.",
        ],
        ending: &[
            "{dog*:은} {toy} 옆에서 자고 {name:은} {feeling}.",
            "공원에서 돌아온 {name:은} {dog*}의 털을 {number} 번 빗긴다.",
            "공원을 나올 때도 {dog*:은} {toy:을} 물고 있다.",
        ],
    },
    Scene {
        lists: &[
            ("catch", "은빛 송어, 커다란 잉어, 가는 뱀장어, 붉은 붕어, 낡은 장화"),
            ("spot", "오래된 다리, 나무 선착장, 조용한 강둑, 납작한 바위"),
            ("bait", "빵, 지렁이, 치즈, 파리"),
        ],
        opening: &[
            "{time} {name:은} {friend:과} 함께 강에서 낚시를 한다.",
            "{name:은} {time} 낚싯대를 들고 강가의 {spot}에 앉는다.",
            "{name:은} 낚싯바늘에 {bait:을} 끼우고 {spot}에서 강에 던진다.",
        ],
        beats: &[
            "{who:은} {spot}에서 {bait:으로} {catch:을} 낚는다.",
            "무거운 것이 낚싯대를 당긴다. / {who:은} 힘껏 당겨 강에서 {catch:을} 건져 올린다.",
            "물고기가 {bait:을} 싫어해서 물지 않는다. / 그래서 {friend:이} {spot}에서 낚싯바늘에 {bait2:을} 끼운다.",
            "{friend:은} {spot}에서 {catch*:을} 강에 놓아준다.",
            "{who:은} 낚싯바늘에 {bait:을} 끼우고 {spot}에서 {number} 시간을 기다린다.",
            "강가의 {color} 그물에 벌써 물고기가 {number} 마리 있다.",
            "낚싯대를 실은 {color} 배가 강에서 {spot} 옆을 지나간다.",
        ],
        ending: &[
            "{who:은} 강에서 잡은 물고기 {number} 마리를 {friend}에게 구워 준다.",
            "{spot}에서 낚은 {catch*:을} 들고 {name:은} {feeling}.",
            "해가 지자 {friend:은} 낚싯대와 {bait:을} 챙긴다.",
        ],
    },
    Scene {
        lists: &[
            ("motif", "오래된 성, 돛단배, 작은 집, 푸른 산, 햇살 좋은 풀밭, 둥근 달"),
            ("paint", "수채 물감, 크레용, 유화 물감, 색분필"),
            ("spot", "큰 벽, 나무 액자, 흰 종이, 커다란 화폭"),
        ],
        opening: &[
            "{time} {name:은} {paint:으로} {motif:을} 그린다.",
            "{name:은} {time} 미술 시간에 {motif:을} 그린다.",
            "{name:은} {motif:을} 그리려고 {paint:과} 붓을 산다.",
        ],
        beats: &[
            "{who:은} 붓에 {color} 물감을 묻혀 {motif*:을} 그리기 시작한다.",
            "{who:은} {spot}에 {paint} {number} 개로 {motif*:을} 그린다.",
            "{motif*:을} 그린 그림에 {color} 물감이 떨어진다. / 그래서 {who:은} {motif*} 옆에 {color2} 구름을 덧그린다.",
            "미술 선생님이 {him}에게 {color} 물감과 {color2} 물감을 섞는 법을 보여 준다.",
            "{motif*:을} 다 그리기 전에 {color} 물감이 떨어진다. / {friend:이} 그림을 그리라고 {paint:을} 빌려 준다.",
            "{friend:은} {spot}에 {paint:으로} {motif2:을} 그린다.",
            "{who:은} 붓을 씻으며 {spot}에 그린 {color} {motif*:을} 본다.",
        ],
        ending: &[
            "{motif*:을} 그린 그림이 미술실의 {spot}에 걸린다.",
            "{friend}에게 {motif*} 그림을 주고 {name:은} {feeling}.",
            "미술 선생님은 {name:이} 그린 {color} {motif*:을} 칭찬한다.",
        ],
    },
    Scene {
        lists: &[
            ("meal", "불고기, 생선구이, 치즈 피자, 비빔밥, 햄버거, 냉면"),
            ("sweet", "팥빙수, 푸딩, 체리 머핀, 크림 와플"),
            ("seat", "창가 자리, 구석 자리, 마루 자리, 문 옆 자리"),
        ],
        opening: &[
            "{time} {name:은} {friend:과} 함께 식당에서 밥을 먹는다.",
            "{name:은} {time} 식당에서 {meal:을} 주문한다.",
            "식당 종업원이 {name:을} {seat:으로} 안내한다.",
        ],
        beats: &[
            "{who:은} 차림표를 보고 {meal:과} {sweet:을} 주문한다.",
            "종업원이 {seat:으로} {meal:을} 가져온다.",
            "{meal*:이} 식어서 {who:은} 종업원을 부른다. / 종업원은 미안하다며 주방에서 {meal2:을} 가져온다.",
            "{friend:은} {meal2:을} 주문하고 {who:은} 차림표에서 {sweet:을} 고른다.",
            "종업원이 {seat} 옆에서 유리잔을 떨어뜨린다. / {who:이} 종업원을 도와주자 {sweet:이} 나온다.",
            "식당 요리사는 {meal*} 옆에 레몬 {number} 조각을 놓는다.",
            "{seat}에서 {friend:은} 종업원에게 숟가락 {number} 개와 {sweet:을} 달라고 한다.",
        ],
        ending: &[
            "{friend:이} {meal*:과} {sweet*} 값을 식당에 낸다.",
            "{meal*:을} 다 먹은 {name:은} 식당에서 {feeling}.",
            "{sweet*:을} 먹고 {who:은} {seat}에서 일어나 요리사에게 인사한다.",
        ],
    },
    Scene {
        lists: &[
            ("land", "스페인, 일본, 캐나다, 이집트, 브라질, 노르웨이"),
            ("seat", "창가 좌석, 가운데 좌석, 맨 뒤 좌석, 맨 앞 좌석"),
            ("crew", "기장, 부기장, 승무원, 조종사"),
        ],
        opening: &[
            "{time} {name:은} {friend:과} 함께 비행기로 {land}에 간다.",
            "{name:은} {time} 공항에서 {land:으로} 가는 여권을 보여 준다.",
            "{name:은} {land:으로} 가는 비행기에 타서 {seat}에 앉는다.",
        ],
        beats: &[
            "{land:으로} 가는 비행기가 구름 {number} 개 위를 난다.",
            "{who:은} 비행기의 {seat}에 앉아 {crew:과} 이야기한다.",
            "센 바람에 {land:으로} 가는 비행기가 흔들린다. / {crew:은} 곧 비행이 편해진다고 말한다.",
            "{crew:이} 비행기 {seat:으로} 샌드위치 {number} 개를 가져온다.",
            "{who:은} 공항에서 여권을 찾지 못한다. / {friend:이} {land} 비행기를 타기 전에 {color} 웃옷에서 여권을 찾는다.",
            "{seat}에서 {who:은} 비행기 날개와 {land} 바닷가를 본다.",
            "{land}까지 {number} 시간을 비행해서 {friend:은} {seat}에서 잔다.",
        ],
        ending: &[
            "비행기가 {land}에 내리자 {crew:이} 문을 연다.",
            "{land}까지 비행을 마친 {name:은} {feeling}.",
            "{land} 공항에서 {color} 택시가 {name:을} 기다린다.",
        ],
    },
    Scene {
        lists: &[
            ("camp", "초록 천막, 작은 천막, 커다란 천막, 갈색 천막"),
            ("sky", "밝은 별, 보름달, 별똥별, 밤하늘"),
            ("thing", "손전등, 등불, 침낭, 휴대용 버너"),
        ],
        opening: &[
            "{time} {name:은} {friend:과} 함께 산에서 야영한다.",
            "{name:은} {time} 산에 {camp:을} 친다.",
            "{name:은} {camp:과} {thing:을} 지고 산에 오른다.",
        ],
        beats: &[
            "{who:은} {camp} 앞에서 장작 {number} 개로 모닥불을 피운다.",
            "{camp} 옆의 모닥불에 비가 내린다. / {who:은} {camp}에 들어가 {thing:을} 챙긴다.",
            "밤에 {who:은} {camp} 밖에 누워 {sky:을} 본다.",
            "{friend:은} 모닥불 앞에서 {sky} 이야기를 {number} 가지 들려준다.",
            "{camp} 안이 어두워서 {who:은} 무섭다. / {friend:이} {thing:을} 들고 와 {him}에게 {sky:을} 보여 준다.",
            "{who:은} 모닥불에 소시지 {number} 개를 굽고 {sky:을} 올려다본다.",
            "{who:은} 모닥불 옆에서 쓸 {thing:을} {camp}에서 찾는다.",
        ],
        ending: &[
            "{who:은} {camp}에서 {sky} 아래 잠든다.",
            "해가 뜨자 {friend:은} {camp:을} 접고 {thing:을} 챙긴다.",
            "{camp}에서 {number} 밤을 자고 {name:은} {feeling}.",
        ],
    },
    Scene {
        lists: &[
            ("part", "펑크 난 바퀴, 느슨한 사슬, 고장 난 브레이크, 휘어진 손잡이, 흐린 전조등"),
            ("kit", "공기 펌프, 멍키 스패너, 십자드라이버, 기름통"),
            ("road", "가파른 길, 좁은 골목길, 복잡한 거리, 시골길"),
        ],
        opening: &[
            "{time} {name:은} {road}에서 {color} 자전거를 탄다.",
            "{name:은} {time} {friend}의 {color} 자전거를 고친다.",
            "{name:은} {color} 자전거를 받아 {road}에서 탄다.",
        ],
        beats: &[
            "자전거에서 {part:이} 보인다. / {who:은} {kit:을} 가져와 자전거의 {part*:을} 고친다.",
            "자전거 가게 수리공이 {part:을} 살펴보고 {kit:을} 가져온다.",
            "{who:은} {part:을} 고치고 {road:을} {number} 번 달린다.",
            "{who:은} {color} 안전모를 쓰고 {road}에서 자전거 종을 울린다.",
            "{who:은} {road}에서 너무 빨리 달리다 자전거에서 넘어진다. / 하지만 {color} 안전모 덕분에 {part*:만} {kit:으로} 고치면 된다.",
            "{friend:은} {color} 자전거를 타고 {road}에서 {him:을} 따라온다.",
            "{part*:을} 고치려면 수리공은 {kit:과} 나사 {number} 개가 필요하다.",
        ],
        ending: &[
            "{part*:을} 고친 {color} 자전거는 {road}에서 빠르다.",
            "{color} 자전거로 {road:을} 달려서 {name:은} {feeling}.",
            "{name:은} 수리공에게 인사하고 {road} 옆에 자전거를 세운다.",
        ],
    },
    Scene {
        lists: &[
            ("cloth", "비단 원피스, 면 셔츠, 털 스웨터, 모시 치마, 벨벳 재킷"),
            ("fault", "떨어진 단추, 찢어진 소매, 고장 난 지퍼, 터진 솔기"),
            ("pattern", "줄무늬, 물방울무늬, 별무늬, 하트 무늬"),
        ],
        opening: &[
            "{time} {name:은} {cloth}의 {fault} 때문에 재단사를 찾아간다.",
            "{name:은} {time} 옷 가게에서 {color} {pattern} {cloth:을} 입어 본다.",
            "{name:은} 옷 가게에서 {friend}에게 줄 {cloth:을} 고른다.",
        ],
        beats: &[
            "재단사는 {cloth*:을} 재고 {color} 실을 자른다.",
            "{pattern} {cloth*:이} 너무 길다. / 재단사가 핀 {number} 개를 꽂고 {cloth*:을} 줄인다.",
            "{who:은} 재단사에게 {color} {cloth*}의 {fault:을} 보여 준다.",
            "재단사는 바늘과 {color} 실로 {fault:을} 고친다.",
            "거울 앞의 {him}에게 {color} {cloth*:이} 맞지 않는다. / 그래서 재단사가 {pattern} {cloth2:을} 가져온다.",
            "{friend:은} {color} {pattern} {cloth*:을} 좋아한다.",
            "재단사의 선반에는 {color} {pattern} 옷감이 {number} 필 있다.",
        ],
        ending: &[
            "{name:은} {color} {cloth*:을} 입고 재단사에게 인사한다.",
            "{cloth*}의 {fault*:을} 다 고쳐서 {friend:은} {feeling}.",
            "{who:은} {pattern} {cloth*} 값으로 재단사에게 동전 {number} 개를 낸다.",
        ],
    },
    Scene {
        lists: &[
            ("mail", "긴 편지, 생일 카드, 커다란 소포, 짧은 엽서, 비밀 쪽지"),
            ("person", "외국 친구, 옛 이웃, 옛 은사, 가장 친한 친구"),
            ("stamp", "새가 그려진 우표, 임금이 그려진 우표, 배가 그려진 우표, 꽃이 그려진 우표"),
        ],
        opening: &[
            "{time} {name:은} {person}에게 {mail:을} 쓴다.",
            "{name:은} {time} {mail:을} 부치러 우체국에 간다.",
            "{name:은} {person}에게서 {color} 봉투에 든 {mail:을} 받는다.",
        ],
        beats: &[
            "{who:은} {color} 봉투에 {mail*:을} 넣고 {stamp:을} 산다.",
            "우체국에서 {who:은} {mail*}에 붙일 {stamp:을} 달라고 한다.",
            "{mail*:이} 젖어서 주소를 읽을 수 없다. / 집배원이 {name}에게 {person:이} 어디 사는지 묻는다.",
            "집배원이 {person:이} 보낸 {stamp:과} {mail:을} 가져온다.",
            "{color} 봉투에 우표가 없다. / 그래서 우체국 직원이 {mail*}에 붙일 {stamp:을} {him}에게 판다.",
            "{mail*:은} {number} 쪽이고 {person}에게 {friend} 이야기를 전한다.",
            "{person:은} {mail*:을} {number} 번 읽고 {stamp:을} 모은다.",
        ],
        ending: &[
            "{number} 주 뒤에 {person:이} {mail2:으로} 답한다.",
            "{person:이} 보낸 {mail*:이} 와서 {name:은} {feeling}.",
            "{who:은} {color} 우체통에 {person}에게 보낼 {mail*:을} 넣는다.",
        ],
    },
];
