//! The list of `:commands`, for `:help` and completion.

/// A `:command` with its help.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// Name of the command, without its colon.
    pub name: &'static str,
    /// Its arguments, for example `FILE` or `[NAME]`; empty for none.
    pub arguments: &'static str,
    /// One-line help.
    pub description: &'static str,
    pub action: Action,
}

/// The action of a `:command`.
#[derive(Debug, Clone, Copy)]
pub enum Action {
    Help,
    Type,
    Plan,
    Models,
    List,
    Load,
    Save,
    SaveOver,
    Reset,
    Quit,
}

/// All commands, in the order of `:help`.
pub const COMMANDS: &[Command] = &[
    command(
        "help",
        "[NAME]",
        "explains a name, a keyword or a command; without NAME, lists all",
        Action::Help,
    ),
    command(
        "type",
        "EXPRESSION",
        "shows the type and value of an expression on one line",
        Action::Type,
    ),
    command(
        "plan",
        "[EXPERIMENT]",
        "shows what one or all experiments would predict, without running them",
        Action::Plan,
    ),
    command(
        "models",
        "",
        "lists the models of this session with their inputs and outputs",
        Action::Models,
    ),
    command(
        "list",
        "",
        "lists the declarations of this session, as `:save` writes them",
        Action::List,
    ),
    command(
        "load",
        "FILE",
        "adds the declarations of a script; its experiments run when you enter their names",
        Action::Load,
    ),
    command(
        "save",
        "FILE",
        "writes the declarations of this session to a script; `:save!` overwrites FILE",
        Action::Save,
    ),
    command(
        "save!",
        "FILE",
        "like `:save`, but overwrites FILE",
        Action::SaveOver,
    ),
    command("reset", "", "removes all declarations", Action::Reset),
    command("quit", "", "ends the session, like Ctrl-D", Action::Quit),
];

const fn command(
    name: &'static str,
    arguments: &'static str,
    description: &'static str,
    action: Action,
) -> Command {
    Command {
        name,
        arguments,
        description,
        action,
    }
}
