//! Programs made of a row of choices: every construct of the grammar, with blanks, line breaks and comments wherever
//! they may stand.

use std::fmt::Write;

/// A program that parses; an exhausted row of choices ends it soon.
pub fn program(choices: &[u8]) -> String {
    let mut maker = Maker {
        choices,
        tokens: Vec::new(),
        depth: 0,
    };
    maker.file();
    let Maker {
        choices, tokens, ..
    } = maker;
    laid_out(&tokens, choices)
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Text(String),
    /// What follows is written right behind what stands before.
    Glue,
    /// The end of a statement.
    End,
}

struct Maker<'a> {
    choices: &'a [u8],
    tokens: Vec<Token>,
    depth: usize,
}

/// The next of a row of choices, below a number.
fn draw(choices: &mut &[u8], below: usize) -> usize {
    let Some((first, rest)) = choices.split_first() else {
        return 0;
    };
    *choices = rest;
    usize::from(*first) % below
}

impl Maker<'_> {
    fn choose(&mut self, below: usize) -> usize {
        draw(&mut self.choices, below)
    }

    fn maybe(&mut self) -> bool {
        self.choose(2) == 1
    }

    fn say(&mut self, words: &str) {
        let words = words.split(' ').map(|word| Token::Text(word.to_string()));
        self.tokens.extend(words);
    }

    fn glue(&mut self) {
        self.tokens.push(Token::Glue);
    }

    fn end(&mut self) {
        self.tokens.push(Token::End);
    }

    fn pick(&mut self, words: &[&str]) {
        let word = words[self.choose(words.len())];
        self.say(word);
    }

    fn name(&mut self) {
        self.pick(&[
            "a",
            "gap",
            "first",
            "left",
            "a_much_longer_name_than_others",
            "over9",
        ]);
    }

    fn file(&mut self) {
        while self.choices.len() > 20 {
            self.item();
            self.end();
        }
    }

    fn item(&mut self) {
        match self.choose(9) {
            0 => self.binding(),
            1 => self.pick(&["use syntax", "use \"more/sites.gia\""]),
            2 => {
                self.say("set seed =");
                self.expr();
            }
            3 => self.function(),
            4 | 5 => {
                self.say("experiment");
                self.name();
                self.block();
            }
            6 => {
                self.say("show");
                if self.maybe() {
                    self.pick(&["top", "bottom"]);
                    self.expr();
                    self.say("of");
                }
                self.expr();
            }
            7 => {
                self.say("experiment");
                self.name();
                self.say("=");
                self.expr();
            }
            _ => self.binding(),
        }
    }

    fn binding(&mut self) {
        self.pick(&["let", "model", "motif", "null", "construct", "query"]);
        self.name();
        self.say("=");
        self.expr();
    }

    fn function(&mut self) {
        self.say("fn");
        self.name();
        self.say("(");
        let parameters = self.choose(5);
        for i in 0..parameters {
            if i > 0 {
                self.say(",");
            }
            self.name();
            self.say(":");
            self.type_expr();
            if self.maybe() {
                self.say("=");
                self.expr();
            }
        }
        if parameters > 0 && self.maybe() {
            self.say(",");
        }
        self.say(")");
        let body = self.maybe();
        if self.maybe() {
            self.say("->");
            // A line goes on behind `>`.
            if body {
                self.type_expr();
            } else {
                self.say("Number");
            }
        }
        if body {
            self.say("=");
            self.expr();
        }
    }

    fn type_expr(&mut self) {
        self.pick(&[
            "Number",
            "Motif",
            "List < Length >",
            "Map < Motif , List < Number > >",
        ]);
    }

    fn block(&mut self) {
        self.say("{");
        self.end();
        for _ in 0..self.choose(6) {
            self.statement();
            self.end();
        }
        self.say("}");
    }

    fn statement(&mut self) {
        match self.choose(13) {
            0 => self.edit(),
            1 => {
                self.say("vary");
                self.name();
                self.say("in");
                self.expr();
                if self.maybe() {
                    self.say("where");
                    self.expr();
                }
            }
            2 => {
                self.pick(&["background", "reference"]);
                self.operand();
                if self.maybe() {
                    self.say("first");
                    self.expr();
                }
            }
            3 => self.sample(),
            4 | 5 => self.arm(),
            6 => {
                self.say("factorial");
                self.expr();
                self.say("at");
                self.expr();
            }
            7 => self.measure(),
            8 => {
                self.say("contrast");
                self.name();
                self.say("=");
                self.expr();
            }
            9 => {
                self.say("expect");
                self.expr();
                if self.maybe() {
                    self.say("where");
                    self.expr();
                }
                if self.maybe() {
                    self.say("at 99%");
                }
            }
            10 => {
                self.pick(&[
                    "report median",
                    "report median , wilcoxon",
                    "report period over gap , slope over a",
                    "report drivers",
                    "report drivers ( ) , median",
                ]);
                if self.maybe() {
                    self.say(", drivers (");
                    self.expr();
                    if self.maybe() {
                        self.say(", \"TATA\" ,");
                    }
                    self.say(")");
                }
            }
            _ => self.binding(),
        }
    }

    fn sample(&mut self) {
        self.say("sample");
        match self.choose(3) {
            0 => self.expr(),
            1 => self.say("until decided max 20_000"),
            _ => {
                self.say("until width <");
                self.expr();
                self.say("max");
                self.expr();
            }
        }
    }

    fn arm(&mut self) {
        self.say("arm");
        self.name();
        self.say("{");
        if self.maybe() {
            self.end();
        }
        for i in 0..self.choose(4) {
            if i > 0 {
                self.end();
            }
            if self.maybe() {
                self.edit();
            } else {
                self.say("earlier");
            }
        }
        if self.maybe() {
            self.end();
        }
        self.say("}");
    }

    fn measure(&mut self) {
        self.say("measure");
        for i in 0..1 + self.choose(3) {
            if i > 0 {
                self.say(",");
            }
            if self.maybe() {
                self.name();
                self.say("=");
            }
            self.expr();
        }
    }

    fn edit(&mut self) {
        let kind = self.choose(11);
        let words: &[&str] = match kind {
            0 => &["embed", "at"],
            1 => &["insert", "at"],
            2 => &["delete"],
            3 => &["mutate", "with"],
            4 => &["shuffle"],
            5 => &["randomize"],
            6 => &["disrupt"],
            7 => &["invert"],
            8 => &["move", "at"],
            9 => &["swap", ","],
            _ => return self.pick(&["reverse_complement", "apply variant"]),
        };
        for (i, word) in words.iter().enumerate() {
            self.say(word);
            // A minus with a blank behind it would subtract from what the verb is called.
            match i {
                0 => self.leaf(),
                _ => self.operand(),
            }
        }
        if self.maybe() {
            match kind {
                1 | 2 => self.pick(&["shifting \"left\"", "shifting \"right\""]),
                4 => self.say("preserving 2"),
                5 => self.say("like a"),
                6 => self.pick(&["by \"randomize\"", "by \"shuffle\"", "preserving 3"]),
                _ => {}
            }
        }
    }

    fn expr(&mut self) {
        self.depth += 1;
        if self.depth > 6 {
            self.leaf();
        } else {
            match self.choose(12) {
                0..=2 => self.operand(),
                3 | 4 => {
                    self.operand();
                    for _ in 0..1 + self.choose(4) {
                        self.pick(&["+", "-", "*", "/", "div", "mod", "^"]);
                        self.operand();
                    }
                }
                5 => {
                    self.operand();
                    self.pick(&["<", "<=", ">", ">=", "==", "!="]);
                    self.operand();
                    self.pick(&["and", "or"]);
                    self.operand();
                }
                6 => {
                    self.operand();
                    self.say("to");
                    self.operand();
                    if self.maybe() {
                        self.say("step");
                        self.operand();
                    }
                }
                7 => {
                    self.operand();
                    self.say("..");
                    self.operand();
                }
                8 => {
                    self.operand();
                    self.say("between");
                    self.leaf();
                    self.say("and");
                    self.leaf();
                }
                9 => {
                    self.operand();
                    self.say("over gap");
                }
                10 => {
                    self.say("not");
                    self.operand();
                }
                _ => {
                    self.say("experiment");
                    self.block();
                }
            }
        }
        self.depth -= 1;
    }

    fn operand(&mut self) {
        self.depth += 1;
        match if self.depth > 6 { 0 } else { self.choose(13) } {
            0..=3 => self.leaf(),
            4 => {
                self.say("-");
                self.leaf();
            }
            5 => {
                let brackets = 1 + self.choose(2);
                for _ in 0..brackets {
                    self.say("(");
                }
                self.expr();
                for _ in 0..brackets {
                    self.say(")");
                }
            }
            6 => self.list(),
            7 => self.map(),
            8 | 9 => self.call(),
            10 => {
                self.call();
                self.say("[");
                self.expr();
                self.say("]");
            }
            11 => {
                self.leaf_name();
                self.say(". outcome");
            }
            _ => {
                self.list();
                self.pick(&["keeping a", "without [ a , b ]", "keeping [ a ]"]);
            }
        }
        self.depth -= 1;
    }

    fn list(&mut self) {
        self.say("[");
        let items = self.choose(5);
        for i in 0..items {
            if i > 0 {
                self.say(",");
            }
            self.expr();
            if self.maybe() {
                self.say("as");
                self.name();
            }
        }
        if items > 0 && self.maybe() {
            self.say(",");
        }
        self.say("]");
    }

    fn map(&mut self) {
        self.say("{");
        let entries = self.choose(4);
        for i in 0..entries {
            if i > 0 {
                self.say(",");
            }
            self.leaf();
            self.say(":");
            self.expr();
        }
        self.say("}");
    }

    fn call(&mut self) {
        self.leaf_name();
        self.say("(");
        let arguments = self.choose(4);
        for i in 0..arguments {
            if i > 0 {
                self.say(",");
            }
            if self.maybe() {
                self.name();
                self.say(":");
            }
            self.expr();
        }
        if arguments > 0 && self.maybe() {
            self.say(",");
        }
        self.say(")");
    }

    fn leaf_name(&mut self) {
        self.pick(&["f", "width", "a_long_name_of_a_function_that_takes_room"]);
    }

    fn leaf(&mut self) {
        self.pick(&[
            "a",
            "1",
            "10bp",
            "2.5e-3",
            "41%",
            "1_000",
            "true",
            "dna\"WGATAR\"",
            "center",
            "\"a#text\\\"\"",
            "a_name_that_is_long_enough_to_break_lines",
            "1.5kb",
        ]);
        if self.maybe() {
            self.glue();
        }
    }
}

