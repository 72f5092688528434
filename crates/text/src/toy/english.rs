//! The English stories. How to read the notation: see [`super::template`].

use super::template::{Cast, Scene, World};

pub(super) const WORLD: World = World {
    male_names: "Tom, Ben, Sam, Jack, Leo, Max, Paul, Peter, Oscar, Henry, Noah, Hugo",
    female_names: "Anna, Mia, Emma, Lucy, Sara, Nora, Ella, Julia, Clara, Alice, Maria, Zoe",
    pair: "{first} and {second}",
    male: Cast { child: "the boy", subject: "he", object: "him", possessive: "his" },
    female: Cast { child: "the girl", subject: "she", object: "her", possessive: "her" },
    plural: Cast { child: "the children", subject: "they", object: "them", possessive: "their" },
    lists: &[
        ("friend", "brother, +sister, father, +mother, grandfather, +grandmother"),
        ("time", "in the morning, in the afternoon, after lunch, on Sunday, today, in the evening"),
        ("feeling", "happy, proud, tired, hungry, excited, cheerful"),
        ("color", "red, blue, green, yellow, white, brown"),
        ("number", "two, three, four, five, six, seven"),
    ],
};

pub(super) const SCENES: &[Scene] = &[
    Scene {
        lists: &[
            (
                "dish",
                "chocolate cake, apple pie, tomato soup, chicken soup, vegetable stew, +pancakes, +cookies, lemon tart",
            ),
            ("tool", "wooden spoon, big bowl, sharp knife, old pan, small pot, clean plate"),
            ("drink", "~cold milk, ~hot tea, ~orange juice, ~fresh water, ~warm cocoa, ~lemonade"),
            ("extra", "~sugar, ~butter, ~salt, ~flour, ~honey, +eggs"),
        ],
        opening: &[
            "{name} [is|are] making {a dish} in the kitchen {time}.",
            "{time} {name} [is|are] cooking {a dish} in the kitchen with {his} {friend}.",
            "{name} [stands|stand] in the kitchen and [wants|want] to cook {a dish} for {his} {friend}.",
        ],
        beats: &[
            "First {who} [takes|take] {a tool} and {extra} out of the kitchen cupboard.",
            "{who} [mixes|mix] {extra} and {extra2} in a bowl with {a tool}.",
            "The oven is too hot and the {dish*} {dish:is|are} burning. / {who} quickly [opens|open] the oven and [saves|save] the {dish*}.",
            "There is no {extra} left in the kitchen. / So {his} {friend} brings {extra} and {extra2} from the cupboard.",
            "While the {dish*} {dish:is|are} in the oven, {who} [is|are] drinking {drink} in the kitchen.",
            "{who} [is|are] drinking {drink} with {his} {friend} at the kitchen table.",
            "{his} {friend} washes the {tool*} and cuts {a dish2} on the kitchen table.",
        ],
        ending: &[
            "The {dish*} {dish:tastes|taste} very good, and {his} {friend} eats {number} pieces in the kitchen.",
            "{who} [eats|eat] the {dish*} with {his} {friend} and [drinks|drink] {drink2}.",
            "{name} [is|are] {feeling}, for the {dish*} from the oven {dish:smells|smell} wonderful.",
        ],
    },
    Scene {
        lists: &[
            ("find", "white shell, pink shell, red starfish, small crab, smooth stone, old bottle"),
            ("build", "tall sand castle, long sand wall, deep sand hole, round sand tower"),
            ("game", "throws a ball, jumps over the waves, runs along the beach, swims in the sea"),
            ("cold", "~ice cream, +sweet melons, ~cool lemonade, +peaches"),
        ],
        opening: &[
            "{name} [is|are] at the beach with {his} {friend} {time}.",
            "{time} {name} and {his} {friend} drive to the sea.",
            "The sun is shining and {name} [is|are] playing on the beach {time}.",
        ],
        beats: &[
            "{who} [builds|build] {a build} with {color} flags near the water.",
            "{who} [finds|find] {a find} in the wet sand and [shows|show] it to {his} {friend}.",
            "A big wave comes and breaks the {build*} on the beach. / {who} [laughs|laugh] and [builds|build] a new {build*} out of sand.",
            "{his} {friend} {game} and {who} [watches|watch] the {number} boats on the sea.",
            "{who} [puts|put] the {find*} into a {color} bucket full of sand and sea water.",
            "The sand is very hot, so {who} [puts|put] on {color} shoes. / Then {who} [swims|swim] in the sea with {his} {friend}.",
            "On a {color} towel {who} [eats|eat] {cold} and [looks|look] at the waves.",
        ],
        ending: &[
            "In the evening {who} [takes|take] the {find*} home from the beach.",
            "{name} [is|are] {feeling} after {number} hours by the sea.",
            "When the sun goes down over the sea, {his} {friend} packs the {color} towel.",
        ],
    },
    Scene {
        lists: &[
            ("subject", "math, history, English, science, geography, spelling"),
            ("item", "long pencil, thick book, new notebook, small ruler, soft eraser, school bag"),
            (
                "task",
                "writes a difficult word, draws a large map, counts to one hundred, reads a short poem, explains a new rule",
            ),
        ],
        opening: &[
            "{name} [is|are] sitting in the classroom and [learns|learn] {subject} {time}.",
            "{time} {name} [has|have] {a subject} lesson at school.",
            "{name} [goes|go] to school with a {color} {item*} for the {subject} lesson.",
        ],
        beats: &[
            "The teacher {task} on the blackboard and the class listens to the {subject} lesson.",
            "{who} [forgets|forget] the {item*} at home. / The teacher kindly lends {him} a {color} {item*} for the {subject} lesson.",
            "{who} [raises|raise] a hand and [answers|answer] {number} questions of the {subject} teacher.",
            "The {subject} test has {number} questions and is very hard. / But {who} [knows|know] every answer, because {he} studied {subject} with {his} {friend}.",
            "In the break {who} [plays|play] with {number} pupils in the school yard.",
            "{who} [writes|write] {number} {subject} words into a {color} notebook for the teacher.",
            "The pupil beside {him} drops a {color} {item*} under the desk.",
        ],
        ending: &[
            "When the bell rings, {who} [does|do] the {subject} homework with {his} {friend}.",
            "The teacher is {feeling} and gives {name} a good mark in {subject}.",
            "After school {who} [tells|tell] {his} {friend} about the {subject} lesson.",
        ],
    },
    Scene {
        lists: &[
            ("fruit", "+red apples, +sour lemons, +sweet grapes, +yellow bananas, +green pears, +ripe plums"),
            ("vegetable", "+fresh carrots, +small onions, +large potatoes, +long beans, +round cabbages"),
            ("seller", "old farmer, +friendly woman, loud man, +young woman, tall man"),
            ("price", "one coin, two coins, three coins, five coins, ten coins"),
        ],
        opening: &[
            "{time} {name} [goes|go] to the market to buy {fruit}.",
            "{name} [is|are] buying {vegetable} at the market with {his} {friend}.",
            "{name} [carries|carry] a {color} basket to the market and [looks|look] for {fruit}.",
        ],
        beats: &[
            "{a seller} at the market sells {fruit} for {price}.",
            "The {fruit*} are too expensive and {who} [looks|look] for another stall. / There {a seller} sells cheaper {fruit*} for {price}.",
            "{who} [puts|put] {number} {fruit*} and {number2} {vegetable*} into the {color} basket.",
            "{who} [pays|pay] {price} for the {vegetable} and [thanks|thank] the seller.",
            "The basket is too heavy because of the {vegetable*}. / So {his} {friend} helps {him} to carry the {fruit*} through the market.",
            "{a seller} lets {him} taste the {fruit*} at the {color} stall.",
            "{his} {friend} asks the seller for {vegetable} and {number} {fruit*}.",
        ],
        ending: &[
            "{who} [takes|take] the basket with the {fruit*} home from the market.",
            "{name} [is|are] {feeling}, for the {vegetable*} cost only {price}.",
            "In the end {his} {friend} buys {fruit} and {vegetable} at the last stall.",
        ],
    },
    Scene {
        lists: &[
            ("flower", "+roses, +tulips, +daisies, +sunflowers, +violets, +lilies"),
            ("tool", "old rake, +small scissors, long hose, watering can, heavy spade, little shovel"),
            ("guest", "small bee, fat snail, pretty butterfly, long worm, green frog, busy ant"),
        ],
        opening: &[
            "{name} [is|are] planting {color} {flower} in the garden {time}.",
            "{time} {name} [works|work] in the garden with {his} {friend} and {a tool}.",
            "In the garden {name} [waters|water] the {color} {flower} of {his} {friend}.",
        ],
        beats: &[
            "{who} [digs|dig] {number} holes for the {flower} with {a tool}.",
            "{a guest} sits on the leaves of the {color} {flower}.",
            "The {flower} are dry, for it did not rain in the garden. / {who} [gives|give] the {color} {flower} water with the {tool*}.",
            "{a guest} is eating the {flower} in the garden. / {who} carefully [carries|carry] the {guest*} to the grass behind the {flower}.",
            "{his} {friend} pulls {number} weeds and fetches {a tool} for the garden.",
            "{who} [smells|smell] the {color} {flower} and [watches|watch] {a guest}.",
            "Between the {flower} {who} [sows|sow] {number} rows of seeds.",
        ],
        ending: &[
            "{who} [cuts|cut] {number} {flower} and [gives|give] them to {his} {friend}.",
            "Soon {color} {flower} will grow in the garden of {name}.",
            "{name} [puts|put] the {tool*} into the shed and [looks|look] at the {flower}.",
        ],
    },
    Scene {
        lists: &[
            ("beast", "brown deer, red fox, gray owl, little squirrel, wild boar, shy rabbit"),
            ("plant", "+mushrooms, +berries, +acorns, +pine cones, +nuts, +ferns"),
            ("where", "behind a tree, under the bushes, on a branch, beside the path, near a stream"),
        ],
        opening: &[
            "{name} [is|are] walking through the forest with {his} {friend} {time}.",
            "{time} {name} [looks|look] for {plant} in the dark forest.",
            "{name} [follows|follow] a narrow path into the forest and [picks|pick] {plant}.",
        ],
        beats: &[
            "{who} [sees|see] {a beast} {where} and [stands|stand] still.",
            "{who} [finds|find] {number} {plant} {where} in the forest.",
            "{who} [loses|lose] the path between the trees. / Then {his} {friend} calls from {number} trees away and they find the way out of the forest.",
            "There is a noise {where}. / {who} [turns|turn] around and [sees|see] {a beast} with {plant}.",
            "The {beast*} runs away through the trees when {who} [steps|step] on a branch.",
            "{his} {friend} hides {where} and watches the {beast*}.",
            "{who} [rests|rest] {where} and [eats|eat] {plant} from the forest.",
        ],
        ending: &[
            "{who} [carries|carry] a basket of {plant} out of the forest.",
            "At home {name} [draws|draw] the {beast*} that lives in the forest.",
            "{name} [is|are] {feeling} and [tells|tell] {his} {friend} about the {beast*}.",
        ],
    },
    Scene {
        lists: &[
            ("wear", "warm scarf, wool hat, thick coat, +gloves, +winter boots"),
            ("make", "big snowman, snow house, snow fort, little snow bear"),
            ("ride", "wooden sledge, old sled, +new skis, +ice skates"),
        ],
        opening: &[
            "It is snowing and {name} [puts|put] on {color} {wear*} {time}.",
            "{time} {name} [is|are] playing in the snow with {his} {friend}.",
            "The winter is cold, but {name} [takes|take] {a ride} out into the snow.",
        ],
        beats: &[
            "{who} [makes|make] {a make} out of white snow with {his} {friend}.",
            "{who} [throws|throw] {number} snowballs at the {make*} behind the hill.",
            "{who} [falls|fall] into the deep snow and {his} hands are freezing. / So {his} {friend} gives {him} {color} {wear*} against the cold.",
            "The hill is covered with ice and {who} [slides|slide] down with the {ride*}.",
            "The frozen {ride*} {ride:is|are} broken, so {who} cannot go down the hill. / {his} {friend} repairs the {ride*} in the snow.",
            "{who} [gives|give] the {make*} a carrot nose and a {color} {wear*}.",
            "{his} {friend} wears {color} {wear*} and pulls the {ride*} up the snowy hill.",
        ],
        ending: &[
            "With cold feet {who} [takes|take] off the {color} {wear*} and [drinks|drink] hot cocoa.",
            "The next day the snow melts and the {make*} is gone.",
            "{name} [is|are] {feeling} after {number} rides down the snowy hill.",
        ],
    },
    Scene {
        lists: &[
            ("pain", "high fever, sore throat, broken arm, bad cough, broken leg, deep cut"),
            ("cure", "bitter medicine, white bandage, small pill, warm blanket, strong syrup"),
            ("helper", "+nurse, doctor, +young doctor, old doctor"),
        ],
        opening: &[
            "{name} [has|have] {a pain} and [goes|go] to the hospital {time}.",
            "{time} {name} [visits|visit] {his} sick {friend} in the hospital.",
            "{his} {friend} takes {name} to the doctor because of {a pain}.",
        ],
        beats: &[
            "{a helper} looks at the {pain*} and asks {number} questions.",
            "The {helper*} brings {a cure} against the {pain*}.",
            "The {pain*} hurts so much that {who} [starts|start] to cry. / The {helper*} gives {him} {a cure} and the pain becomes weaker.",
            "{who} [stays|stay] in the hospital bed for {number} days because of the {pain*}.",
            "{who} [takes|take] the {cure*} {number} times a day, as the doctor says.",
            "In the next bed lies a patient with {a pain2}. / The patient gets {a cure} from the {helper*} as well.",
            "{his} {friend} brings {color} flowers to the hospital and asks the {helper*} about the {pain*}.",
        ],
        ending: &[
            "After {number} days the {pain*} is gone and {who} [leaves|leave] the hospital.",
            "{name} [is|are] healthy again and [thanks|thank] the {helper*} for the {cure*}.",
            "The {helper*} is {feeling}, for the patient {name} can go home.",
        ],
    },
    Scene {
        lists: &[
            ("city", "London, Paris, Rome, Berlin, Madrid, Vienna"),
            ("luggage", "heavy suitcase, small backpack, large bag, leather suitcase"),
            ("view", "+green hills, +long bridges, +wide fields, +dark tunnels, +little villages"),
        ],
        opening: &[
            "{name} [is|are] waiting at the station for the train to {city}.",
            "{time} {name} [travels|travel] to {city} by train with {his} {friend}.",
            "{name} [buys|buy] {number} tickets for the train to {city} {time}.",
        ],
        beats: &[
            "{who} [carries|carry] {a luggage} to platform {number} of the station.",
            "The train to {city} is {number} minutes late. / So {who} [sits|sit] on the {luggage*} and [waits|wait] on the platform.",
            "From the window of the train {who} [sees|see] {view} and {view2}.",
            "The conductor checks the {number} tickets to {city}.",
            "{who} [forgets|forget] the {color} {luggage*} on the platform. / But the conductor brings the {luggage*} into the train.",
            "{his} {friend} sleeps while the train goes past {view}.",
            "{who} [puts|put] the {color} {luggage*} under the seat of the train.",
        ],
        ending: &[
            "After {number} hours the train arrives in {city}.",
            "{his} {friend} stands on the platform in {city} and takes the {luggage*}.",
            "{name} [is|are] {feeling} when the train stops at the station of {city}.",
        ],
    },
    Scene {
        lists: &[
            ("stock", "brown cow, white sheep, fat pig, gray goat, strong horse, old donkey"),
            ("young", "little calf, small lamb, pink piglet, yellow chick"),
            ("feed", "~dry hay, ~corn, ~fresh straw, +oats, ~wheat"),
        ],
        opening: &[
            "{name} [helps|help] the farmer to feed {a stock} {time}.",
            "{time} {name} [visits|visit] the farm of {his} {friend} and [sees|see] {a stock}.",
            "{name} [is|are] carrying {feed} into the barn of the farm.",
        ],
        beats: &[
            "{who} [gives|give] {feed} to the {stock*} and {a young} in the barn.",
            "The {stock*} is hungry and cries in the barn. / {who} [brings|bring] {number} buckets of {feed} to the {stock*}.",
            "The {stock*} breaks the fence and runs into the field. / The farmer and {name} bring the {stock*} back to the barn.",
            "{a young} follows {him} across the farm yard.",
            "{his} {friend} milks {number} cows and the farmer collects {number2} eggs.",
            "The farmer drives a {color} tractor with {feed} to the {stock*}.",
            "{who} [cleans|clean] the barn and [puts|put] {feed} beside {a young}.",
        ],
        ending: &[
            "In the evening the {stock*} sleeps on {feed} in the barn.",
            "The farmer thanks {name} and gives {him} {number} eggs from the farm.",
            "{name} [is|are] {feeling} and [says|say] good night to the {stock*} and the {young*}.",
        ],
    },
    Scene {
        lists: &[
            (
                "animal",
                "sleeping lion, tall giraffe, noisy monkey, gray elephant, striped tiger, lazy bear, funny penguin",
            ),
            ("act", "climbs a rope, plays with a ball, takes a bath, yawns loudly, turns around, shows big teeth"),
            ("snack", "+bananas, +peanuts, ~meat, +fish"),
        ],
        opening: &[
            "{name} [is|are] at the zoo with {his} {friend} and [wants|want] to see {a animal}.",
            "{time} {name} [buys|buy] {number} tickets for the zoo.",
            "{name} [stands|stand] in front of a cage in the zoo and [looks|look] at {a animal}.",
        ],
        beats: &[
            "{a animal} {act} in the cage and {who} [takes|take] {number} photos.",
            "The zoo keeper feeds {a animal} with {snack}.",
            "The {animal*} steals the {color} hat of {name} through the cage. / The zoo keeper gives the {animal*} {snack} and gets the hat back.",
            "In the next cage {a animal2} {act} beside {a animal}.",
            "The {animal*} hides in the cage and nobody can see it. / {who} [waits|wait] {number} minutes until the {animal*} {act}.",
            "{his} {friend} laughs because the {animal*} {act}.",
            "{who} [asks|ask] the zoo keeper why the {animal*} eats {snack}.",
        ],
        ending: &[
            "{name} [likes|like] the {animal*} more than the {animal2*} of the zoo.",
            "At the gate of the zoo {his} {friend} buys {him} a {color} toy {animal*}.",
            "{name} [is|are] {feeling} and [wants|want] to be a zoo keeper for {number} years.",
        ],
    },
    Scene {
        lists: &[
            ("kind", "fairy tale, ghost story, detective novel, poem book, comic book, space story"),
            ("shelf", "highest shelf, lowest shelf, left shelf, right shelf, dusty shelf"),
            ("hero", "brave knight, +clever princess, old wizard, lost pirate, kind giant"),
        ],
        opening: &[
            "{name} [is|are] reading {a kind} in the library {time}.",
            "{time} {name} [goes|go] to the library and [borrows|borrow] {a kind}.",
            "{name} [looks|look] for {a kind} on the {shelf} of the library.",
        ],
        beats: &[
            "The pages of the {kind} tell about {a hero} and {a hero2}.",
            "{who} cannot find the {kind} on the {shelf}. / The librarian takes the {kind} from the {shelf2}.",
            "{who} [reads|read] {number} chapters about the {hero} without a break.",
            "{his} {friend} talks too loudly about the {hero}. / The librarian comes from the {shelf} and asks them to be quiet in the library.",
            "The librarian puts {number} novels on the {shelf}.",
            "{his} {friend} opens {a kind2} at page {number} and reads about {a hero}.",
            "On the {color} cover of the {kind} {who} [sees|see] {a hero}.",
        ],
        ending: &[
            "{who} may keep the {kind} from the library for {number} weeks.",
            "At the end of the {kind} the {hero} is {feeling}.",
            "{name} [gives|give] the {kind} about the {hero} back to the librarian.",
        ],
    },
    Scene {
        lists: &[
            ("instrument", "piano, violin, guitar, drum, trumpet, cello"),
            ("song", "slow song, merry song, sad melody, quiet melody, famous waltz, old march"),
            ("hall", "concert hall, music room, opera house, theater"),
        ],
        opening: &[
            "{name} [is|are] practicing {a song} on the {instrument} {time}.",
            "{time} {name} [plays|play] the {instrument} in the {hall}.",
            "{name} [learns|learn] {a song} on the {instrument} from {his} {friend}.",
        ],
        beats: &[
            "The music teacher plays {a song} on the {instrument2} and {who} [plays|play] the {instrument}.",
            "The {instrument} sounds wrong because a string is loose. / The music teacher tunes the {instrument} and {who} [plays|play] {a song}.",
            "{who} [plays|play] {a song} in front of {number} listeners in the {hall}.",
            "{who} [repeats|repeat] the {song*} {number} times on the {instrument}.",
            "{who} [is|are] nervous before the concert in the {hall}. / But the {instrument} sounds clear and the {song*} is beautiful.",
            "{his} {friend} sings {a song} and {name} [plays|play] the {instrument}.",
            "The orchestra has {number} players and one {instrument} in the {hall}.",
        ],
        ending: &[
            "At the end of the concert the {hall} claps for the {instrument} of {name}.",
            "{name} [is|are] {feeling}, for the {song*} on the {instrument} was perfect.",
            "{his} {friend} wants to hear the {song*} on the {instrument} again.",
        ],
    },
    Scene {
        lists: &[
            ("place", "striker, goalkeeper, defender, captain"),
            ("side", "left corner, right corner, middle of the goal, edge of the field"),
            ("rival", "team from the city, team from the village, older team, stronger team"),
        ],
        opening: &[
            "{name} [plays|play] football against the {rival} {time}.",
            "{time} {name} [wears|wear] a {color} shirt and [plays|play] as {place} in the football team.",
            "{name} [is|are] on the football field with the {rival}.",
        ],
        beats: &[
            "{who} [kicks|kick] the ball into the {side} and [scores|score] a goal.",
            "The {place} of the {rival} shoots the ball into the {side}.",
            "The referee blows the whistle, for the {rival} made a foul. / {who} [takes|take] the free kick and [hits|hit] the {side}.",
            "{who} [passes|pass] the ball to the {place} in the {color} shirt.",
            "After {number} minutes the {rival} leads by one goal. / Then {who} [shoots|shoot] the ball into the {side} and the match is even.",
            "The coach shouts and {number} players run to the {side}.",
            "{his} {friend} cheers when the {place} stops the ball.",
        ],
        ending: &[
            "The {color} team wins the match against the {rival} by {number} goals.",
            "The coach is {feeling}, for {name} played very well against the {rival}.",
            "After the match {name} and the {place} carry the {color} cup off the field.",
        ],
    },
    Scene {
        lists: &[
            ("gift", "toy robot, wooden train, puzzle game, paint box, paper kite, teddy bear"),
            ("party", "+balloons, +paper hats, +candles, +garlands"),
            ("guest", "clown, magician, +singer, +dancer"),
        ],
        opening: &[
            "{name} [has|have] a birthday party with {number} guests {time}.",
            "{time} {name} [celebrates|celebrate] the birthday of {his} {friend} with {color} {party}.",
            "For the birthday party {name} [decorates|decorate] the room with {color} {party}.",
        ],
        beats: &[
            "{his} {friend} brings a birthday present with {color} ribbons. / {who} [opens|open] the present and [finds|find] {a gift}.",
            "{a guest} comes to the party with {color} {party}.",
            "There are {number} {party} around the birthday cake.",
            "The {guest} at the party makes {number} jokes about the {gift}.",
            "One of the {color} {party} bursts and a guest of the party cries. / So {who} [gives|give] the guest {a gift} as a present.",
            "{who} [blows|blow] out {number} candles and [makes|make] a wish for {a gift}.",
            "The guests of the party sing for {name} and the {guest} dances with {a gift}.",
        ],
        ending: &[
            "{name} [thanks|thank] {his} {friend} for the {gift} and the party.",
            "After the party {who} [is|are] {feeling} and [plays|play] with the {gift}.",
            "When the guests go home, each gets {number} {color} {party} from {name}.",
        ],
    },
    Scene {
        lists: &[
            ("dog", "small puppy, old dog, black dog, brown puppy, spotted dog"),
            ("toy", "tennis ball, long stick, rubber bone, rope toy"),
            ("spot", "fountain, bench, playground, duck pond"),
        ],
        opening: &[
            "{name} [is|are] walking {a dog} in the park {time}.",
            "{time} {name} [plays|play] with {a dog} near the {spot} of the park.",
            "{name} [takes|take] {a dog} and {a toy} to the park.",
        ],
        beats: &[
            "{who} [throws|throw] the {toy} and the {dog*} brings it back to the {spot}.",
            "The {dog*} barks at {number} ducks near the {spot}.",
            "The {dog*} sees a cat and pulls at the leash. / {who} [holds|hold] the leash and [calms|calm] the {dog*} with {a toy}.",
            "The {toy} falls into the {spot} of the park. / The {dog*} jumps after it and gets the {toy} with its teeth.",
            "{his} {friend} gives the {dog*} {number} biscuits near the {spot}.",
            "The {dog*} wags its tail and bites into the {toy}.",
            "{who} [ties|tie] the {color} leash of the {dog*} to the {spot}.",
        ],
        ending: &[
            "The {dog*} is {feeling} and sleeps next to the {toy}.",
            "{name} [brushes|brush] the {dog*} for {number} minutes after the walk in the park.",
            "On the way out of the park the {dog*} still carries the {toy}.",
        ],
    },
    Scene {
        lists: &[
            ("catch", "silver trout, huge carp, thin eel, golden perch, old boot"),
            ("spot", "old bridge, wooden pier, quiet bank, flat rock"),
            ("bait", "~bread, +worms, ~cheese, +flies"),
        ],
        opening: &[
            "{name} [is|are] fishing at the river with {his} {friend} {time}.",
            "{time} {name} [sits|sit] on the {spot} by the river with a fishing rod.",
            "{name} [puts|put] {bait} on the hook and [throws|throw] it into the river from the {spot}.",
        ],
        beats: &[
            "{who} [catches|catch] {a catch} with {bait} at the {spot}.",
            "Something heavy pulls at the fishing rod. / {who} [pulls|pull] hard and [lifts|lift] {a catch} out of the river.",
            "The fish do not bite, for they do not like {bait}. / So {his} {friend} puts {bait2} on the hook at the {spot}.",
            "{his} {friend} throws the {catch*} back into the river from the {spot}.",
            "{who} [waits|wait] {number} hours on the {spot} with {bait} on the hook.",
            "There are already {number} fish in the {color} net by the river.",
            "A {color} boat with fishing rods floats past the {spot} on the river.",
        ],
        ending: &[
            "{who} [grills|grill] {number} fish from the river for {his} {friend}.",
            "{name} [is|are] {feeling} and [carries|carry] the {catch*} home from the {spot}.",
            "At sunset {his} {friend} packs the fishing rod and the {bait}.",
        ],
    },
    Scene {
        lists: &[
            ("motif", "old castle, sailing ship, little house, blue mountain, sunny meadow, round moon"),
            ("paint", "+watercolors, +crayons, +oil paints, +colored chalks"),
            ("spot", "big wall, wooden frame, white paper, large canvas"),
        ],
        opening: &[
            "{name} [is|are] painting {a motif} with {paint} {time}.",
            "{time} {name} [goes|go] to the art class and [draws|draw] {a motif}.",
            "{name} [buys|buy] {paint} and a brush to paint {a motif}.",
        ],
        beats: &[
            "{who} [dips|dip] the brush into {color} paint and [begins|begin] with the {motif*}.",
            "{who} [draws|draw] the {motif*} on the {spot} with {number} {paint}.",
            "The {color} paint drips on the picture of the {motif*}. / So {who} [paints|paint] a {color2} cloud over the spot next to the {motif*}.",
            "The art teacher shows {him} how to mix {color} and {color2} paint.",
            "The {color} paint is empty before the {motif*} is finished. / {his} {friend} lends {him} {paint} for the picture.",
            "{his} {friend} paints {a motif2} with {paint} on the {spot}.",
            "{who} [cleans|clean] the brush and [looks|look] at the {color} {motif*} on the {spot}.",
        ],
        ending: &[
            "The picture of the {motif*} hangs on the {spot} of the art class.",
            "{name} [is|are] {feeling} and [gives|give] the picture of the {motif*} to {his} {friend}.",
            "The art teacher praises the {color} {motif*} in the picture of {name}.",
        ],
    },
    Scene {
        lists: &[
            ("meal", "roast chicken, fried fish, cheese pizza, rice bowl, beef burger, noodle salad"),
            ("sweet", "ice sundae, plum pudding, cherry muffin, cream waffle"),
            ("seat", "table by the window, table in the corner, table on the terrace, table near the door"),
        ],
        opening: &[
            "{name} [is|are] having dinner in a restaurant with {his} {friend}.",
            "{time} {name} [orders|order] {a meal} in the restaurant.",
            "The waiter of the restaurant leads {name} to a {seat}.",
        ],
        beats: &[
            "{who} [reads|read] the menu and [orders|order] {a meal} and {a sweet}.",
            "The waiter brings {a meal} to the {seat}.",
            "The {meal*} is cold and {who} [calls|call] the waiter. / The waiter says sorry and brings {a meal2} from the cook.",
            "{his} {friend} orders {a meal2} and {who} [wants|want] {a sweet} from the menu.",
            "The waiter drops a glass near the {seat}. / {who} [helps|help] the waiter and [gets|get] {a sweet} for it.",
            "The cook of the restaurant puts {number} slices of lemon beside the {meal*}.",
            "At the {seat} {his} {friend} asks the waiter for {number} spoons and {a sweet}.",
        ],
        ending: &[
            "{his} {friend} pays the bill for the {meal*} and the {sweet*}.",
            "{name} [is|are] {feeling} and [gives|give] the waiter {number} coins.",
            "After the {sweet*} {who} [leaves|leave] the {seat} and [thanks|thank] the cook.",
        ],
    },
    Scene {
        lists: &[
            ("land", "Spain, Japan, Canada, Egypt, Brazil, Norway"),
            ("seat", "window seat, middle seat, last row, front row"),
            ("crew", "captain, pilot, +stewardess, steward"),
        ],
        opening: &[
            "{name} [is|are] flying to {land} with {his} {friend} {time}.",
            "{time} {name} [stands|stand] at the airport and [shows|show] the passport for {land}.",
            "{name} [boards|board] the plane to {land} and [takes|take] the {seat}.",
        ],
        beats: &[
            "The plane to {land} flies above {number} clouds.",
            "{who} [sits|sit] in the {seat} of the plane and [talks|talk] with the {crew}.",
            "Strong wind shakes the plane to {land}. / The {crew} says that the flight will soon be quiet.",
            "The {crew} brings {number} sandwiches to the {seat} of the plane.",
            "{who} cannot find the passport at the airport. / {his} {friend} finds the passport in a {color} jacket before the flight to {land}.",
            "From the {seat} {who} [sees|see] the wings of the plane and the coast of {land}.",
            "The flight to {land} takes {number} hours, so {his} {friend} sleeps in the {seat}.",
        ],
        ending: &[
            "The plane lands in {land} and the {crew} opens the door.",
            "{name} [is|are] {feeling} after the flight to {land}.",
            "At the airport of {land} a {color} taxi waits for {name}.",
        ],
    },
    Scene {
        lists: &[
            ("camp", "green tent, small tent, large tent, brown tent"),
            ("sky", "+bright stars, full moon, falling star, night sky"),
            ("thing", "flashlight, lantern, sleeping bag, camping stove"),
        ],
        opening: &[
            "{name} [is|are] camping on the mountain with {his} {friend}.",
            "{time} {name} [puts|put] up {a camp} on the mountain.",
            "{name} [climbs|climb] the mountain with {a camp} and {a thing}.",
        ],
        beats: &[
            "{who} [makes|make] a campfire in front of the {camp} with {number} logs.",
            "Rain falls on the campfire beside the {camp}. / {who} [goes|go] into the {camp} and [switches|switch] on the {thing}.",
            "At night {who} [lies|lie] outside the {camp} and [watches|watch] the {sky}.",
            "{his} {friend} tells {number} stories at the campfire about the {sky}.",
            "It is dark in the {camp} and {who} [is|are] afraid. / {his} {friend} comes with the {thing} and shows {him} the {sky}.",
            "{who} [roasts|roast] {number} sausages over the campfire and [looks|look] at the {sky}.",
            "{who} [needs|need] the {thing} at the campfire and [looks|look] for it in the {camp}.",
        ],
        ending: &[
            "In the {camp} {who} [falls|fall] asleep under the {sky}.",
            "At sunrise {his} {friend} folds the {camp} and packs the {thing}.",
            "{name} [is|are] {feeling} after {number} nights in the {camp}.",
        ],
    },
    Scene {
        lists: &[
            ("part", "flat tire, loose chain, broken brake, bent wheel, weak light"),
            ("kit", "pump, wrench, screwdriver, oil can"),
            ("road", "steep road, narrow lane, busy street, country road"),
        ],
        opening: &[
            "{name} [is|are] riding a {color} bicycle on a {road} {time}.",
            "{time} {name} [repairs|repair] the {color} bicycle of {his} {friend}.",
            "{name} [gets|get] a {color} bicycle and [rides|ride] it along a {road}.",
        ],
        beats: &[
            "The bicycle suddenly has {a part}. / {who} [takes|take] {a kit} and [repairs|repair] the {part*} of the bicycle.",
            "The mechanic in the bicycle shop looks at {a part} and fetches {a kit}.",
            "{who} [rides|ride] {number} miles down the {road} without {a part}.",
            "{who} [puts|put] on a {color} helmet and [rings|ring] the bicycle bell on the {road}.",
            "{who} [rides|ride] too fast on the {road} and [falls|fall] off the bicycle. / But the {color} helmet saves {him} and only the {part*} needs {a kit}.",
            "{his} {friend} follows {him} down the {road} on a {color} bicycle.",
            "For the {part*} the mechanic needs {a kit} and {number} screws.",
        ],
        ending: &[
            "With the new {part*} the {color} bicycle is fast on the {road}.",
            "{name} [is|are] {feeling} after {number} miles on the {color} bicycle.",
            "{name} [thanks|thank] the mechanic and [locks|lock] the bicycle near the {road}.",
        ],
    },
    Scene {
        lists: &[
            ("cloth", "silk dress, cotton shirt, wool sweater, linen skirt, velvet jacket"),
            ("fault", "missing button, torn sleeve, broken zipper, open seam"),
            ("pattern", "+stripes, +dots, +stars, +hearts"),
        ],
        opening: &[
            "{name} [is|are] at the tailor with {a cloth} and {a fault} {time}.",
            "{time} {name} [tries|try] on {a cloth} with {color} {pattern} in the clothes shop.",
            "{name} [wants|want] to buy {a cloth} for {his} {friend} in the clothes shop.",
        ],
        beats: &[
            "The tailor measures the {cloth*} and cuts {color} thread.",
            "The {cloth*} with {pattern} is too long. / The tailor takes {number} pins and makes the {cloth*} shorter.",
            "{who} [shows|show] the tailor {a fault} of the {color} {cloth*}.",
            "The tailor repairs {a fault} with needle and {color} thread.",
            "The {color} {cloth*} does not fit {him} in front of the mirror. / So the tailor brings {a cloth2} with {pattern}.",
            "{his} {friend} likes the {cloth*} with {color} {pattern}.",
            "On the shelf of the tailor lie {number} rolls of cloth with {color} {pattern}.",
        ],
        ending: &[
            "{name} [wears|wear] the {color} {cloth*} home and the tailor waves.",
            "The {cloth*} has no {fault*} any more and {his} {friend} is {feeling}.",
            "{who} [pays|pay] the tailor {number} coins for the {cloth*} with {pattern}.",
        ],
    },
    Scene {
        lists: &[
            ("mail", "long letter, birthday card, large parcel, short postcard, secret note"),
            ("person", "pen friend, old neighbor, +former teacher, best friend"),
            ("stamp", "stamp with a bird, stamp with a king, stamp with a ship, stamp with a flower"),
        ],
        opening: &[
            "{name} [is|are] writing {a mail} to {a person} {time}.",
            "{time} {name} [takes|take] {a mail} to the post office.",
            "{name} [gets|get] {a mail} with a {color} envelope from {a person}.",
        ],
        beats: &[
            "{who} [puts|put] the {mail*} into a {color} envelope and [buys|buy] a {stamp}.",
            "At the post office {who} [asks|ask] for a {stamp} for the {mail*}.",
            "The address on the {mail*} is wet and nobody can read it. / The mail carrier asks {name} where the {person} lives.",
            "The mail carrier brings {a mail} with a {stamp} from the {person}.",
            "There is no stamp on the {color} envelope. / So the clerk of the post office sells {him} a {stamp} for the {mail*}.",
            "The {mail*} has {number} pages and tells the {person} about {his} {friend}.",
            "The {person} reads the {mail*} {number} times and keeps the {stamp}.",
        ],
        ending: &[
            "After {number} days the {person} answers with {a mail2}.",
            "{name} [is|are] {feeling}, for the {mail*} of the {person} has arrived.",
            "{who} [drops|drop] the {mail*} for the {person} into the {color} mailbox.",
        ],
    },
];
