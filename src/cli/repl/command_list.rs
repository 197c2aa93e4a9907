//! The `:commands` of a session, as `:help` and completion list them.

/// A command as it is listed.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// Without its colon.
    pub name: &'static str,
    /// What stands behind it.
    pub takes: &'static str,
    pub does: &'static str,
    pub action: Action,
}

/// What a command does.
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
        "tells what a name, a word or a command is; of none, what there is",
        Action::Help,
    ),
    command(
        "type",
        "EXPRESSION",
        "tells what an expression is, on one line",
        Action::Type,
    ),
    command(
        "plan",
        "[EXPERIMENT]",
        "shows what would be predicted, of one experiment or of all; runs nothing",
        Action::Plan,
    ),
    command(
        "models",
        "",
        "lists the models of this session, with what they read and give",
        Action::Models,
    ),
    command(
        "list",
        "",
        "shows the lines that worked, as `:save` would write them",
        Action::List,
    ),
    command(
        "load",
        "FILE",
        "takes the declarations of a script in; its experiments run when they are named",
        Action::Load,
    ),
    command(
        "save",
        "FILE",
        "writes the lines that worked as a script; `:save! FILE` over one that is there",
        Action::Save,
    ),
    command(
        "save!",
        "FILE",
        "as `:save`, over a file that is there",
        Action::SaveOver,
    ),
    command("reset", "", "forgets every declaration", Action::Reset),
    command("quit", "", "ends the session, as Ctrl-D does", Action::Quit),
];

const fn command(
    name: &'static str,
    takes: &'static str,
    does: &'static str,
    action: Action,
) -> Command {
    Command {
        name,
        takes,
        does,
        action,
    }
}
