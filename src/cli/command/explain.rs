//! `gia explain CODE`

use clap::Args;

use super::print::{print_out, tell};
use super::{Execute, Status};
use gia_base::diag::{Code, closest};
use gia_check::doc;

#[derive(Args)]
pub struct Arguments {
    /// The code of a diagnostic, for example E0301; all of them where none is given.
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

impl Execute for Arguments {
    fn execute(&self) -> Status {
        let Some(wanted) = &self.code else {
            for code in Code::ALL {
                print_out(&format!("{}  {}\n", code.number(), code.meaning()));
            }
            return Status::Supported;
        };
        let number = wanted.trim_matches(['[', ']']).to_uppercase();
        match Code::ALL.iter().find(|code| code.number() == number) {
            Some(code) => {
                print_out(&doc::codes::shown(*code, super::doc::columns()));
                Status::Supported
            }
            None => {
                let close = closest(&number, Code::ALL.iter().map(|code| code.number()));
                let help = close.map_or("`gia explain` lists all".to_string(), |c| {
                    format!("did you mean {c}?")
                });
                tell(&format!("there is no code `{wanted}`; {help}"));
                Status::WrongProgram
            }
        }
    }
}