/// Words behind which a statement may go on in the next line.
const JOINING: &[&str] = &[
    "and", "or", "not", "to", "step", "div", "mod", "in", "at", "as", "where", "measure", "expect",
    "+", "-", "*", "/", "^", "<", ">", "<=", ">=", "=", "==", "!=", ",", "..", "->",
];

/// Tokens with gaps between them, as the choices that are left say.
fn laid_out(tokens: &[Token], mut choices: &[u8]) -> String {
    let seed = tokens.len().wrapping_mul(31) as u8;
    let (mut text, mut open, mut count) = (String::new(), Vec::new(), 0u32);
    let mut state = u32::from(seed) + 1;
    // Layout needs more choices than are left: they go on as a linear congruence.
    let mut next = move |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let own = draw(&mut choices, 256) as u32;
        ((state >> 16) + own) % below
    };
    let mut before = "";
    for (i, token) in tokens.iter().enumerate() {
        let mut comment = |text: &mut String, marks: &str| {
            count += 1;
            let _ = writeln!(text, "{marks} c{count}");
        };
        match token {
            Token::Glue => {}
            Token::End => {
                match next(7) {
                    0 => text.push_str(" ; "),
                    1 => comment(&mut text, "  #"),
                    2 => {
                        text.push_str("\n\n");
                        comment(&mut text, "  ##");
                    }
                    3 => {
                        text.push('\n');
                        comment(&mut text, "##");
                        text.push_str("\n\n");
                    }
                    4 => {
                        comment(&mut text, " ##");
                        comment(&mut text, "\t#");
                    }
                    _ => text.push('\n'),
                }
                before = "";
            }
            Token::Text(word) => {
                let inside = matches!(open.last(), Some(&"(" | &"["));
                let glued = i > 0 && tokens[i - 1] == Token::Glue;
                let signs = |word: &str| "()[]{},:".contains(word);
                if inside || JOINING.contains(&before) {
                    match next(16) {
                        0 => text.push('\n'),
                        1 => comment(&mut text, " #"),
                        2 => {
                            text.push('\n');
                            comment(&mut text, "##");
                        }
                        3 => text.push_str("\n\n\t"),
                        _ => text.push(' '),
                    }
                } else if before.is_empty() || (glued && (signs(word) || signs(before))) {
                    // Nothing lies between them.
                } else {
                    text.push_str(if next(8) == 0 { " \t " } else { " " });
                }
                match word.as_str() {
                    "(" | "[" | "{" => open.push(word.as_str()),
                    ")" | "]" | "}" => {
                        open.pop();
                    }
                    _ => {}
                }
                text.push_str(word);
                before = word;
            }
        }
    }
    text
}
