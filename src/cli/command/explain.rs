//! `gia explain CODE`

use clap::Args;

use super::print::{eprint_line, print_out};
use super::{Execute, Status};
use gia_base::diag::{Code, closest};
use gia_check::doc;

/// Width of a code, in columns.
const CODE_COLUMNS: usize = 5;

#[derive(Args)]
pub struct Arguments {
    /// Error code, for example E0301; without one, all codes are listed.
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

impl Execute for Arguments {
    fn execute(&self) -> Status {
        let Some(wanted) = &self.code else {
            for code in Code::ALL {
                let line = format!("{}  {}", code.number(), code.meaning());
                print_out(&format!(
                    "{}\n",
                    super::doc::list_line(&line, CODE_COLUMNS + 2)
                ));
            }
            return Status::Success;
        };
        let number = wanted.trim_matches(['[', ']']).to_uppercase();
        match Code::ALL.iter().find(|code| code.number() == number) {
            Some(code) => {
                print_out(&doc::codes::to_plain_text(*code, super::doc::text_width()));
                Status::Success
            }
            None => {
                let close = closest(&number, Code::ALL.iter().map(|code| code.number()));
                let help = close.map_or("`gia explain` lists all codes".to_string(), |c| {
                    format!("did you mean {c}?")
                });
                eprint_line(&format!("error: there is no code `{wanted}`; {help}"));
                Status::InvalidProgram
            }
        }
    }
}
